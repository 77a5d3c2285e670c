"""The profile of a district: its names, time zone, projection, layers, sources, levels, duties and departments."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, ValidationError

from geogrid.constants import Language
from geogrid.errors import DatumError, FileError
from geogrid.geo.datums import is_geographic, parse_datum
from geogrid.geo.projections import points_up
from geogrid.model import Layer
from geogrid.reference_files import Name, Row, index_by_code
from geogrid.rules.vocabulary import (
    BilingualName,
    CheckedDefaults,
    Department,
    DutyRow,
    ReportSource,
    ResponseLevel,
    SourceUse,
    find_ambiguous_name,
    rank_level,
)

_Credit = Annotated[str, Field(max_length=200)]
_Prefix = Annotated[str, Field(pattern=r"^[\w.-]{1,20}$")]
#: Group of a code pattern that holds the code of the parent.
PARENT_GROUP = "parent"


def _read_zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"there is no time zone {name!r:.60}; use an IANA name such as Asia/Shanghai") from error


def _read_projection(name: object) -> str:
    try:
        projection = parse_datum(str(name))
    except DatumError as error:
        raise ValueError(f"this is no EPSG code of a projection: {name!r:.60}") from error
    if is_geographic(projection):
        raise ValueError("this has degrees; name a projection in metres, such as EPSG:32650, or leave it out")
    if not points_up(projection):
        raise ValueError("the coordinates of this projection do not grow to the east and the north; leave it out")
    return projection


def _read_pattern(text: object) -> re.Pattern[str]:
    try:
        pattern = re.compile(str(text), re.ASCII)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    if set(pattern.groupindex) - {PARENT_GROUP}:
        raise ValueError(f"the only group with a name is ?P<{PARENT_GROUP}>")
    return pattern


class DistrictNames(BilingualName):
    """Names, time zone, projection and credit of a district.

    Attributes
    ----------
    name, name_en
        Name in the bar and on prints.
    zone
        Time zone of days, weekdays and hours.
    projection
        Canonical name of the projection of prints, such as ``"epsg:32650"``; None for the one that fits the outline.
    credit, credit_en
        Source of the outline, shown with maps.
    """

    zone: Annotated[ZoneInfo, PlainValidator(_read_zone)]
    projection: Annotated[str, PlainValidator(_read_projection)] | None = None
    credit: _Credit = ""
    credit_en: _Credit = ""

    def credit_label(self, language: Language) -> str:
        """Return the credit in a language; empty for none."""
        return self.credit if language is Language.ZH else self.credit_en


class LayerWords(BilingualName):
    """A layer of the district.

    Attributes
    ----------
    name, name_en
        Name of an area of this layer, such as 街道.
    border, border_en
        Name of its border in legends.
    code
        Pattern of the whole code. The group ``parent``, if there is one, holds the code of the parent; otherwise the
        column ``parent`` of the file gives it.
    """

    border: Name
    border_en: Name
    code: Annotated[re.Pattern[str], PlainValidator(_read_pattern)]

    def border_label(self, language: Language) -> str:
        """Return the name of the border in a language."""
        return self.border if language is Language.ZH else self.border_en


class Prefixes(Row):
    """Prefixes of displayed numbers."""

    ledger: _Prefix


class Profile(Row):
    """The profile of a district.

    Attributes
    ----------
    layers
        The layers of the district; a layer that is not here does not exist in it.
    sources, levels, duties
        By code, in display order; levels from the lowest to the highest.
    departments
        By name.

    Examples
    --------
    >>> from geogrid.rules.rule_texts import read_included
    >>> profile = Profile.parse(read_included()["profile.toml"])
    >>> profile.district.name, str(profile.district.zone), profile.district.projection
    ('大同市平城区', 'Asia/Shanghai', 'epsg:4547')
    >>> profile.layers[Layer.URBAN].code.fullmatch("140213051001001")["parent"]
    '140213051001'
    """

    file: ClassVar[str] = "profile.toml"

    version: Name
    title: Name
    source: str = ""
    district: DistrictNames
    prefixes: Prefixes
    layers: Mapping[Layer, LayerWords]
    sources: Annotated[Mapping[str, ReportSource], index_by_code(ReportSource), CheckedDefaults]
    levels: Annotated[Mapping[str, ResponseLevel], index_by_code(ResponseLevel)]
    duties: Annotated[Mapping[str, DutyRow], index_by_code(DutyRow)]
    departments: Annotated[Mapping[str, Department], index_by_code(Department, "name")]

    @classmethod
    def parse(cls, text: str, *, name: str = file) -> Self:
        """Return the profile in a TOML text.

        Parameters
        ----------
        name
            File name for errors.

        Raises
        ------
        FileError
            If it is not TOML or does not match the schema; with the line.
        """
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise FileError(f"{name} is not valid TOML: {error}.", code="profile") from error
        try:
            profile = cls.model_validate(content)
        except ValidationError as error:
            raise _profile_error(name, text, error) from error
        if fault := profile.find_fault():
            field, message = fault
            raise FileError(f"{name}: {message}.", code="profile", field=field)
        return profile

    def find_fault(self) -> tuple[str, str] | None:
        """Return the field and the description of a fault that the schema cannot express, or None."""
        if Layer.DISTRICT not in self.layers:
            return "layers", "the layer district is missing: add the table [layers.district]"
        for field, rows in (("sources", self.sources), ("duties", self.duties)):
            if fault := find_ambiguous_name(rows):
                return field, fault
        unknown = [duty for duty in self.duties.values() if duty.level and duty.level not in self.levels]
        if unknown:
            return "duties", f"the duty {unknown[0].code} names the unknown level {unknown[0].level}"
        return None

    @property
    def lowest_level(self) -> str:
        """Code of the lowest level of response, which answers where no rule names a level."""
        return next(iter(self.levels))

    def level_rank(self, level: str) -> int:
        """Return the position of a level from the lowest, 0; -1 for a level of earlier rules."""
        return rank_level(self.levels, level)

    def higher_levels(self, level: str | None) -> tuple[str, ...]:
        """Return the levels above a level, from the lowest; all for None."""
        return tuple(self.levels)[0 if level is None else self.level_rank(level) + 1 :]

    def layer_of(self, level: str) -> str | None:
        """Return the layer of the area for which a level answers, see `ResponseLevel`; None for an unknown level."""
        return self.levels[level].layer if level in self.levels else None

    def default_source(self, use: SourceUse) -> str | None:
        """Return the source of reports that name none, or None if the profile has no default."""
        return next((code for code, source in self.sources.items() if use in source.default_for), None)

    @property
    def grid_duties(self) -> tuple[str, ...]:
        """Duties whose holders answer for a grid, in display order."""
        return tuple(code for code, duty in self.duties.items() if duty.level)

    @property
    def feature_duties(self) -> tuple[str, ...]:
        """Duties of features of thematic layers, in display order."""
        return tuple(code for code, duty in self.duties.items() if duty.feature)

    @property
    def main_duty(self) -> str:
        """Duty that answers for a problem if nothing else is said: the first that answers for a grid."""
        return next(iter((*self.grid_duties, *self.duties)))

    def is_organisation(self, duty: str) -> bool:
        """Return whether an organisation holds the posts of a duty. Holders of an unknown duty count as persons."""
        return duty in self.duties and self.duties[duty].organisation


def find_line(text: str, path: tuple[str | int, ...]) -> int | None:
    r"""Return the line number of a key in a TOML text, or of the nearest table around it.

    Parameters
    ----------
    path
        Keys and positions in arrays of tables, such as ``("sources", 1, "code")``.

    Examples
    --------
    >>> find_line('a = 1\n[[b]]\nc = 2\n[[b]]\nc = 3\n', ("b", 1, "c"))
    5
    """
    tables: dict[tuple[str | int, ...], int] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    counts: dict[str, int] = {}
    current: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"\s*\[\[\s*([\w.-]+)\s*\]\]", line):
            name = found[1]
            counts[name] = counts.get(name, -1) + 1
            current = (*name.split("."), counts[name])
            tables[current] = number
        elif found := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            current = tuple(found[1].split("."))
            tables[current] = number
        elif found := re.match(r"\s*([\w-]+)\s*=", line):
            lines[*current, found[1]] = number
    known = tables | lines
    return next((known[path[:length]] for length in range(len(path), 0, -1) if path[:length] in known), None)


def _profile_error(name: str, text: str, error: ValidationError) -> FileError:
    first = error.errors(include_input=False, include_url=False)[0]
    path = tuple(step for step in first["loc"] if step != "[key]")
    line = find_line(text, path)
    place = f"{name}, line {line}" if line else name
    message = first["msg"].removeprefix("Value error, ")
    return FileError(f"{place}: {message}.", code="profile", field=".".join(str(step) for step in path))
