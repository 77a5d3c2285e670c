"""The vocabulary of a district: codes and names of its sources, levels of response, duties and departments."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field

from geogrid.constants import Language
from geogrid.reference_files import Name, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Pattern of the codes of sources, levels and duties.
CODE_PATTERN: Final = r"^[a-z][a-z0-9_]{0,19}$"
#: The code of a source, a level or a duty.
VocabularyCode = Annotated[str, Field(pattern=CODE_PATTERN)]


class SourceUse(StrEnum):
    """Where a source is the default: reports of grid workers at the desk, other reports there, the API, and files."""

    PATROL = "patrol"
    DESK = "desk"
    API = "api"
    IMPORT = "import"


class BilingualName(Row):
    """A name in both languages."""

    name: Name
    name_en: Name

    def label(self, language: Language) -> str:
        """Return the name in a language."""
        return self.name if language is Language.ZH else self.name_en


class NamedCode(BilingualName):
    """A code with its names in both languages."""

    code: VocabularyCode

    @property
    def names(self) -> tuple[str, ...]:
        """All names that files may use: those in both languages, and the code."""
        return (self.name, self.name_en, self.code)


class ReportSource(NamedCode):
    """A source of reports.

    Attributes
    ----------
    at_desk
        Whether users choose it at the desk.
    default_for
        Where a report without a source has this one.
    """

    at_desk: bool = True
    default_for: frozenset[SourceUse] = frozenset()


class ResponseLevel(NamedCode):
    """A level of response (响应层级).

    Attributes
    ----------
    layer
        Layer of the area for which it answers; ``grid`` stands for the responsible grid.
    """

    layer: Literal["grid", "community", "street", "district"]


class DutyRow(NamedCode):
    """A duty of posts.

    Attributes
    ----------
    aliases
        Further names in lists of people.
    organisation
        Whether an organisation holds the post, and not a person.
    feature
        Whether the post belongs to a feature of a thematic layer. The alias in a list becomes the title of the holder.
    level
        Code of the level of response at which its holder answers for a grid, or None.
    plural
        Name of the list of its holders in responses of the API; by default the code.
    """

    aliases: tuple[Name, ...] = ()
    organisation: bool = False
    feature: bool = False
    level: VocabularyCode | None = None
    plural: VocabularyCode | None = None

    @property
    def group(self) -> str:
        """Name of the list of its holders in responses of the API."""
        return self.plural or self.code

    @property
    def names(self) -> tuple[str, ...]:
        """All names that lists of people may use: those in both languages, the aliases and the code."""
        return (self.name, self.name_en, *self.aliases, self.code)


class Department(BilingualName):
    """A department with its names."""


def name_code(rows: Mapping[str, NamedCode], code: str, language: Language) -> str:
    """Return the name of a code; the code itself if the profile does not have it, such as a source of earlier years.

    Examples
    --------
    >>> rows = {"phone": NamedCode(code="phone", name="电话", name_en="telephone")}
    >>> name_code(rows, "phone", Language.EN), name_code(rows, "fax", Language.EN)
    ('telephone', 'fax')
    """
    return rows[code].label(language) if code in rows else code


def name_codes(rows: Mapping[str, NamedCode], language: Language) -> dict[str, str]:
    """Return the names of all codes, in display order."""
    return {code: row.label(language) for code, row in rows.items()}


def find_ambiguous_name(rows: Mapping[str, NamedCode]) -> str | None:
    """Return the description of a name that two rows have, or None. Upper and lower case are equal.

    Examples
    --------
    >>> rows = {code: NamedCode(code=code, name="电话", name_en=code) for code in ("phone", "hotline")}
    >>> find_ambiguous_name(rows)
    'phone and hotline have both the name 电话'
    """
    owners: dict[str, str] = {}
    for code, row in rows.items():
        for name in row.names:
            if (owner := owners.setdefault(name.casefold(), code)) != code:
                return f"{owner} and {code} have both the name {name}"
    return None


def _check_defaults(sources: Mapping[str, ReportSource]) -> Mapping[str, ReportSource]:
    for use in SourceUse:
        codes = [code for code, source in sources.items() if use in source.default_for]
        if len(codes) > 1:
            raise ValueError(f"the sources {', '.join(codes)} are both the default for {use}; keep one")
        if use in (SourceUse.PATROL, SourceUse.DESK) and not all(sources[code].at_desk for code in codes):
            raise ValueError(f"the source {codes[0]} is the default for {use}, but at_desk is false")
    return sources


#: Check of the sources of a profile.
CheckedDefaults: Final = AfterValidator(_check_defaults)


def rank_level(levels: Iterable[str], level: str) -> int:
    """Return the position of a level from the lowest, 0; -1 if the profile does not have it.

    Examples
    --------
    >>> [rank_level(("grid", "district"), level) for level in ("grid", "district", "town")]
    [0, 1, -1]
    """
    return {code: position for position, code in enumerate(levels)}.get(level, -1)
