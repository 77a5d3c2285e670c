"""Tests of the topology check: exactly the inserted faults are found, with location and size."""

import time

import faults
import numpy as np
import pytest
import shapely
from faults import CELL, cells, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.layers.topology import FindingCode as Code
from geogrid.layers.topology import Severity, check_layers, count_incidents
from geogrid.layers.topology.slivers import SEAMS_NAMED
from geogrid.model import Layer

NEAR = 1e-8
WARNINGS = {faults.multipart, faults.sliver, faults.seam}


def matches(found, inserted):
    """Return whether a finding matches an inserted fault: codes, size and point."""
    point = found.place and shapely.Point(found.place.lon, found.place.lat)
    return (
        found.code is inserted.code
        and set(found.codes) == set(inserted.codes)
        and (point is None if inserted.place is None else inserted.place.distance(point) < NEAR)
        and (
            found.area_m2 is None
            if inserted.area_m2 is None
            else found.area_m2 == pytest.approx(inserted.area_m2, 1e-5)
        )
    )


class TestDemo:
    def test_demo_has_no_findings(self, layers):
        assert check_layers(layers) == []

    def test_ten_faults_give_ten_findings(self, draft):
        inserted = [insert(draft) for insert in faults.COMMON_FAULTS]
        found = check_layers(draft.layers, faults.SCHEME)
        assert len(found) == 10
        for fault in inserted:
            assert sum(matches(one, fault) for one in found) == 1, fault

    @pytest.mark.parametrize("insert", faults.COMMON_FAULTS + faults.OTHER_FAULTS, ids=lambda insert: insert.__name__)
    def test_each_single_fault_is_found(self, draft, insert):
        inserted = insert(draft)
        (found,) = check_layers(draft.layers, faults.SCHEME)
        assert matches(found, inserted)
        assert found.severity is (Severity.WARNING if insert in WARNINGS else Severity.ERROR)
        assert all(code in found.message_zh and code in found.message_en for code in inserted.codes)

    def test_findings_are_sorted_errors_first(self, draft):
        for insert in faults.COMMON_FAULTS:
            insert(draft)
        found = check_layers(draft.layers, faults.SCHEME)
        turned = {layer: frame.iloc[::-1] for layer, frame in draft.layers.items()}
        assert [(one.code, set(one.codes)) for one in found] == [
            (one.code, set(one.codes)) for one in check_layers(turned, faults.SCHEME)
        ]
        assert [one.severity for one in found] == sorted((one.severity for one in found), reverse=False)

    @pytest.mark.parametrize("layer", [Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, Layer.URBAN, Layer.RURAL])
    def test_missing_area_is_gap_of_its_size(self, layers, layer):
        gone = layers[layer].iloc[3]
        rest = {**layers, layer: layers[layer].drop(index=3)}
        (gap,) = (found for found in check_layers(rest) if found.code is Code.GAP)
        assert gap.area_m2 == pytest.approx(faults.area_m2(gone.geometry), 1e-6)
        assert gone.geometry.contains(shapely.Point(gap.place.lon, gap.place.lat))
        assert gone.code not in gap.codes

    def test_bow_tie_does_not_affect_other_findings(self, draft):
        """Two corners are swapped; the missing half of the grid is not reported until the ring is repaired."""
        one, *_ = draft.border(same=True)
        layer = draft.base_layer(one)
        corners = list(shapely.convex_hull(draft.shape(layer, one)).exterior.coords)[:-1]
        corners[0], corners[1] = corners[1], corners[0]
        draft.put(layer, one, geometry=shapely.Polygon(corners))
        inserted = faults.gap(draft)
        found = check_layers(draft.layers, faults.SCHEME)
        assert {one.code for one in found} == {Code.RING_INVALID, Code.GAP}
        assert sum(matches(one, inserted) for one in found) == 1


class TestNoise:
    @pytest.mark.parametrize("decimals", [7, 6])
    def test_equal_rounding_gives_no_finding(self, layers, decimals):
        rounded = {layer: move(frame, lambda xy: xy.round(decimals)) for layer, frame in layers.items()}
        assert check_layers(rounded) == []

    @pytest.mark.parametrize("decimals", [7, 6])
    def test_separate_rounding_gives_one_warning_per_layer(self, layers, decimals):
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

    def test_node_on_long_border_of_neighbour_is_no_gap(self):
        """A map projection would show a gap of hundreds of square metres here."""
        wide = shapely.box(113.0, 40.0, 113.2, 40.05)
        above = [shapely.box(113.0, 40.05, 113.1, 40.1), shapely.box(113.1, 40.05, 113.2, 40.1)]
        assert check_layers({Layer.URBAN: frame(Layer.URBAN, [wide, *above])}) == []

    def test_many_seams_are_reported_as_noise(self, draft):
        for _ in range(3):
            faults.seam(draft)
        assert [one.code for one in check_layers(draft.layers, faults.SCHEME)] == [Code.GAP] * 3
        for _ in range(SEAMS_NAMED):
            faults.seam(draft)
        (found,) = check_layers(draft.layers, faults.SCHEME)
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
    def test_hole_or_overlap_is_found(self, columns, rows, cell, west, south, width, height, hole, outline):
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
        assert found.area_m2 == pytest.approx(faults.area_m2(spot), rel=1e-6, abs=2e-3)
        assert spot.contains(shapely.Point(found.place.lon, found.place.lat))
        assert layers[Layer.URBAN].code[cell] in found.codes

    def test_nested_areas_are_overlap(self):
        outer, inner = cells(1, 1)[0], shapely.box(113.002, 40.002, 113.004, 40.004)
        (found,) = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [outer, inner])})
        assert found.code is Code.OVERLAP
        assert found.area_m2 == pytest.approx(faults.area_m2(inner), rel=1e-6)

    def test_nearly_equal_shapes_are_duplicates(self):
        shape = cells(1, 1)[0]
        other = shapely.transform(shape, lambda xy: xy + 1e-7)
        (found,) = check_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [shape, other])})
        assert found.code is Code.DUPLICATE_SHAPE

    def test_thousand_duplicates_take_bounded_time(self):
        shapes = cells(1, 1) * 1000
        start = time.perf_counter()
        found = check_layers({Layer.URBAN: frame(Layer.URBAN, shapes)})
        assert len(found) == 999
        assert time.perf_counter() - start < 60

    def test_no_layers(self):
        assert check_layers({}) == []


class TestLevels:
    def test_empty_layer_is_warning_and_empty_level_is_error(self, layers):
        none = {layer: frame.iloc[:0] for layer, frame in layers.items()}
        found = {one.layer: one.severity for one in check_layers(none)}
        assert {layer for layer, severity in found.items() if severity is Severity.ERROR} == {
            Layer.DISTRICT,
            Layer.URBAN,
            Layer.RURAL,
        }
        found = check_layers({**layers, Layer.DEDICATED: none[Layer.DEDICATED]})
        assert [(one.code, one.severity) for one in found] == [(Code.LAYER_EMPTY, Severity.WARNING)]

    def test_grids_without_parent_layers(self, layers):
        assert check_layers({layer: layers[layer] for layer in (Layer.URBAN, Layer.RURAL)}) == []

    def test_dedicated_grid_outside_district(self, layers):
        away = {layer: frame.copy() for layer, frame in layers.items()}
        away[Layer.DEDICATED].loc[0, "geometry"] = shapely.box(114, 41, 114.001, 41.001)
        (found,) = check_layers(away)
        assert found.code is Code.OUTSIDE_PARENT

    def test_code_in_two_layers_is_duplicate(self, layers):
        twice = {layer: frame.copy() for layer, frame in layers.items()}
        code = layers[Layer.URBAN].code[0]
        parent = code[:-3]
        place = twice[Layer.DEDICATED].index[twice[Layer.DEDICATED].parent == parent][0]
        twice[Layer.DEDICATED].loc[place, "code"] = code
        (found,) = check_layers(twice)
        assert (found.code, found.codes) == (Code.DUPLICATE_CODE, (code,))


def test_incidents_are_counted(draft):
    inserted = faults.overlap(draft)
    faults.code_scheme(draft)
    point = inserted.place.centroid
    lon, lat = [point.x, point.x, point.x + 0.1], [point.y, point.y, point.y]
    counted = {one.code: one.incidents for one in count_incidents(check_layers(draft.layers, faults.SCHEME), lon, lat)}
    assert counted == {Code.OVERLAP: 2, Code.CODE_SCHEME: None}
