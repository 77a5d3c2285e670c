"""Tests of the topology check with malicious shapes and empty rows."""

import time

import numpy as np
import pytest
import shapely
from faults import cells, frame

from geogrid.layers.topology import FindingCode as Code
from geogrid.layers.topology import Severity, check_layers
from geogrid.model import Layer


def comb(teeth):
    """Return a comb of 4 × teeth + 3 vertices."""
    points = [(x + side, y) for x in range(teeth) for side, y in ((0, 1), (0, teeth), (0.5, teeth), (0.5, 1))]
    return np.array([(0, 0), *points, (teeth - 0.5, 0)])


# Constructing it causes a warning; checking it must not.
with np.errstate(invalid="ignore"):
    NOWHERE = shapely.from_wkt("POLYGON ((113 40, nan 40, 113 41, 113 40))")


class TestHostile:
    @pytest.mark.parametrize("layer", [Layer.URBAN, Layer.DEDICATED])
    @pytest.mark.parametrize("teeth", [400, 4900])
    def test_crossed_combs_take_bounded_time(self, layer, teeth):
        across = [shapely.Polygon(points * 1e-5 + (113, 40)) for points in (comb(teeth), comb(teeth)[:, ::-1])]
        start = time.perf_counter()
        found = check_layers({layer: frame(layer, across)})
        assert time.perf_counter() - start < 60
        (finding,) = (one for one in found if one.code is Code.TOO_COMPLEX)
        assert finding.codes == (f"{layer}-0", f"{layer}-1")
        assert finding.severity is Severity.ERROR

    def test_comb_does_not_hide_other_findings(self):
        combs = [shapely.Polygon(points * 1e-5 + (113, 40)) for points in (comb(400), comb(400)[:, ::-1])]
        pair = [shapely.box(113.1, 40, 113.11, 40.01), shapely.box(113.105, 40, 113.12, 40.01)]
        found = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [*combs, *pair])})
        assert {Code.TOO_COMPLEX, Code.OVERLAP} <= {one.code for one in found}

    def test_combs_over_communities_take_bounded_time(self, layers):
        points = comb(400) * (0.2 / 400) + (113.2, 40.0)
        hostile = {layer: frame.copy() for layer, frame in layers.items()}
        for layer, shape in (
            (Layer.COMMUNITY, shapely.Polygon(points)),
            (Layer.DEDICATED, shapely.Polygon((points - (113.2, 40.0))[:, ::-1] + (113.2, 40.0))),
        ):
            hostile[layer].loc[0, "geometry"] = shape
        start = time.perf_counter()
        assert check_layers(hostile)
        assert time.perf_counter() - start < 600

    def test_outlines_of_many_vertices_are_compared(self):
        """A county outline may have 300,000 vertices."""
        outline = shapely.Point(113, 40).buffer(0.1, quad_segs=10_000)
        halves = [outline & shapely.box(112, 39, 113, 41), outline & shapely.box(113, 39, 114, 41)]
        layers = {Layer.DISTRICT: frame(Layer.DISTRICT, [outline]), Layer.STREET: frame(Layer.STREET, halves)}
        skipped = {Code.VERTICES_TOO_MANY, Code.TOO_COMPLEX, Code.GAP}
        assert [one.code for one in check_layers(layers) if one.code in skipped] == []
        layers[Layer.STREET] = frame(Layer.STREET, halves[:1])
        assert [one.code for one in check_layers(layers) if one.code in skipped] == [Code.GAP]

    @pytest.mark.parametrize(
        "shape",
        [
            None,
            shapely.Polygon(),
            shapely.MultiPolygon(),
            shapely.Point(113, 40),
            shapely.GeometryCollection([cells(1, 1)[0]]),
            shapely.Polygon([(113, 40), (114, 41), (113, 40)]),
            shapely.Polygon([(113, 40), (113, 40), (113, 40), (113, 40)]),
            shapely.Polygon([(113, 40), (np.inf, 40), (113, 41)]),
            NOWHERE,
            shapely.Polygon([(440200, 4439757), (440300, 4439757), (440200, 4439857)]),
            shapely.Polygon([(40, 113), (41, 113), (40, 114)]),
        ],
    )
    def test_invalid_shapes_are_findings(self, shape):
        found = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [shape, cells(1, 1)[0]])})
        assert [one.severity for one in found] == [Severity.ERROR]
        assert found[0].codes == ("dedicated-0",)

    def test_missing_attributes_are_findings(self):
        bare = frame(Layer.DEDICATED, cells(2, 1)).assign(code=None, name=float("nan"), kind=None)
        found = check_layers({Layer.DEDICATED: bare})
        assert {one.code for one in found} == {Code.CODE_SCHEME, Code.NAME_MISSING, Code.KIND_UNKNOWN}
        assert {one.codes for one in found} == {("#1",), ("#2",)}

    def test_control_characters_of_code_are_replaced(self):
        odd = frame(Layer.DEDICATED, cells(1, 1)).assign(code="\x1b]0;owned\x07\u202e{0}" + "9" * 1000)
        for found in check_layers({Layer.DEDICATED: odd}):
            assert found.message.isprintable()
            assert len(found.message) < 300
