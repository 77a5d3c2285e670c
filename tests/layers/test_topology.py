"""The topology report: exactly what is wrong, where, how much, and nothing else."""

import time

import numpy as np
import planting
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import CELL, cells, frame

from geogrid.layers.topology import FindingCode as Code
from geogrid.layers.topology import Severity, check_layers, count_incidents
from geogrid.layers.topology.slivers import SEAMS_NAMED
from geogrid.model import Layer

NEAR = 1e-8
WARNINGS = {planting.multipart, planting.sliver, planting.seam}


def matches(found, planted):
    """Whether a finding tells a planted fault, with its codes, its size and a point in it."""
    point = found.place and shapely.Point(found.place.lon, found.place.lat)
    return (
        found.code is planted.code
        and set(found.codes) == set(planted.codes)
        and (point is None if planted.place is None else planted.place.distance(point) < NEAR)
        and (
            found.area_m2 is None if planted.area_m2 is None else found.area_m2 == pytest.approx(planted.area_m2, 1e-5)
        )
    )


class TestDemo:
    def test_nothing_is_wrong_with_it_and_it_is_quick(self, layers):
        start = time.perf_counter()
        assert check_layers(layers) == []
        assert time.perf_counter() - start < 5

    def test_ten_faults_are_these_ten(self, field):
        planted = [plant(field) for plant in planting.TEN]
        found = check_layers(field.layers)
        assert len(found) == 10
        for fault in planted:
            assert sum(matches(one, fault) for one in found) == 1, fault

    @pytest.mark.parametrize("plant", planting.TEN + planting.MORE, ids=lambda plant: plant.__name__)
    def test_each_fault_alone(self, field, plant):
        planted = plant(field)
        (found,) = check_layers(field.layers)
        assert matches(found, planted)
        assert found.severity is (Severity.WARNING if plant in WARNINGS else Severity.ERROR)
        assert all(code in found.message_zh and code in found.message_en for code in planted.codes)

    def test_errors_come_first_and_the_order_is_always_the_same(self, field):
        for plant in planting.TEN:
            plant(field)
        found = check_layers(field.layers)
        turned = {layer: frame.iloc[::-1] for layer, frame in field.layers.items()}
        assert [(one.code, set(one.codes)) for one in found] == [
            (one.code, set(one.codes)) for one in check_layers(turned)
        ]
        assert [one.severity for one in found] == sorted((one.severity for one in found), reverse=False)

    @pytest.mark.parametrize("layer", [Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, Layer.URBAN, Layer.RURAL])
    def test_a_missing_area_is_a_gap_of_its_size(self, layers, layer):
        gone = layers[layer].iloc[3]
        rest = {**layers, layer: layers[layer].drop(index=3)}
        (gap,) = (found for found in check_layers(rest) if found.code is Code.GAP)
        assert gap.area_m2 == pytest.approx(planting.area_m2(gone.geometry), 1e-6)
        assert gone.geometry.contains(shapely.Point(gap.place.lon, gap.place.lat))
        assert gone.code not in gap.codes

    def test_a_bow_tie_hides_no_other_fault_and_makes_none(self, field):
        """Two corners change places: half of the grid is gone, but first the ring has to be mended."""
        one, *_ = field.border(same=True)
        layer = field.base_layer(one)
        corners = list(shapely.convex_hull(field.shape(layer, one)).exterior.coords)[:-1]
        corners[0], corners[1] = corners[1], corners[0]
        field.put(layer, one, geometry=shapely.Polygon(corners))
        planted = planting.gap(field)
        found = check_layers(field.layers)
        assert {one.code for one in found} == {Code.RING_INVALID, Code.GAP}
        assert sum(matches(one, planted) for one in found) == 1


class TestNoise:
    @pytest.mark.parametrize("decimals", [7, 6])
    def test_common_rounding_gives_nothing(self, layers, decimals):
        rounded = {layer: move(frame, lambda xy: xy.round(decimals)) for layer, frame in layers.items()}
        assert check_layers(rounded) == []

    @pytest.mark.parametrize("decimals", [7, 6])
    def test_each_for_itself_gives_one_warning_a_layer(self, layers, decimals):
        noise, step = np.random.default_rng(decimals), 10.0**-decimals

        def shake(xy):
            shaken = xy + noise.uniform(-step / 2, step / 2, xy.shape)
            shaken[-1] = shaken[0]
            return shaken

        shaken = {
            layer: frame.assign(geometry=[shapely.Polygon(shake(shapely.get_coordinates(s))) for s in frame.geometry])
            for layer, frame in layers.items()
        }
        found = check_layers(shaken)
        assert {one.code for one in found} == {Code.NOISE}
        assert {one.severity for one in found} == {Severity.WARNING}
        assert len({one.layer for one in found}) == len(found) <= len(Layer)

    def test_a_node_in_a_neighbours_long_border_opens_no_gap(self):
        """A projection that bends lines would show hundreds of square metres here."""
        wide = shapely.box(113.0, 40.0, 113.2, 40.05)
        above = [shapely.box(113.0, 40.05, 113.1, 40.1), shapely.box(113.1, 40.05, 113.2, 40.1)]
        assert check_layers({Layer.URBAN: frame(Layer.URBAN, [wide, *above])}) == []

    def test_few_seams_are_named_and_many_summed_up(self, field):
        for _ in range(3):
            planting.seam(field)
        assert [one.code for one in check_layers(field.layers)] == [Code.GAP] * 3
        for _ in range(SEAMS_NAMED):
            planting.seam(field)
        (found,) = check_layers(field.layers)
        assert found.code is Code.NOISE
        assert str(SEAMS_NAMED + 3) in found.message_en
        assert found.area_m2 == pytest.approx(4.55 * (SEAMS_NAMED + 3), 0.05)


def move(frame, change):
    return frame.assign(geometry=shapely.transform(frame.geometry.to_numpy(), change))


class TestAnyCoverage:
    @settings(max_examples=60, deadline=None)
    @given(
        columns=st.integers(2, 6),
        rows=st.integers(2, 6),
        cell=st.integers(0),
        west=st.floats(0.05, 0.5),
        south=st.floats(0.05, 0.5),
        width=st.floats(0.01, 0.4),
        height=st.floats(0.01, 0.4),
        hole=st.booleans(),
        outline=st.booleans(),
    )
    def test_a_hole_or_an_overlap_is_found(self, columns, rows, cell, west, south, width, height, hole, outline):
        shapes = cells(columns, rows)
        cell %= len(shapes)
        x, y = shapes[cell].bounds[:2]
        spot = shapely.box(x + west * CELL, y + south * CELL, x + (west + width) * CELL, y + (south + height) * CELL)
        if hole:
            shapes[cell] = shapes[cell].difference(spot)
        else:
            shapes.append(spot)
        layers = {Layer.URBAN: frame(Layer.URBAN, shapes)}
        if outline:
            layers[Layer.DISTRICT] = frame(Layer.DISTRICT, [shapely.union_all(cells(columns, rows))])
        (found,) = (one for one in check_layers(layers) if one.code is not Code.SLIVER)
        assert found.code is (Code.GAP if hole else Code.OVERLAP)
        assert found.area_m2 == pytest.approx(planting.area_m2(spot), rel=1e-6, abs=2e-3)
        assert spot.contains(shapely.Point(found.place.lon, found.place.lat))
        assert layers[Layer.URBAN].code[cell] in found.codes

    def test_one_within_another_is_an_overlap(self):
        outer, inner = cells(1, 1)[0], shapely.box(113.002, 40.002, 113.004, 40.004)
        (found,) = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [outer, inner])})
        assert found.code is Code.OVERLAP
        assert found.area_m2 == pytest.approx(planting.area_m2(inner), rel=1e-6)

    def test_nearly_the_same_shape_is_a_double(self):
        shape = cells(1, 1)[0]
        other = shapely.transform(shape, lambda xy: xy + 1e-7)
        (found,) = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [shape, other])})
        assert found.code is Code.DUPLICATE_SHAPE

    def test_a_thousand_doubles_are_quick(self):
        shapes = cells(1, 1) * 1000
        start = time.perf_counter()
        found = check_layers({Layer.URBAN: frame(Layer.URBAN, shapes)})
        assert len(found) == 999
        assert time.perf_counter() - start < 10

    def test_nothing_at_all(self):
        assert check_layers({}) == []


class TestLevels:
    def test_an_empty_layer_warns_and_an_empty_level_blocks(self, layers):
        none = {layer: frame.iloc[:0] for layer, frame in layers.items()}
        found = {one.layer: one.severity for one in check_layers(none)}
        assert {layer for layer, severity in found.items() if severity is Severity.WARNING} == {Layer.DEDICATED}
        found = check_layers({**layers, Layer.DEDICATED: none[Layer.DEDICATED]})
        assert [(one.code, one.severity) for one in found] == [(Code.LAYER_EMPTY, Severity.WARNING)]

    def test_grids_alone_are_checked_without_what_is_above(self, layers):
        assert check_layers({layer: layers[layer] for layer in (Layer.URBAN, Layer.RURAL)}) == []

    def test_a_dedicated_grid_outside_the_district_is_out_of_its_parent(self, layers):
        away = {layer: frame.copy() for layer, frame in layers.items()}
        away[Layer.DEDICATED].loc[0, "geometry"] = shapely.box(114, 41, 114.001, 41.001)
        (found,) = check_layers(away)
        assert found.code is Code.OUTSIDE_PARENT

    def test_the_same_code_in_two_layers_is_a_double(self, layers):
        twice = {layer: frame.copy() for layer, frame in layers.items()}
        code = layers[Layer.URBAN].code[0]
        parent = code[:-3]
        place = twice[Layer.DEDICATED].index[twice[Layer.DEDICATED].parent == parent][0]
        twice[Layer.DEDICATED].loc[place, "code"] = code
        (found,) = check_layers(twice)
        assert (found.code, found.codes) == (Code.DUPLICATE_CODE, (code,))


def test_incidents_are_counted(field):
    planted = planting.overlap(field)
    planting.code_scheme(field)
    point = planted.place.centroid
    lon, lat = [point.x, point.x, point.x + 0.1], [point.y, point.y, point.y]
    counted = {one.code: one.incidents for one in count_incidents(check_layers(field.layers), lon, lat)}
    assert counted == {Code.OVERLAP: 2, Code.CODE_SCHEME: None}
