"""Write tables of areas, and their differences, as CSV and GeoJSON."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import MEDIA_TYPES, Language
from geogrid.stats.csv_geojson_writer import make_feature, write_csv, write_geojson
from geogrid.stats.density_change import compare_periods
from geogrid.stats.measures import MEASURE_LABELS, SMOOTHED_MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model.provenance import Provenance
    from geogrid.stats.area_table_model import AreaRow, AreaTable
    from geogrid.stats.generation_areas import AreaSet
    from geogrid.stats.rate_change import ComparedDays

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "parent": ("上级编码", "parent"),
    "km2": ("平方公里", "km2"),
    "people": ("人口", "people"),
    "n": ("件数", "n"),
    "part": ("分子件数", "part"),
    # Replaced by the label of the measure.
    "value": ("数值", "value"),
    "low": ("95 % 区间下限", "low"),
    "high": ("95 % 区间上限", "high"),
    "smoothed": ("平滑值", "smoothed"),
    "smoothed_low": ("平滑值 95 % 区间下限", "smoothed_low"),
    "smoothed_high": ("平滑值 95 % 区间上限", "smoothed_high"),
    "small": ("小样本", "small"),
    "in_class": ("分级", "class"),
    "hot_spot": ("冷热点", "hot_spot"),
    "z": ("z", "z"),
    "p": ("p", "p"),
    "q": ("q", "q"),
}


class AreaFormat(StrEnum):
    """File format of a table of areas."""

    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Media type."""
        return MEDIA_TYPES[self]


def area_columns(table: AreaTable) -> list[str]:
    """Return the columns that apply to the query of a table."""
    omitted = set()
    if table.query.measure not in SMOOTHED_MEASURES:
        omitted |= {"smoothed", "smoothed_low", "smoothed_high"}
    if not any(row.part is not None for row in table.rows):
        omitted |= {"part"}
    if not any(row.hot_spot is not None for row in table.rows):
        omitted |= {"hot_spot", "z", "p", "q"}
    return [name for name in _HEADERS if name not in omitted]


def area_values(row: AreaRow, columns: list[str]) -> dict[str, Any]:
    """Return the values of a row by column."""
    return {name: getattr(row, name) for name in columns}


def areas_csv(table: AreaTable, provenance: Provenance) -> bytes:
    """Return the CSV file of a table; the headers are in the language of its provenance."""
    columns = area_columns(table)
    place = 0 if provenance.language is Language.ZH else 1
    headers = {**_HEADERS, "value": MEASURE_LABELS[table.query.measure]}
    rows = [area_values(row, columns).values() for row in table.rows]
    return write_csv([headers[name][place] for name in columns], rows, provenance)


def areas_geojson(table: AreaTable, areas: AreaSet, provenance: Provenance) -> bytes:
    """Return the GeoJSON file of a table, WGS 84 to six decimals (0.1 m).

    Parameters
    ----------
    table
        The figures.
    areas
        The areas of the table's level.
    provenance
        Provenance of the file.
    """
    columns = area_columns(table)
    shapes = dict(zip(areas.codes, areas.shapes, strict=True))
    marked = {"synthetic": bool(provenance.synthetic)}
    features = [make_feature(area_values(row, columns) | marked, shapes[row.code], row.code) for row in table.rows]
    head = {
        "name": file_stem(table),
        "measure": table.query.measure,
        "classes": table.classes.bounds,
        "n": table.n,
        "generation": table.generation.id,
        "formulas": table.formulas,
        "people_sources": table.people_sources,
    }
    return write_geojson(head, features, provenance)


def file_stem(table: AreaTable) -> str:
    """Return the file name of a table without suffix, in ASCII."""
    days = [str(day) for day in (table.first, table.last) if day]
    return "-".join(["areas", table.query.by, table.query.measure, *days])


_DIFFERENCE_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "parent": ("上级编码", "parent"),
    "km2": ("平方公里", "km2"),
    "n_before": ("前期件数 {before}", "n {before}"),
    "n_after": ("后期件数 {after}", "n {after}"),
    "before": ("前期数值 {before}", "per_km2 {before}"),
    "after": ("后期数值 {after}", "per_km2 {after}"),
    "change": ("变化（前期按天数折算）", "change"),
    "beyond_chance": ("超出偶然（误报率 5%）", "beyond_chance"),
}
_DECIMALS: Final = 4


def difference_csv(earlier: AreaTable, later: AreaTable, days: ComparedDays, provenance: Provenance) -> bytes:
    """Return a CSV file of the change of each area between two periods; the headers contain the periods.

    Parameters
    ----------
    earlier, later
        Tables of the same query for two periods. Rows are the areas of the later one.
    days
        Days of the periods.
    provenance
        Provenance of the file; the headers are in its language.
    """
    place = 0 if provenance.language is Language.ZH else 1
    periods = {"before": _format_period(earlier), "after": _format_period(later)}
    rows = [cells.values() for cells in _difference_rows(earlier, later, days)]
    return write_csv([names[place].format(**periods) for names in _DIFFERENCE_HEADERS.values()], rows, provenance)


def difference_geojson(
    earlier: AreaTable, later: AreaTable, days: ComparedDays, areas: AreaSet, provenance: Provenance
) -> bytes:
    """Return a GeoJSON file of the areas and their change between two periods, in WGS 84.

    Parameters
    ----------
    earlier, later
        Tables of the same query for two periods.
    days
        Days of the periods.
    areas
        The areas of the later table's level.
    provenance
        Provenance of the file.
    """
    shapes = dict(zip(areas.codes, areas.shapes, strict=True))
    head = {
        "name": "difference",
        "by": later.query.by,
        "measure": later.query.measure,
        **{name: _describe(table) for name, table in (("before", earlier), ("after", later))},
    }
    marked = {"synthetic": bool(provenance.synthetic)}
    rows = _difference_rows(earlier, later, days)
    features = [make_feature(row | marked, shapes[row["code"]], row["code"]) for row in rows]
    return write_geojson(head, features, provenance)


def _difference_rows(earlier: AreaTable, later: AreaTable, days: ComparedDays) -> list[dict[str, Any]]:
    earlier_rows = {row.code: row for row in earlier.rows}
    found = compare_periods(earlier, later, days)
    rows = []
    for row in later.rows:
        before, change = earlier_rows.get(row.code), found.values.get(row.code)
        rows.append(
            {
                **{name: getattr(row, name) for name in ("code", "name", "layer", "parent", "km2")},
                "n_before": before.n if before else None,
                "n_after": row.n,
                "before": before.value if before else None,
                "after": row.value,
                "change": None if change is None else round(change, _DECIMALS),
                "beyond_chance": None if change is None else row.code in found.beyond_chance,
            }
        )
    return rows


def _describe(table: AreaTable) -> dict[str, Any]:
    days = {"from": table.first, "to": table.last}
    return {
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
        "n": table.n,
        "generation": table.generation.id,
    }


def _format_period(table: AreaTable) -> str:
    return f"{table.first or '…'} – {table.last or '…'}"
