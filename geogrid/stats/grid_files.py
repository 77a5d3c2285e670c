"""Grids with what they belong to and how many incidents they have, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.stats.export_files import csv_file, feature, geojson_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.model import Generation
    from geogrid.stats.grids import GridRow

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "layer": ("图层", "layer"),
    "community": ("社区（村）", "community"),
    "street": ("街道", "street"),
    "km2": ("平方公里", "km2"),
    "n": ("件数", "n"),
    "synthetic": ("合成示意", "synthetic"),
}


def grids_csv(rows: Sequence[GridRow], counts: Mapping[str, int], language: Language, *, synthetic: bool) -> bytes:
    """Return grids as CSV.

    Parameters
    ----------
    rows
        The grids.
    counts
        How many incidents each has, by code; those that are not named have none.
    language
        Of the headers.
    synthetic
        Whether the layers or any of the incidents are made up.
    """
    place = 0 if language is Language.ZH else 1
    header = [names[place] for names in _HEADERS.values()]
    return csv_file(header, [_cells(row, counts, synthetic=synthetic).values() for row in rows])


def grids_geojson(
    rows: Sequence[GridRow], counts: Mapping[str, int], generation: Generation, *, synthetic: bool
) -> bytes:
    """Return the same as GeoJSON, WGS 84, with their shapes and the generation that they are of."""
    features = [feature(_cells(row, counts, synthetic=synthetic), row.shape, row.code) for row in rows]
    return geojson_file({"name": "grids", "generation": generation.id, "synthetic": synthetic}, features)


def _cells(row: GridRow, counts: Mapping[str, int], *, synthetic: bool) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("code", "name", "layer", "community", "street", "km2")}
    return {**told, "n": counts.get(row.code, 0), "synthetic": synthetic}
