"""What a reader asked to see."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from geogrid.constants import Language
from geogrid.incidents.query import IncidentQuery
from geogrid.local_time import day_span, format_timestamp
from geogrid.services.figure_tables import By
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.query import HourRange, Standing
    from geogrid.model import IncidentSource, Layer


class MapKind(StrEnum):
    """The maps for planners; each is a page below ``/maps/``."""

    HEATMAP = "heatmap"
    TIMELINE = "timeline"
    DENSITY = "density"
    HOTSPOTS = "hotspots"
    RATES = "rates"
    COMPARE = "compare"
    EXPLORER = "explorer"


class Show(StrEnum):
    """How two periods are compared: side by side, or by how they differ on one map."""

    SIDES = "sides"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class View:
    """A choice of incidents and a language; an address says the same.

    Attributes
    ----------
    first, last
        The first and the last day.
    category, status, source, layer, street, community, weekday, hours
        As in `geogrid.incidents.query.IncidentQuery`.
    as_of
        Of the moment whose layers are drawn and counted by; None draws those in force and counts each incident by
        those of its own day.
    other_as_of
        Of the moment whose layers the other side is drawn and counted by.
    show
        How two periods are compared.
    other_first, other_last
        The first and the last day of the period that it is compared with; None for the one just before.
    step
        What a picture of the timeline stands for.
    rows
        What the rows of the table of figures are.
    by, measure, classes
        Of the maps by area: which areas, what is measured, and how classes are made.
    language
        That of the page.

    Examples
    --------
    >>> view = View(first=date(2022, 1, 1), category="Z06")
    >>> view.query()
    'from=2022-01-01&category=Z06'
    >>> view.query(category=None, language=Language.EN)
    'from=2022-01-01&lang=en'
    """

    first: date | None = None
    last: date | None = None
    category: str | None = None
    status: Standing | None = None
    source: IncidentSource | None = None
    layer: Layer | None = None
    street: str | None = None
    community: str | None = None
    weekday: int | None = None
    hours: HourRange | None = None
    as_of: datetime | None = None
    step: TimeStep = TimeStep.WEEK
    other_first: date | None = None
    other_last: date | None = None
    other_as_of: datetime | None = None
    show: Show = Show.SIDES
    rows: By = By.STREET
    by: AreaLevel = AreaLevel.GRID
    measure: Measure = Measure.PER_KM2
    classes: ClassMethod = ClassMethod.QUANTILES
    language: Language = Language.ZH

    def filter(self, by_generation: int | None = None) -> IncidentQuery:
        """Return the filter that chooses the incidents.

        Parameters
        ----------
        by_generation
            The generation of `as_of`, which only a store can tell.

        Raises
        ------
        QueryError
            If the period ends before it begins.
        """
        since, until = day_span(self.first, self.last)
        names = ("category", "status", "source", "layer", "street", "community", "weekday", "hours")
        asked = {name: getattr(self, name) for name in names}
        return IncidentQuery(since=since, until=until, by_generation=by_generation, **asked)

    def query(self, **changes: Any) -> str:  # noqa: ANN401 - the fields of this class
        """Return the query of an address that shows this view, or one that differs in `changes`."""
        changed = replace(self, **changes)
        values = {field.name: getattr(changed, field.name) for field in fields(View)}
        for moment in ("as_of", "other_as_of"):
            if values[moment] is not None:
                values[moment] = format_timestamp(values[moment])
        names = {
            "first": "from",
            "last": "to",
            "other_first": "from2",
            "other_last": "to2",
            "other_as_of": "as_of2",
            "language": "lang",
        }
        default = View()
        return urlencode(
            {names.get(name, name): value for name, value in values.items() if value != getattr(default, name)}
        )


def days_of(view: View, newest: date | None) -> tuple[date, date]:
    """Return the first and the last day of a view; without a period those of the month of the newest day, or of today.

    Examples
    --------
    >>> [str(day) for day in days_of(View(), date(2022, 6, 15))]
    ['2022-06-01', '2022-06-30']
    """
    first, last = view.first, view.last
    if first and last:
        return first, last
    day = last or newest or date.today()  # noqa: DTZ011 - only where there is no incident at all
    return first or day.replace(day=1), day if last or first else _end_of_month(day)


def compared(view: View, newest: date | None) -> tuple[View, View]:
    """Return the view of the earlier period and that of the later.

    Without a period the later one is the month of the newest day, or of today; without another, the earlier one is the
    period just before, or the same by other layers where these are asked for.

    Raises
    ------
    QueryError
        If the period makes no sense.

    Examples
    --------
    >>> earlier, later = compared(View(), date(2022, 6, 30))
    >>> str(earlier.first), str(earlier.last), str(later.first), str(later.last)
    ('2022-05-01', '2022-05-31', '2022-06-01', '2022-06-30')
    """
    first, last = days_of(view, newest)
    # What is no period is told in plain words before another is reckoned from it.
    day_span(first, last)
    later = replace(view, first=first, last=last)
    other = (view.other_first, view.other_last)
    if view.other_as_of:
        before = other if all(other) else (first, last)
    else:
        before = other if all(other) else period_before(first, last)
    as_of = view.other_as_of or view.as_of
    return replace(later, first=before[0], last=before[1], as_of=as_of), later


def _end_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def presets(newest: date) -> dict[str, tuple[date, date]]:
    """Return the periods on offer: all end with the day of the newest incident, so that a history has them too.

    Month, quarter and half-year are those of the calendar, as reports have them.

    Examples
    --------
    >>> {name: str(first) for name, (first, last) in presets(date(2022, 6, 30)).items()}
    {'day': '2022-06-30', 'week': '2022-06-24', 'month': '2022-06-01', 'quarter': '2022-04-01', 'half': '2022-01-01'}
    """
    firsts = {
        "day": newest,
        "week": newest - timedelta(days=6),
        "month": newest.replace(day=1),
        "quarter": newest.replace(month=newest.month - (newest.month - 1) % 3, day=1),
        "half": newest.replace(month=newest.month - (newest.month - 1) % 6, day=1),
    }
    return {name: (first, newest) for name, first in firsts.items()}


#: The routes with the tables behind maps by area.
_TABLES: Final = {MapKind.DENSITY: "figures", MapKind.HOTSPOTS: "hotspots", MapKind.RATES: "rates"}


def downloads_of(kind: MapKind, view: View) -> dict[str, str]:
    """Return the addresses of what a map can be had as, by what it is.

    Examples
    --------
    >>> downloads_of(MapKind.HEATMAP, View(category="Z06"))["PDF A3"]
    '/maps/heatmap.pdf?category=Z06&paper=a3'
    >>> downloads_of(MapKind.RATES, View())["CSV"]
    '/v1/areas/rates?format=csv'
    """
    page = f"/maps/{kind}"
    forms = {"PNG": (f"{page}.png", ""), "PDF A4": (f"{page}.pdf", ""), "PDF A3": (f"{page}.pdf", "paper=a3")}
    if kind in _TABLES:
        table = f"/v1/areas/{_TABLES[kind]}"
        forms |= {"GeoJSON": (table, "format=geojson"), "CSV": (table, "format=csv")}
    else:
        forms |= {"GeoJSON": (f"{page}.geojson", ""), "CSV": (f"{page}.csv", "")}
    forms["HTML"] = (page, "save=true")
    found = {}
    for label, (address, more) in forms.items():
        query = "&".join(part for part in (view.query(), more) if part)
        found[label] = f"{address}?{query}" if query else address
    return found
