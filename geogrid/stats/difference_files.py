"""How two periods differ, area by area, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.stats.difference import difference
from geogrid.stats.export_files import csv_file, feature, geojson_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.stats.area_sets import AreaSet
    from geogrid.stats.area_table import AreaTable

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "parent": ("上级编码", "parent"),
    "km2": ("平方公里", "km2"),
    "n_before": ("前期件数 {before}", "n {before}"),
    "n_after": ("后期件数 {after}", "n {after}"),
    "before": ("前期数值 {before}", "per_km2 {before}"),
    "after": ("后期数值 {after}", "per_km2 {after}"),
    "change": ("变化", "change"),
    "synthetic": ("合成示意", "synthetic"),
}
_DECIMALS: Final = 4


def difference_csv(earlier: AreaTable, later: AreaTable, language: Language) -> bytes:
    """Return how areas differ between two periods as CSV; the headers tell the periods.

    Parameters
    ----------
    earlier, later
        Answers to the same question about two periods. Areas are those of the later one.
    language
        Of the headers.
    """
    place = 0 if language is Language.ZH else 1
    periods = {"before": _period(earlier), "after": _period(later)}
    rows = [cells.values() for cells in _rows(earlier, later)]
    return csv_file([names[place].format(**periods) for names in _HEADERS.values()], rows)


def difference_geojson(earlier: AreaTable, later: AreaTable, areas: AreaSet) -> bytes:
    """Return the same as GeoJSON, WGS 84, with the shapes of the later table's areas.

    Parameters
    ----------
    earlier, later
        As above.
    areas
        The areas of the later table's level.
    """
    shapes = dict(zip(areas.codes, areas.shapes, strict=True))
    head = {
        "name": "difference",
        "by": later.asked.by,
        "measure": later.asked.measure,
        **{name: _told(table) for name, table in (("before", earlier), ("after", later))},
        "synthetic": earlier.synthetic or later.synthetic,
    }
    rows = _rows(earlier, later)
    return geojson_file(head, [feature(row, shapes[row["code"]], row["code"]) for row in rows])


def _rows(earlier: AreaTable, later: AreaTable) -> list[dict[str, Any]]:
    was = {row.code: row for row in earlier.rows}
    changes = difference(earlier, later).values
    synthetic = earlier.synthetic or later.synthetic
    found = []
    for row in later.rows:
        before, change = was.get(row.code), changes.get(row.code)
        found.append(
            {
                **{name: getattr(row, name) for name in ("code", "name", "layer", "parent", "km2")},
                "n_before": before.n if before else None,
                "n_after": row.n,
                "before": before.value if before else None,
                "after": row.value,
                "change": None if change is None else round(change, _DECIMALS),
                "synthetic": synthetic,
            }
        )
    return found


def _told(table: AreaTable) -> dict[str, Any]:
    days = {"from": table.first, "to": table.last}
    return {
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
        "n": table.n,
        "generation": table.generation.id,
    }


def _period(table: AreaTable) -> str:
    return f"{table.first or '…'} – {table.last or '…'}"
