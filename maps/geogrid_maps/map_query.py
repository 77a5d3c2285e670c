"""The query of a map or a page: filters, display options, and the URLs of the downloads."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from geogrid.constants import Language
from geogrid.incidents.query import FIELDS, FilterValues
from geogrid.local_time import day_span, format_timestamp
from geogrid.rules.formulas import FigureSide
from geogrid.services.figure_tables import TableGrouping
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before

if TYPE_CHECKING:
    from datetime import datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class View(FilterValues):
    """The filters of a map or a page, its display options and its language, as in the URL.

    Attributes
    ----------
    step
        The length of a time step of the timeline.
    other_first, other_last
        The period to compare with. ``None``: the period just before.
    other_as_of
        Draw and count the other side by the layers that were active at this time.
    show
        How two periods are compared.
    rows
        The rows of the table of figures.
    rank
        The count or rate by which the table of figures ranks its rows, highest first; empty: by their keys.
    figure, part
        Of the list of incidents: only those that this side of a count or rate counts; empty: all.
    by, measure, classes
        Of the maps by area: the areas, the measure, and the method of the classes.
    language
        The language of the page.

    Examples
    --------
    >>> view = View(first=date(2022, 1, 1), category="Z06")
    >>> view.query()
    'from=2022-01-01&category=Z06'
    >>> view.query(category=None, language=Language.EN)
    'from=2022-01-01&lang=en'
    """

    step: TimeStep = TimeStep.WEEK
    other_first: date | None = None
    other_last: date | None = None
    other_as_of: datetime | None = None
    show: Show = Show.SIDES
    rows: TableGrouping = TableGrouping.STREET
    rank: str = ""
    figure: str = ""
    part: FigureSide = FigureSide.NUMERATOR
    by: AreaLevel = AreaLevel.GRID
    measure: Measure = Measure.PER_KM2
    classes: ClassMethod = ClassMethod.QUANTILES
    language: Language = Language.ZH

    def query(self, **changes: Any) -> str:  # noqa: ANN401 - the attributes of this class
        """Return the query of an address that shows this view, or a view with `changes`."""
        changed, default = replace(self, **changes), View()
        parameters = changed.parameters()
        for name in (field.name for field in fields(View) if field.name not in FIELDS):
            value = getattr(changed, name)
            if value != getattr(default, name):
                text = format_timestamp(value) if name in _TIMESTAMPS else str(value)
                parameters[_PARAMETERS.get(name, name)] = text
        return urlencode(parameters)


#: Attributes of `View` whose URL parameter has a different name.
_PARAMETERS: Final = {"other_first": "from2", "other_last": "to2", "other_as_of": "as_of2", "language": "lang"}
#: Attributes of pages that tables do not have.
_PAGE_ONLY: Final = ("step", "other_first", "other_last", "other_as_of", "show", "rows", "rank", "figure", "part")
_TIMESTAMPS: Final = ("as_of", "other_as_of")


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


#: Formats of the export of incidents by their label.
_INCIDENT_FORMATS: Final = {
    "CSV": "csv",
    "XLSX": "xlsx",
    "GeoJSON": "geojson",
    "GeoPackage": "gpkg",
    "Parquet": "parquet",
}
#: The routes with the tables behind maps by area.
_TABLES: Final = {MapKind.DENSITY: "figures", MapKind.HOTSPOTS: "hotspots", MapKind.RATES: "rates"}


def file_stem(kind: MapKind, view: View) -> str:
    """Return the file name of a map without suffix: its id and the days of its period.

    Examples
    --------
    >>> file_stem(MapKind.HEATMAP, View(first=date(2022, 3, 1), last=date(2022, 3, 31)))
    'heatmap-2022-03-01-2022-03-31'
    """
    return "-".join([kind, *(str(day) for day in (view.first, view.last) if day)])


def downloads_of(kind: MapKind, view: View) -> dict[str, str]:
    """Return the URLs of the downloads of a map by their label, such as PDF A3 or CSV.

    Examples
    --------
    >>> downloads_of(MapKind.HEATMAP, View(category="Z06"))["PDF A3"]
    '/maps/heatmap.pdf?category=Z06&paper=a3'
    >>> downloads_of(MapKind.RATES, View())["CSV"]
    '/v1/areas/rates?format=csv'
    >>> downloads_of(MapKind.RATES, View(category="Z06", step=TimeStep.DAY))["CSV"]
    '/v1/areas/rates?category=Z06&format=csv'
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
        query = view.query() if address.startswith(page) else _table_query(kind, view)
        query = "&".join(part for part in (query, more) if part)
        found[label] = f"{address}?{query}" if query else address
    return found


def incident_downloads_of(view: View) -> dict[str, str]:
    """Return the URLs of the exports of the list of incidents by their label.

    Examples
    --------
    >>> incident_downloads_of(View(category="Z06", step=TimeStep.DAY))["XLSX"]
    '/v1/incidents/export?category=Z06&format=xlsx'
    """
    plain = View()
    unknown = (*(name for name in _PAGE_ONLY if name not in ("figure", "part")), "by", "measure", "classes")
    query = view.query(**{name: getattr(plain, name) for name in unknown})
    return {
        label: "/v1/incidents/export?" + "&".join(part for part in (query, f"format={form}") if part)
        for label, form in _INCIDENT_FORMATS.items()
    }


def _table_query(kind: MapKind, view: View) -> str:
    """Return the query string of a table file: that of the page without parameters that the API refuses."""
    plain = View()
    areas = ("by", "classes") if kind is MapKind.HOTSPOTS else ()
    return view.query(**{name: getattr(plain, name) for name in (*_PAGE_ONLY, *areas)})
