"""The three lists (三清单): which entries each contains, and their tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.privacy import mask_personal
from geogrid.rules.vocabulary import name_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.ledger.ledger_filter import LedgerFilter
    from geogrid.model import LedgerEntry, Point

Cell = str | int | float | None


class ListName(StrEnum):
    """One of the three lists."""

    PROBLEMS = "problems"
    RESPONSIBILITY = "responsibility"
    RECTIFICATION = "rectification"


TITLES: Final[Mapping[ListName, Mapping[Language, str]]] = {
    ListName.PROBLEMS: {Language.ZH: "问题清单", Language.EN: "Problems"},
    ListName.RESPONSIBILITY: {Language.ZH: "责任清单", Language.EN: "Responsibility"},
    ListName.RECTIFICATION: {Language.ZH: "整改清单", Language.EN: "Rectification"},
}
SYNTHETIC: Final = "合成示意 synthetic"


@dataclass(frozen=True, slots=True)
class Names:
    """Display names of codes in one language.

    Attributes
    ----------
    rules
        Source of the names of states, categories and duties.
    areas
        Names of streets, communities and villages by code. An unknown code is displayed itself.
    """

    language: Language
    rules: RuleSet
    areas: Mapping[str, str]

    def of(self, chinese: str, english: str) -> str:
        """Return the name in the language."""
        return chinese if self.language is Language.ZH else english

    def category(self, code: str) -> str:
        """Return the name of a category."""
        category = self.rules.categories.nodes.get(code)
        return self.of(category.name, category.name_en) if category else code

    def duty(self, code: str) -> str:
        """Return the name of a duty."""
        return name_code(self.rules.profile.duties, code, self.language)


@dataclass(frozen=True, slots=True)
class ListTable:
    """One of the lists as a table.

    Attributes
    ----------
    notes
        Lines about period, area and source.
    fields, header
        Field names and displayed column names.
    points
        Point of the site of each row, in WGS 84 degrees.
    """

    name: ListName
    title: str
    notes: tuple[str, ...]
    fields: tuple[str, ...]
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    points: list[Point]


@dataclass(frozen=True, slots=True)
class _ListField:
    field: str
    zh: str
    en: str
    value: Callable[[LedgerEntry, Names], Cell]


def filter_list(name: ListName, filters: LedgerFilter) -> LedgerFilter:
    """Return the filter for the entries of a list: the rectification list contains only rectified problems.

    Examples
    --------
    >>> from geogrid.ledger.ledger_filter import LedgerFilter
    >>> [filter_list(name, LedgerFilter()).rectified for name in ListName]
    [None, None, True]
    """
    return replace(filters, rectified=True) if name is ListName.RECTIFICATION else filters


def make_list(name: ListName, entries: Sequence[LedgerEntry], names: Names, notes: Sequence[str] = ()) -> ListTable:
    """Return one of the lists of entries, with masked phone and identity numbers in free text."""
    columns = _COLUMNS[name]
    return ListTable(
        name=name,
        title=TITLES[name][names.language],
        notes=tuple(notes),
        fields=tuple(column.field for column in columns),
        header=tuple(names.of(column.zh, column.en) for column in columns),
        rows=[tuple(column.value(entry, names) for column in columns) for entry in entries],
        points=[entry.site.place.wgs84 for entry in entries],
    )


def describe_entry(entry: LedgerEntry, names: Names) -> list[tuple[str, Cell]]:
    """Return the label and the value of each column of the lists for an entry, masked as in the lists."""
    columns = dict.fromkeys(column for name in ListName for column in _COLUMNS[name])
    return [(names.of(column.zh, column.en), column.value(entry, names)) for column in columns]


def write_local(moment: datetime | None) -> str | None:
    """Format a time in the time zone of the district, to the minute, in sortable form.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> write_local(datetime(2022, 3, 1, 1, 5, tzinfo=UTC))
    '2022-03-01 09:05'
    """
    return None if moment is None else f"{moment.astimezone(local_zone()):%Y-%m-%d %H:%M}"


def _state_name(entry: LedgerEntry, names: Names) -> str:
    state = names.rules.ledger.states[entry.progress.state]
    return names.of(state.name, state.name_en)


def _area_name(code: str | None, names: Names) -> str | None:
    return None if code is None else names.areas.get(code, code)


_NUMBER: Final = _ListField("number", "编号", "number", lambda entry, _: entry.number)
_ROUND: Final = _ListField("round", "督查轮次", "round", lambda entry, _: entry.round)
_SITE_CODE: Final = _ListField("site_code", "点位编码", "site code", lambda entry, _: entry.site.code)
_SITE: Final = _ListField("site", "点位名称", "site", lambda entry, _: entry.site.name)
_STREET: Final = _ListField(
    "street", "街道", "street", lambda entry, names: _area_name(entry.site.place.street_code, names)
)
_COMMUNITY: Final = _ListField(
    "community",
    "社区（村）",
    "community or village",
    lambda entry, names: _area_name(entry.site.place.community_code, names),
)
_GRID: Final = _ListField("grid", "网格编码", "grid", lambda entry, _: entry.site.place.grid_code)
_CATEGORY: Final = _ListField(
    "category", "问题类别", "category", lambda entry, names: names.category(entry.problem.category)
)
_DESCRIPTION: Final = _ListField(
    "description", "问题描述", "description", lambda entry, _: mask_personal(entry.problem.description)
)
_FOUND: Final = _ListField("found_at", "发现时间", "found at", lambda entry, _: write_local(entry.problem.found_at))
_DUE: Final = _ListField("due_at", "整改期限", "due", lambda entry, _: write_local(entry.problem.due_at))
_DEPARTMENT: Final = _ListField("department", "责任部门", "department", lambda entry, _: entry.progress.department)
_DUTY: Final = _ListField("duty", "责任岗位", "duty", lambda entry, names: names.duty(entry.problem.duty))
_STATE: Final = _ListField("state", "状态", "state", _state_name)
_INCIDENT: Final = _ListField("incident", "关联事件", "incident", lambda entry, _: entry.problem.incident)
_RECTIFICATION: Final = _ListField(
    "rectification", "整改情况", "rectification", lambda entry, _: mask_personal(entry.progress.rectification)
)
_RECTIFIED: Final = _ListField(
    "rectified_at", "整改时间", "rectified at", lambda entry, _: write_local(entry.progress.rectified_at)
)
_STRUCK: Final = _ListField(
    "struck_off_at", "销号时间", "struck off at", lambda entry, _: write_local(entry.progress.struck_off_at)
)
_EVIDENCE: Final = _ListField("evidence", "佐证材料（份）", "pieces of evidence", lambda entry, _: entry.evidence)
_SYNTHETIC: Final = _ListField(
    "synthetic", "数据性质", "nature of the data", lambda entry, _: SYNTHETIC if entry.problem.synthetic else None
)
_WHERE: Final = (_SITE_CODE, _SITE, _STREET, _COMMUNITY)

_COLUMNS: Final[Mapping[ListName, tuple[_ListField, ...]]] = {
    ListName.PROBLEMS: (
        _NUMBER, _ROUND, *_WHERE, _GRID, _CATEGORY, _DESCRIPTION, _FOUND, _STATE, _INCIDENT, _SYNTHETIC,
    ),
    ListName.RESPONSIBILITY: (_NUMBER, *_WHERE, _GRID, _CATEGORY, _DEPARTMENT, _DUTY, _DUE, _STATE, _SYNTHETIC),
    ListName.RECTIFICATION: (
        _NUMBER, *_WHERE, _CATEGORY, _DEPARTMENT, _DUE, _STATE, _RECTIFICATION, _RECTIFIED, _STRUCK, _EVIDENCE,
        _SYNTHETIC,
    ),
}  # fmt: skip
