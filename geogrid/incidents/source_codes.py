"""Search for sources of reports by their code or name, as files and forms name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.rules.profile import Profile
    from geogrid.rules.vocabulary import SourceUse


@dataclass(frozen=True, slots=True)
class SourceCodes:
    """The codes of the sources of a profile by code and by name.

    Attributes
    ----------
    by_name
        Codes by code and by the names in both languages, in folded case.
    default
        Code of the source of reports that name none; None if they must name one.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> from geogrid.rules.vocabulary import SourceUse
    >>> sources = SourceCodes.of(load_rules().profile, SourceUse.IMPORT)
    >>> [sources.find(text) for text in ("hotline", "热线", "Residents", None)]
    ['hotline', 'hotline', 'resident', 'system']
    """

    by_name: Mapping[str, str]
    default: str | None

    @classmethod
    def of(cls, profile: Profile, use: SourceUse) -> SourceCodes:
        """Return the sources of a profile with the default of a use."""
        by_name = {name.casefold(): code for code, source in profile.sources.items() for name in source.names}
        return cls(by_name, profile.default_source(use))

    def find(self, text: str | None) -> str:
        """Return the code of a source by its code or name, or the default without a text.

        Raises
        ------
        InputError
            If the source is unknown, or missing without a default.
        """
        if not text and self.default is not None:
            return self.default
        code = self.by_name.get((text or "").strip().casefold())
        if code is None:
            raise InputError(
                "The source is unknown." if text else "The source is missing.",
                code="source_unknown" if text else "missing",
                field="source",
                remedy=f"Use {', '.join(dict.fromkeys(self.by_name.values()))}.",
            )
        return code
