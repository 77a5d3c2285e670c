"""The shapes that every map shares."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest
import shapely

from geogrid.model import GRID_LAYERS, Generation, Layer
from geogrid_maps.district_shapes import prepare_shapes

PREFIX, SUFFIX = "const geogridAreas = ", ";\n"


@pytest.fixture(scope="module")
def drawn(shapes):
    assert shapes.script.startswith(PREFIX)
    assert shapes.script.endswith(SUFFIX)
    return json.loads(shapes.script.removeprefix(PREFIX).removesuffix(SUFFIX))


def test_every_area_is_in_the_script(drawn, layers):
    assert {name: len(areas) for name, areas in drawn.items()} == {
        "outline": 1, "water": 0, "streets": 18, "communities": 202, "labels": 18,
        "urban": 1073, "rural": 183, "dedicated": 273,
    }  # fmt: skip


def test_shapes_agree_with_the_layers_to_a_decimetre(drawn, layers):
    for layer in GRID_LAYERS:
        given = layers[layer].set_index("code").geometry
        for feature in drawn[layer][::40]:
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.hausdorff_distance(given[feature["id"]]) < 1e-6


def test_grid_has_its_community_street_and_area(drawn, layers):
    properties = drawn["urban"][0]["properties"]
    assert properties["street"] in set(layers[Layer.STREET]["name"])
    total = sum(feature["properties"]["km2"] for layer in ("urban", "rural") for feature in drawn[layer])
    assert total == pytest.approx(228.21, abs=0.1)


def test_label_points_are_inside_their_streets(drawn, layers):
    streets = layers[Layer.STREET].set_index("name").geometry
    for label in drawn["labels"]:
        lat, lon = label["at"]
        assert streets[label["text"]].contains(shapely.Point(lon, lat))


def test_version_changes_only_with_the_shapes(shapes, layers):
    again = prepare_shapes(Generation(2, "other", synthetic=False), layers)
    assert again.version == shapes.version
    frame = layers[Layer.STREET]
    renamed = {**layers, Layer.STREET: frame.assign(name=["x", *frame["name"][1:]])}
    assert prepare_shapes(shapes.generation, renamed).version != shapes.version


def test_script_has_no_start_of_a_tag(shapes, layers):
    frame = layers[Layer.STREET]
    evil = {**layers, Layer.STREET: frame.assign(name="</script><script>")}
    assert "<" not in prepare_shapes(shapes.generation, evil).script


def test_district_shapes_are_frozen(shapes):
    assert shapes.__dataclass_params__.frozen
    assert {field.name for field in fields(shapes)} >= {"script", "version", "bounds"}


def test_outline_of_300_000_vertices_is_simplified(shapes, layers):
    ring = np.linspace(0, 2 * np.pi, 300_000, endpoint=False)
    radius = 0.05 + 0.002 * np.sin(500 * ring)
    outline = shapely.Polygon(np.column_stack([113.3 + radius * np.cos(ring), 40.08 + radius * np.sin(ring)]))
    changed = layers | {Layer.DISTRICT: layers[Layer.DISTRICT].assign(geometry=[outline])}
    (drawn,) = prepare_shapes(shapes.generation, changed).outline
    geometry = shapely.geometry.shape(drawn.geometry)
    assert 5_000 < shapely.get_num_coordinates(geometry) <= 20_000
    assert abs(geometry.area / outline.area - 1) < 1e-3
    assert geometry.is_valid
