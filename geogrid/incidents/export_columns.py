"""Columns of the export of incidents: names, types and values, in the language of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.privacy import mask_personal
from geogrid.rules.vocabulary import name_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Incident

    Value = str | int | float | bool | datetime | None

#: Seven decimals of a degree are a centimetre.
_DECIMALS: Final = 7


@dataclass(frozen=True, slots=True)
class ExportNames:
    """Names of the codes in the columns of an export.

    Attributes
    ----------
    language
        Language of the names.
    rules
        Names of categories, states, sources and levels.
    areas
        Names of streets, communities, villages and grids by code.
    """

    language: Language
    rules: RuleSet
    areas: Mapping[str, str]

    def of(self, chinese: str, english: str) -> str:
        """Return the name in the language."""
        return chinese if self.language is Language.ZH else english

    def area(self, code: str | None) -> str | None:
        """Return the name of an area; None if the code is missing or has no name."""
        return None if code is None else self.areas.get(code)

    def category(self, code: str) -> str | None:
        """Return the name of a category; None if the rules do not define it any more."""
        category = self.rules.categories.nodes.get(code)
        return self.of(category.name, category.name_en) if category else None

    def main_category(self, code: str) -> str | None:
        """Return the name of the 大类 of a category; None for a 大类 itself and for an unknown category."""
        root = self.rules.categories.root(code)
        return None if root == code else self.category(root)


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the export.

    Attributes
    ----------
    field
        Name of the column in formats for programs.
    zh, en
        Heading in tables.
    kind
        Type of the values; each may also be None.
    value
        Return the value of an incident. A time is in the time zone of the district.
    """

    field: str
    zh: str
    en: str
    kind: type[str | int | float | bool | datetime]
    value: Callable[[Incident, ExportNames], Value]

    def heading(self, language: Language) -> str:
        """Return the heading in a language."""
        return self.zh if language is Language.ZH else self.en


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(local_zone()) if moment else None


def _layer(incident: Incident, names: ExportNames) -> str | None:
    layer = incident.placement.base_layer
    words = names.rules.profile.layers.get(layer) if layer else None
    return words.label(names.language) if words else layer


def _state(incident: Incident, names: ExportNames) -> str:
    state = names.rules.workflow.states[incident.progress.status]
    return names.of(state.name, state.name_en)


def _source(incident: Incident, names: ExportNames) -> str:
    return name_code(names.rules.profile.sources, incident.report.source, names.language)


def _level(incident: Incident, names: ExportNames) -> str:
    return name_code(names.rules.profile.levels, incident.progress.level, names.language)


def _at(field: str, zh: str, en: str) -> ExportColumn:
    """Return the column of a time of the progress."""
    return ExportColumn(field, zh, en, datetime, lambda incident, _: _local(getattr(incident.progress, field)))


COLUMNS: Final[tuple[ExportColumn, ...]] = (
    ExportColumn("id", "事件编号", "id", int, lambda incident, _: incident.id),
    ExportColumn(
        "reported_at", "上报时间", "reported at", datetime, lambda incident, _: _local(incident.report.reported_at)
    ),
    ExportColumn("category_code", "类别编码", "category code", str, lambda incident, _: incident.report.category),
    ExportColumn("category", "类别", "category", str, lambda incident, names: names.category(incident.report.category)),
    ExportColumn(
        "main_category",
        "大类",
        "main category",
        str,
        lambda incident, names: names.main_category(incident.report.category),
    ),
    ExportColumn("status", "状态", "status", str, _state),
    ExportColumn("source", "来源", "source", str, _source),
    ExportColumn(
        "description", "描述", "description", str, lambda incident, _: mask_personal(incident.report.description)
    ),
    ExportColumn("external_id", "来源系统编号", "external id", str, lambda incident, _: incident.report.external_id),
    ExportColumn("street_code", "街道编码", "street code", str, lambda incident, _: incident.placement.street_code),
    ExportColumn("street", "街道", "street", str, lambda incident, names: names.area(incident.placement.street_code)),
    ExportColumn(
        "community_code",
        "社区（村）编码",
        "community code",
        str,
        lambda incident, _: incident.placement.community_code,
    ),
    ExportColumn(
        "community",
        "社区（村）",
        "community or village",
        str,
        lambda incident, names: names.area(incident.placement.community_code),
    ),
    ExportColumn("layer", "图层", "layer", str, _layer),
    ExportColumn("grid_code", "网格编码", "grid code", str, lambda incident, _: incident.placement.base_code),
    ExportColumn("grid", "网格", "grid", str, lambda incident, names: names.area(incident.placement.base_code)),
    ExportColumn(
        "dedicated_code",
        "专属网格编码",
        "dedicated grid code",
        str,
        lambda incident, _: incident.placement.dedicated_code,
    ),
    ExportColumn(
        "dedicated",
        "专属网格",
        "dedicated grid",
        str,
        lambda incident, names: names.area(incident.placement.dedicated_code),
    ),
    ExportColumn("lon", "经度", "lon", float, lambda incident, _: round(incident.placement.wgs84.lon, _DECIMALS)),
    ExportColumn("lat", "纬度", "lat", float, lambda incident, _: round(incident.placement.wgs84.lat, _DECIMALS)),
    ExportColumn("level", "层级", "level", str, _level),
    ExportColumn("department", "责任部门", "department", str, lambda incident, _: incident.progress.department),
    ExportColumn(
        "called",
        "吹哨部门",
        "called departments",
        str,
        lambda incident, names: names.of("、", ", ").join(incident.progress.called) or None,
    ),
    _at("verified_at", "核实时间", "verified at"),
    _at("filed_at", "立案时间", "filed at"),
    _at("dispatched_at", "派遣时间", "dispatched at"),
    _at("due_at", "处置期限", "due at"),
    _at("handled_at", "处置时间", "handled at"),
    _at("checked_at", "核查时间", "checked at"),
    _at("close_due_at", "结案期限", "to be closed by"),
    _at("closed_at", "结案时间", "closed at"),
    _at("reopened_due_at", "重开后处置期限", "due after reopening"),
    ExportColumn(
        "suspended",
        "挂账",
        "suspended",
        bool,
        lambda incident, _: incident.progress.suspended_at is not None,
    ),
    ExportColumn("extensions", "延期次数", "extensions", int, lambda incident, _: incident.progress.extensions),
    ExportColumn("reworks", "返工次数", "reworks", int, lambda incident, _: incident.progress.reworks),
    ExportColumn("reopened", "重开次数", "reopened", int, lambda incident, _: incident.progress.reopened),
    ExportColumn(
        "due_provisional", "时限暂定", "due provisional", bool, lambda incident, _: incident.progress.due_provisional
    ),
    ExportColumn(
        "on_spot", "即查即改", "handled on the spot", bool, lambda incident, _: incident.progress.on_spot is not None
    ),
    ExportColumn("part_of", "拆分自", "part of", int, lambda incident, _: incident.progress.part_of),
    ExportColumn("part", "第几部分", "part", int, lambda incident, _: incident.progress.part),
    ExportColumn("split_into", "拆分为几部分", "split into", int, lambda incident, _: incident.progress.split_into),
    ExportColumn("merged_into", "合并至", "merged into", int, lambda incident, _: incident.progress.merged_into),
    ExportColumn("synthetic", "合成示意", "synthetic", bool, lambda incident, _: incident.report.synthetic),
)
