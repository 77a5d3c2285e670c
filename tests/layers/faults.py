"""Faults inserted into the demo layers, each isolated and with known location and size."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from geogrid.incidents.rule_set import load_rules
from geogrid.layers.codes import CodeScheme
from geogrid.layers.topology import FindingCode as Code
from geogrid.model import BASE_LAYERS, Layer

#: 1e-4 degree, here about 8.5 m east and 11.1 m north.
STEP = 1e-4
#: The code scheme of the demo.
SCHEME = CodeScheme.of(load_rules().profile)
#: Side of a cell of `cells`, in degrees.
CELL = 0.01


@dataclass(frozen=True)
class InsertedFault:
    """The expected finding of a fault; None for an area or codes that are not checked."""

    code: Code
    codes: tuple[str, ...]
    place: shapely.Geometry
    area_m2: float | None = None


def area_m2(shape):
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(shape))[0])


def frame(layer, shapes):
    """Return a layer of shapes with valid codes."""
    codes = [f"{layer}-{number}" for number in range(len(shapes))]
    values = {"code": codes, "name": codes, "parent": None, "kind": "park", "synthetic": True}
    return gpd.GeoDataFrame(values, geometry=list(shapes), crs="EPSG:4326")


def cells(columns, rows):
    """Return squares that tile a rectangle."""
    return [
        shapely.box(113 + x * CELL, 40 + y * CELL, 113 + (x + 1) * CELL, 40 + (y + 1) * CELL)
        for y in range(rows)
        for x in range(columns)
    ]


class FaultyLayers:
    """Copies of the layers, with a record of the areas that are already used by faults."""

    def __init__(self, layers, borders):
        self.layers = {layer: frame.copy() for layer, frame in layers.items()}
        self._borders = borders
        self._used = set()

    def shape(self, layer, code):
        frame = self.layers[layer]
        return frame.geometry[frame.code == code].iloc[0]

    def put(self, layer, code, /, **values):
        frame = self.layers[layer]
        row = frame.index[frame.code == code][0]
        for name, value in values.items():
            frame.at[row, name] = value  # noqa: PD008 - loc takes the parts of a shape for a column

    def add(self, layer, like, /, **values):
        frame = self.layers[layer]
        row = frame[frame.code == like].iloc[[0]].copy()
        for name, value in values.items():
            row[name] = [value]
        self.layers[layer] = pd.concat([frame, row], ignore_index=True)

    def border(self, *, same):
        """Return two grids of one community or of two, and the centre of their long common border."""
        for one, other, middle in self._borders[same]:
            parents = {one[:-3], other[:-3]}
            if not parents & self._used:
                self._used |= parents
                return one, other, middle
        raise AssertionError

    def dedicated(self, least=1):
        """Return the codes of the dedicated grids of a community with a given number of them."""
        for parent, group in self.layers[Layer.DEDICATED].groupby("parent"):
            if parent not in self._used and len(group) >= least:
                self._used.add(parent)
                return list(group.code)
        raise AssertionError

    def base_layer(self, code):
        return next(layer for layer in BASE_LAYERS if (self.layers[layer].code == code).any())


def borders_of(layers):
    """Return the pairs of grids for `FaultyLayers.border`, in one community and in two."""
    base = pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True)
    return {same: list(_borders(base, same=same)) for same in (True, False)}


def _borders(base, *, same):
    """Yield pairs of base grids with a free box around the centre of their border."""
    shapes = base.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    for one, other in np.unique(np.sort(tree.query(shapes, predicate="touches").T, axis=1), axis=0):
        codes = base.code[one], base.code[other]
        common = shapely.line_merge(shapely.intersection(shapes[one], shapes[other]))
        # In two communities but in one street; otherwise the part would also lie outside the street.
        fellows, neighbours = (codes[0][:end] == codes[1][:end] for end in (-3, -6))
        if common.geom_type != "LineString" or common.length < 10 * STEP or fellows != same or not neighbours:
            continue
        middle = common.interpolate(0.5, normalized=True)
        if shapely.union(shapes[one], shapes[other]).contains(middle.buffer(4 * STEP)):
            yield *codes, middle


def ring_invalid(draft):
    code, *_ = draft.border(same=True)
    layer = draft.base_layer(code)
    shape = draft.shape(layer, code)
    x, y = shape.centroid.coords[0]
    bow = [(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)]
    draft.put(layer, code, geometry=shapely.Polygon(shape.exterior, [bow]))
    return InsertedFault(Code.RING_INVALID, (code,), shapely.Point(x + STEP / 2, y + STEP / 2))


def gap(draft):
    one, other, middle = draft.border(same=True)
    layer, box = draft.base_layer(one), middle.buffer(2 * STEP, cap_style="square")
    hole = draft.shape(layer, one).intersection(box)
    draft.put(layer, one, geometry=draft.shape(layer, one).difference(box))
    return InsertedFault(Code.GAP, (one, other), hole, area_m2(hole))


def seam(draft):
    one, other, middle = draft.border(same=True)
    layer = draft.base_layer(one)
    box = shapely.box(middle.x - 6e-7, middle.y - 4 * STEP, middle.x + 6e-7, middle.y + 4 * STEP)
    hole = draft.shape(layer, one).intersection(box)
    draft.put(layer, one, geometry=draft.shape(layer, one).difference(box))
    return InsertedFault(Code.GAP, (one, other), hole, area_m2(hole))


def overlap(draft):
    one, other, middle = draft.border(same=True)
    layer, box = draft.base_layer(one), middle.buffer(2 * STEP, cap_style="square")
    common = draft.shape(layer, other).intersection(box)
    draft.put(layer, one, geometry=draft.shape(layer, one).union(common))
    return InsertedFault(Code.OVERLAP, (one, other), common, area_m2(common))


def duplicate_code(draft):
    one, other, *_ = draft.dedicated(least=2)
    place = draft.shape(Layer.DEDICATED, other)
    draft.put(Layer.DEDICATED, other, code=one)
    return InsertedFault(Code.DUPLICATE_CODE, (one,), place)


def duplicate_shape(draft):
    one, *_ = draft.dedicated()
    copy, place = f"{one[:-3]}599", draft.shape(Layer.DEDICATED, one)
    draft.add(Layer.DEDICATED, one, code=copy, geometry=place)
    return InsertedFault(Code.DUPLICATE_SHAPE, (one, copy), place, area_m2(place))


def outside_parent(draft):
    one, other, middle = draft.border(same=False)
    box = middle.buffer(2 * STEP, cap_style="square")
    part = draft.shape(draft.base_layer(other), other).intersection(box)
    for code, change in ((one, shapely.union), (other, shapely.difference)):
        layer = draft.base_layer(code)
        draft.put(layer, code, geometry=change(draft.shape(layer, code), part))
    return InsertedFault(Code.OUTSIDE_PARENT, (one, one[:-3]), part, area_m2(part))


def two_parents(draft):
    one, other, middle = draft.border(same=False)
    # 4 m on either side: no other dedicated grid is that near to a border.
    shape = shapely.box(middle.x - STEP / 2, middle.y - STEP / 3, middle.x + STEP / 2, middle.y + STEP / 3)
    code = f"{one[:-3]}598"
    like = draft.layers[Layer.DEDICATED].code.iloc[0]
    draft.add(Layer.DEDICATED, like, code=code, parent=one[:-3], geometry=shapely.affinity.scale(shape, 1.2, 1.5))
    part = draft.shape(Layer.DEDICATED, code).intersection(draft.shape(draft.base_layer(other), other))
    return InsertedFault(Code.TWO_PARENTS, (code, other[:-3]), part, area_m2(part))


def code_scheme(draft):
    one, *_ = draft.dedicated()
    place = draft.shape(Layer.DEDICATED, one)
    draft.put(Layer.DEDICATED, one, code=one[:-1])
    return InsertedFault(Code.CODE_SCHEME, (one[:-1],), place)


def code_parent(draft):
    one, *_ = draft.dedicated()
    place = draft.shape(Layer.DEDICATED, one)
    other = draft.dedicated()[0]
    draft.put(Layer.DEDICATED, one, code=f"{other[:-3]}597")
    return InsertedFault(Code.CODE_PARENT, (f"{other[:-3]}597", one[:-3]), place)


def parent_unknown(draft):
    one, *_ = draft.dedicated()
    draft.put(Layer.DEDICATED, one, parent="140213999999")
    return InsertedFault(Code.PARENT_UNKNOWN, (one,), draft.shape(Layer.DEDICATED, one))


def multipart(draft):
    one, *_ = draft.dedicated()
    shape = draft.shape(Layer.DEDICATED, one)
    west, south, east, north = shape.bounds
    third = (east - west) / 3
    parts = shape.difference(shapely.box(west + third, south - 1, east - third, north + 1))
    draft.put(Layer.DEDICATED, one, geometry=parts)
    return InsertedFault(Code.MULTIPART, (one,), parts, area_m2(parts))


def sliver(draft):
    one, _, middle = draft.border(same=True)
    layer = draft.base_layer(one)
    shape = draft.shape(layer, one)
    strip = shape.intersection(shapely.box(middle.x - STEP / 9, middle.y - 1, middle.x + STEP / 9, middle.y + 1))
    strip = max(shapely.get_parts(strip), key=shapely.area)
    code = f"{one[:-3]}499"
    draft.put(layer, one, geometry=shape.difference(strip))
    draft.add(layer, one, code=code, geometry=strip)
    return InsertedFault(Code.SLIVER, (code,), strip, area_m2(strip))


def vertices_too_many(draft):
    one, *_ = draft.dedicated()
    shape = draft.shape(Layer.DEDICATED, one)
    count = 21_000
    # Slanted teeth: the box of each edge meets those of all others.
    zigzag = shapely.Polygon([*((tooth / count, tooth % 2) for tooth in range(count)), (1, -0.1), (0, -0.1)])
    middle = shape.representative_point()
    small = shapely.transform(zigzag, lambda xy: (xy @ [[1, 1], [-1, 1]]) * 1e-6 + (middle.x, middle.y))
    draft.put(Layer.DEDICATED, one, geometry=small)
    return InsertedFault(Code.VERTICES_TOO_MANY, (one,), shape)


def name_missing(draft):
    one, *_ = draft.dedicated()
    draft.put(Layer.DEDICATED, one, name=None)
    return InsertedFault(Code.NAME_MISSING, (one,), draft.shape(Layer.DEDICATED, one))


def kind_unknown(draft):
    one, *_ = draft.dedicated()
    draft.put(Layer.DEDICATED, one, kind="castle")
    return InsertedFault(Code.KIND_UNKNOWN, (one,), draft.shape(Layer.DEDICATED, one))


def coordinates(draft):
    one, *_ = draft.dedicated()
    swapped = shapely.transform(draft.shape(Layer.DEDICATED, one), lambda xy: xy[:, ::-1])
    draft.put(Layer.DEDICATED, one, geometry=swapped)
    return InsertedFault(Code.COORDINATES, (one,), None)


def geometry_missing(draft):
    one, *_ = draft.dedicated()
    draft.put(Layer.DEDICATED, one, geometry=None)
    return InsertedFault(Code.GEOMETRY_MISSING, (one,), None)


#: The ten common types of faults.
COMMON_FAULTS = [
    ring_invalid,
    gap,
    overlap,
    sliver,
    duplicate_code,
    duplicate_shape,
    outside_parent,
    two_parents,
    code_scheme,
    multipart,
]
OTHER_FAULTS = [
    vertices_too_many,
    code_parent,
    parent_unknown,
    name_missing,
    kind_unknown,
    coordinates,
    geometry_missing,
    seam,
]
