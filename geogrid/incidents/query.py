"""The filter of incidents that lists, figures, maps, pages and commands share. Each field is declared once, here.

The conditions of the fields are bound by their names: `geogrid.store.incident_conditions` for SQL,
`geogrid.stats.incident_arrays` for columns in memory. Their tests fail for a field without a condition.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import AREA_CODE
from geogrid.incidents.query_field import (
    KnownValues,
    QueryField,
    choice_of,
    declare,
    declare_again,
    declared_fields,
)
from geogrid.incidents.query_value_types import (
    EN,
    HOUR_NAMES,
    LAYER_NAMES,
    ORIGIN_NAMES,
    STATUS_NAMES,
    WEEKDAY_NAMES,
    ZH,
    BoundingBox,
    HourRange,
    Origin,
    Standing,
    parse_box,
    parse_day,
    parse_hours,
)
from geogrid.local_time import day_span
from geogrid.model import GRID_LAYERS, IncidentStatus, Triage, Urgency
from geogrid.model.figures import DateField

if TYPE_CHECKING:
    from datetime import date, datetime

    from geogrid.incidents.actionable_filter import ActionableSteps
    from geogrid.model import Bounds, Layer

__all__ = [
    "FIELDS",
    "BoundingBox",
    "Criteria",
    "FilterValues",
    "HourRange",
    "IncidentQuery",
    "QueueQuery",
    "Standing",
    "parse_box",
    "parse_day",
    "parse_hours",
]

_CODE: Final = {"pattern": f"^{AREA_CODE}$"}
_CODES: Final = {"pattern": f"^{AREA_CODE}(,{AREA_CODE})*$"}
_DAY: Final = {"format": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Conditions that an incident must meet, as a user states them. ``None`` disables a filter.

    A field with several values is a tuple, of which an incident has one. A single text stands for a tuple of one.
    """

    category: tuple[str, ...] | None = declare(
        words={ZH: "类别", EN: "Category"},
        description={
            ZH: "事件类别编码；大类含其全部小类",
            EN: "Code of a category, see GET /v1/categories. A category with others below it selects all of these.",
        },
        parse=str,
        schema={"maxLength": 200, "examples": ["Z06", "Z01,Z02"]},
        known=KnownValues.CATEGORIES,
        several=True,
    )
    layer: Layer | None = declare(
        words={ZH: "图层", EN: "Layer"},
        description={
            ZH: "城市、农村网格：按所属基础网格；专属网格：位于专属网格内",
            EN: "urban or rural: the layer of the base grid. dedicated: inside a dedicated grid.",
        },
        **choice_of(GRID_LAYERS, LAYER_NAMES),
    )
    status: Standing | None = declare(
        words={ZH: "状态", EN: "Status"},
        description={
            ZH: "流程状态；handled 已处置，open 未处置（不含作废、合并）",
            EN: "A workflow status; handled; or open: not handled, void or merged.",
        },
        **choice_of(Standing, STATUS_NAMES),
    )
    source: tuple[str, ...] | None = declare(
        words={ZH: "来源", EN: "Source"},
        description={ZH: "事件来源编码", EN: "Code of a source, see GET /v1/vocabulary."},
        parse=str,
        schema={"maxLength": 200, "examples": ["hotline", "patrol,hotline"]},
        known=KnownValues.SOURCES,
        several=True,
    )
    street: tuple[str, ...] | None = declare(
        words={ZH: "街道", EN: "Street"},
        description={ZH: "街道编码", EN: "Code of a street."},
        parse=str,
        schema=_CODES,
        known=KnownValues.STREETS,
        several=True,
    )
    community: str | None = declare(
        words={ZH: "社区（村）", EN: "Community or village"},
        description={ZH: "社区（村）编码", EN: "Code of a community or village."},
        parse=str,
        schema=_CODE,
        known=KnownValues.COMMUNITIES,
        parent="street",
    )
    weekday: int | None = declare(
        words={ZH: "星期", EN: "Weekday"},
        description={
            ZH: "上报日的星期，1 为周一，7 为周日",
            EN: "Day of the week of the report, 1 Monday to 7 Sunday, in the time zone of the district.",
        },
        **choice_of(WEEKDAY_NAMES, WEEKDAY_NAMES),
    )
    # After midnight the weekday is that of the new day: `weekday` and `hours` apply independently.
    hours: HourRange | None = declare(
        words={ZH: "钟点", EN: "Hours"},
        description={
            ZH: "上报的钟点，含末尾一小时；22-5 跨零点",
            EN: "Hours of the report, from the first to the end of the last; 22-5 passes midnight.",
        },
        parse=parse_hours,
        show=lambda hours: hours.label,
        schema={"pattern": "^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])$", "examples": ["18-22"]},
        choices=HOUR_NAMES,
    )
    grid: str | None = declare(
        words={ZH: "网格", EN: "Grid"},
        description={ZH: "网格编码，基础或专属", EN: "Code of a base grid or a dedicated grid."},
        parse=str,
        schema=_CODE,
        known=KnownValues.GRIDS,
        in_panel=False,
    )
    box: BoundingBox | None = declare(
        parameter="bbox",
        words={ZH: "范围", EN: "Box"},
        description={
            ZH: "经纬度范围（WGS 84）：西,南,东,北；需要密钥或登录",
            EN: "west,south,east,north in WGS 84 degrees; needs a key or a login.",
        },
        parse=parse_box,
        schema={"maxLength": 200, "examples": ["113.28,40.08,113.31,40.10"]},
        in_panel=False,
        needs_user=True,
    )
    origin: Origin | None = declare(
        parameter="synthetic",
        words={ZH: "数据性质", EN: "Nature of the data"},
        description={
            ZH: "yes 只要合成示意事件，no 只要实有事件",
            EN: "yes: synthetic incidents only. no: real incidents only.",
        },
        **choice_of(Origin, ORIGIN_NAMES),
    )
    department: str | None = declare(
        words={ZH: "责任部门", EN: "Department"},
        description={ZH: "责任部门名称", EN: "Name of the department that handles the incident."},
        parse=str,
        schema={"maxLength": 100, "examples": ["城市管理"]},
        known=KnownValues.DEPARTMENTS,
        in_panel=False,
    )

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            if field.several:
                value = getattr(self, name)
                values = (value,) if isinstance(value, str) else value
                object.__setattr__(self, name, tuple(values) if values else None)


@dataclass(frozen=True, slots=True)
class Finder:
    """A user who reported incidents on patrol: the `Actor.id`, and `Formulas.finder_sources`."""

    actor: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentQuery(Criteria):
    """The criteria of a user, with the period as timestamps and the limits that the service adds.

    Attributes
    ----------
    since, until
        Reported at or after `since` and before `until`.
    dated_by
        The timestamp that `since` and `until` apply to. Incidents without this timestamp are excluded.
    within
        The bounds of the user, by the grids that the incidents had when they were reported. A restatement does not
        widen them.
    worker
        The `Actor.id` of the user who handled the incident last.
    finder
        The user who reported the incident on patrol.
    by_generation
        Count all incidents by the layers of this generation: `street`, `community`, `grid` and `layer` apply to the
        restated grids. ``None``: each incident by the layers of its own day.
    """

    since: datetime | None = None
    until: datetime | None = None
    within: Bounds | None = None
    by_generation: int | None = None
    worker: str | None = None
    finder: Finder | None = None
    dated_by: DateField = DateField.REPORTED

    @property
    def counts_parts(self) -> bool:
        """Whether counts include the parts of split reports in place of the reports: by department or worker."""
        return bool(self.department or self.worker or (self.within and self.within.departments))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterValues(Criteria):
    """The criteria and the period in days, as an address, a form or a command gives them.

    Attributes
    ----------
    first, last
        The first and the last day of the period.
    as_of
        Draw and count by the layers that were active at this time. ``None``: draw and count by the active layers, see
        `geogrid.services.counting_basis`.
    """

    first: date | None = declare(
        parameter="from",
        words={ZH: "从", EN: "From"},
        description={ZH: "起始日", EN: "First day, in the time zone of the district."},
        parse=parse_day,
        schema={**_DAY, "examples": ["2022-01-01"]},
        in_panel=False,
    )
    last: date | None = declare(
        parameter="to",
        words={ZH: "至", EN: "To"},
        description={ZH: "截止日（含当日）", EN: "Last day, included."},
        parse=parse_day,
        schema={**_DAY, "examples": ["2022-06-30"]},
        in_panel=False,
    )
    as_of: datetime | None = None

    def filter(self, by_generation: int | None = None) -> IncidentQuery:
        """Return the query of these values.

        Parameters
        ----------
        by_generation
            The id of the generation that `as_of` selects.

        Raises
        ------
        QueryError
            If the period ends before it begins.
        """
        since, until = day_span(self.first, self.last)
        criteria = {field.name: getattr(self, field.name) for field in fields(Criteria)}
        return IncidentQuery(since=since, until=until, by_generation=by_generation, **criteria)

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes by their names."""
        return {field.name: getattr(self, field.name) for field in fields(FilterValues)}

    def parameters(self) -> dict[str, str]:
        """Return the active filters as the parameters of an address.

        Examples
        --------
        >>> FilterValues(category="Z06", hours=HourRange(18, 22)).parameters()
        {'category': 'Z06', 'hours': '18-22'}
        """
        active = ((field, getattr(self, name)) for name, field in FIELDS.items())
        return {field.parameter: field.write(value) for field, value in active if value is not None}


_DECLARED: Final = declared_fields(FilterValues)
#: Every filter field of incidents by its name, in the order of addresses and of the panel.
FIELDS: Final[dict[str, QueryField]] = {name: _DECLARED[name] for name in ("first", "last")} | _DECLARED


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """The filter of the queue: incidents that are still in the workflow. ``None`` disables a filter.

    Attributes
    ----------
    turn
        The incidents that the user can act on now, or the others.
    """

    status: IncidentStatus | None = declare(
        words=FIELDS["status"].words,
        description={ZH: "流程状态", EN: "A workflow status."},
        **choice_of(IncidentStatus),
    )
    urgency: Urgency | None = declare(
        words={ZH: "时限", EN: "Urgency"},
        description={ZH: "当前环节的时限", EN: "By the due time of the present stage."},
        **choice_of(Urgency),
    )
    triage: Triage | None = declare(
        words={ZH: "待定位原因", EN: "Location review"},
        description={ZH: "需人工核定位置的原因", EN: "Why a person must review the location."},
        **choice_of(Triage),
    )
    level: str | None = declare(
        words={ZH: "层级", EN: "Level"},
        description={ZH: "办理层级编码", EN: "Code of the level that handles the incident, see GET /v1/vocabulary."},
        parse=str,
        schema={"maxLength": 40, "examples": ["street"]},
        known=KnownValues.LEVELS,
    )
    department: str | None = declare_again(FIELDS["department"])
    street_code: str | None = declare_again(FIELDS["street"], schema=_CODE, several=False)
    category: str | None = declare_again(FIELDS["category"], several=False)
    turn: ActionableSteps | None = None
