"""The details of a row of the table of figures: the filters of its incidents, and the grouping of their table."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geogrid.services.figure_tables import AREA_GROUPINGS, TableGrouping
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.periods import days_of_month, days_of_week
from geogrid_maps.ui_texts import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_data import MapData


def row_groupings(shapes: DistrictShapes) -> list[TableGrouping]:
    """Return the groupings of rows that the page offers: none by areas that the district does not have."""
    return [by for by in ROWS if by not in AREA_GROUPINGS or AreaLevel(by) in shapes.areas.levels]


def find_filters(key: str, data: MapData) -> dict[str, Any] | None:
    """Return the filters that select the incidents of a row; None if there are none."""
    rows = data.view.rows
    if not key or rows not in _DETAILS:
        return None
    narrow = _DETAILS[rows][0](key)
    if rows is TableGrouping.COMMUNITY:
        # The form has a field for a community once its street is chosen.
        lineage = data.shapes.areas.tree.lineage(key)
        narrow["street"] = next((area.code for area in data.shapes.streets if area.code in lineage), None)
    return narrow


def detail_query(key: str, data: MapData) -> str:
    """Return the query of the page with the details of a row; empty if there is none."""
    narrow = find_filters(key, data)
    if narrow is None:
        return ""
    groupings = row_groupings(data.shapes)
    rows = next(by for by in (*_DETAILS[data.view.rows][1], TableGrouping.CATEGORY) if by in groupings)
    return data.view.query(**narrow, rows=rows)


def _days(first: date, last: date) -> dict[str, Any]:
    return {"first": first, "last": last}


_AREAS: Final = (TableGrouping.STREET, TableGrouping.COMMUNITY)
#: Filter of the details of a row, and the groupings of their table in order of preference.
_DETAILS: Final[Mapping[TableGrouping, tuple[Callable[[str], dict[str, Any]], tuple[TableGrouping, ...]]]] = {
    TableGrouping.STREET: (lambda key: {"street": key}, (TableGrouping.COMMUNITY,)),
    TableGrouping.COMMUNITY: (lambda key: {"community": key}, ()),
    TableGrouping.MAIN_CATEGORY: (lambda key: {"category": key}, (TableGrouping.CATEGORY,)),
    TableGrouping.CATEGORY: (lambda key: {"category": key}, _AREAS),
    TableGrouping.DEPARTMENT: (lambda key: {"department": key}, ()),
    TableGrouping.SOURCE: (lambda key: {"source": key}, ()),
    TableGrouping.MONTH: (lambda key: _days(*days_of_month(key)), _AREAS),
    TableGrouping.WEEK: (lambda key: _days(*days_of_week(key)), _AREAS),
    TableGrouping.DAY: (lambda key: _days(date.fromisoformat(key), date.fromisoformat(key)), _AREAS),
}
