"""Tests of the strict GeoJSON reader: errors name the file, the feature and the field."""

import json
import shutil

import faults
import pytest
import shapely

from geogrid.errors import FileError, GeogridError, LayerError
from geogrid.layers.generation_file_reader import LAYER_FILES, read_generation, read_layer
from geogrid.model import Layer
from geogrid.reference_files import data_path

CODE = "140213051001001"
SQUARE = json.loads(shapely.to_geojson(shapely.box(113.3, 40.09, 113.31, 40.1)))


def feature(geometry=SQUARE, **properties):
    return {
        "type": "Feature",
        "properties": {"code": CODE, "name": "网格", "parent": CODE[:12], **properties},
        "geometry": geometry,
    }


def read(tmp_path, *features, layer=Layer.URBAN):
    path = tmp_path / "urban.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return read_layer(path, layer, faults.SCHEME)


def test_valid_feature_is_read(tmp_path):
    frame = read(tmp_path, feature())
    assert frame["code"].tolist() == [CODE]
    assert frame.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (feature(code="1402130510010"), "does not match"),
        (feature(code=int(CODE)), "not a text"),
        (feature(name=None), "not a text"),
        (feature(name=" "), "not a text"),
        (feature(geometry=None), "missing or has a wrong value"),
        (feature(geometry={"type": "Point", "coordinates": [113.3, 40.0]}), "not a polygon"),
        (feature(geometry={"type": "Polygon", "coordinates": []}), "not valid"),
        (feature(geometry={"type": "Polygon", "coordinates": [[[0, 0]]]}), "rings|missing or has a wrong value"),
        (feature(geometry={"type": "Polygon", "coordinates": "no"}), "rings|missing or has a wrong value"),
        (feature(geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}), "not valid"),
        (
            feature(geometry={"type": "Polygon", "coordinates": [[[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]]]}),
            "not longitude and latitude in degrees",
        ),
        (
            feature(geometry={"type": "Polygon", "coordinates": [[[40, 113], [41, 113], [41, 114], [40, 113]]]}),
            "not longitude and latitude in degrees",
        ),
        ({"type": "Feature"}, "missing or has a wrong value"),
        (None, "missing or has a wrong value"),
    ],
)
def test_invalid_feature_is_refused(tmp_path, bad, says):
    with pytest.raises(LayerError, match=f"urban.geojson, feature 2: .*({says})"):
        read(tmp_path, feature(code="140213051001002"), bad)


def test_dedicated_grid_requires_kind(tmp_path):
    with pytest.raises(LayerError):
        read(tmp_path, feature(kind="palace"), layer=Layer.DEDICATED)
    assert read(tmp_path, feature(kind="school"), layer=Layer.DEDICATED)["kind"].tolist() == ["school"]


def test_duplicate_code_is_refused(tmp_path):
    with pytest.raises(LayerError, match=f"{CODE} occurs twice"):
        read(tmp_path, feature(), feature())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": 1}', "[" * 100_000, '{"features": [NaN]}'])
def test_other_content_is_refused(tmp_path, text):
    path = tmp_path / "urban.geojson"
    path.write_text(text)
    with pytest.raises(FileError, match=r"urban\.geojson"):
        read_layer(path, Layer.URBAN)


def test_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(FileError, match="is missing"):
        read_layer(tmp_path / "urban.geojson", Layer.URBAN)
    (tmp_path / "urban.geojson").mkdir()
    with pytest.raises(FileError, match="cannot be read"):
        read_layer(tmp_path / "urban.geojson", Layer.URBAN)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(data_path("boundaries"), tmp_path / "layers")
    return tmp_path / "layers"


def change(folder, layer, edit):
    path = folder / LAYER_FILES[layer]
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content["features"])
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("layer", "edit", "code"),
    [
        (Layer.COMMUNITY, lambda found: found[0]["properties"].update(parent="140213"), "parent_unknown"),
        (Layer.URBAN, lambda found: found[0]["properties"].update(parent="140213999001"), "parent_unknown"),
        (Layer.URBAN, lambda found: found[0].update(geometry=found[1]["geometry"]), "overlap"),
        (Layer.DEDICATED, lambda found: found[0].update(geometry=found[1]["geometry"]), "overlap"),
    ],
)
def test_inconsistent_generation_is_refused(folder, layer, edit, code):
    change(folder, layer, edit)
    with pytest.raises(GeogridError) as caught:
        read_generation(folder, faults.SCHEME)
    assert caught.value.code == code
    assert LAYER_FILES[layer] in str(caught.value)
