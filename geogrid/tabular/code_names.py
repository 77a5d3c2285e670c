"""Look-up of codes by code or by name, as offices write them in lists."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MAX_LISTED = 60


class CodeNames:
    """The codes of a rule set with their names.

    Parameters
    ----------
    names_by_code
        The names of each code, in any language.
    field
        The field of errors.
    noun
        The word for a code in errors.

    Examples
    --------
    >>> names = CodeNames({"Z06": ["共享单车", "Shared bikes"]}, "category", "category")
    >>> names.find("z06"), names.find(" 共享　单车 "), names.find("shared bikes")
    ('Z06', 'Z06', 'Z06')
    """

    def __init__(self, names_by_code: Mapping[str, Iterable[str]], field: str, noun: str) -> None:
        self._field, self._noun = field, noun
        self._listed = [f"{code} {next(iter(names), '')}".strip() for code, names in names_by_code.items()]
        self._exact = set(names_by_code)
        self._codes: dict[str, set[str]] = {}
        for code, names in names_by_code.items():
            for name in (code, *names):
                self._codes.setdefault(_normalize(name), set()).add(code)

    def find(self, text: str) -> str:
        """Return the code of a text.

        Raises
        ------
        InputError
            If the text is unknown, or the name of several codes.
        """
        if text in self._exact:
            return text
        found = sorted(self._codes.get(_normalize(text), ()))
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"Several {self._noun} codes have this name.",
                code=f"{self._field}_ambiguous",
                field=self._field,
                remedy=f"Write one of the codes {', '.join(found)}, or map the word to it in a mapping file.",
            )
        raise InputError(
            f"The {self._noun} is unknown.",
            code=f"{self._field}_unknown",
            field=self._field,
            remedy=f"Use a code or a name of: {self._list()}; or map the word to a code in a mapping file.",
        )

    def _list(self) -> str:
        more = f", and {len(self._listed) - _MAX_LISTED} more" if len(self._listed) > _MAX_LISTED else ""
        return ", ".join(self._listed[:_MAX_LISTED]) + more


def _normalize(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
