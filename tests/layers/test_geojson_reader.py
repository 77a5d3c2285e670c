"""Layer files that are not what they should be: refused with the file, the feature and the field."""

import json
import shutil

import pytest
import shapely

from geogrid.errors import FileError, GeogridError, LayerError
from geogrid.layers.geojson_reader import LAYER_FILES, read_generation, read_layer
from geogrid.model import Layer
from geogrid.resources import data_path

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
    return read_layer(path, layer)


def test_a_good_feature_is_read(tmp_path):
    frame = read(tmp_path, feature())
    assert frame["code"].tolist() == [CODE]
    assert frame.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (feature(code="1402130510010"), "15 digits"),
        (feature(code=int(CODE)), "not text"),
        (feature(name=None), "not text"),
        (feature(name=" "), "not text"),
        (feature(geometry=None), "missing or wrong"),
        (feature(geometry={"type": "Point", "coordinates": [113.3, 40.0]}), "not a polygon"),
        (feature(geometry={"type": "Polygon", "coordinates": []}), "not valid"),
        (feature(geometry={"type": "Polygon", "coordinates": [[[0, 0]]]}), "rings|missing or wrong"),
        (feature(geometry={"type": "Polygon", "coordinates": "no"}), "rings|missing or wrong"),
        (feature(geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}), "not valid"),
        (
            feature(geometry={"type": "Polygon", "coordinates": [[[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]]]}),
            "not degrees",
        ),
        (
            feature(geometry={"type": "Polygon", "coordinates": [[[40, 113], [41, 113], [41, 114], [40, 113]]]}),
            "not degrees",
        ),
        ({"type": "Feature"}, "missing or wrong"),
        (None, "missing or wrong"),
    ],
)
def test_a_bad_feature_is_named(tmp_path, bad, says):
    with pytest.raises(LayerError, match=f"urban.geojson, feature 2: .*({says})"):
        read(tmp_path, feature(code="140213051001002"), bad)


def test_a_dedicated_grid_has_a_kind(tmp_path):
    with pytest.raises(LayerError):
        read(tmp_path, feature(kind="palace"), layer=Layer.DEDICATED)
    assert read(tmp_path, feature(kind="school"), layer=Layer.DEDICATED)["kind"].tolist() == ["school"]


def test_a_code_stands_once(tmp_path):
    with pytest.raises(LayerError, match=f"{CODE} stands twice"):
        read(tmp_path, feature(), feature())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": 1}', "[" * 100_000, '{"features": [NaN]}'])
def test_what_is_no_geojson_is_refused(tmp_path, text):
    path = tmp_path / "urban.geojson"
    path.write_text(text)
    with pytest.raises(FileError, match=r"urban\.geojson"):
        read_layer(path, Layer.URBAN)


def test_a_missing_file_and_a_folder_in_its_place_are_named(tmp_path):
    with pytest.raises(FileError, match="is not there"):
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
        (Layer.URBAN, lambda found: found[0]["properties"].pop("parent"), "parent_unknown"),
        (Layer.URBAN, lambda found: found[0].update(geometry=found[1]["geometry"]), "overlap"),
        (Layer.DEDICATED, lambda found: found[0].update(geometry=found[1]["geometry"]), "overlap"),
    ],
)
def test_a_generation_that_breaks_its_rules_is_refused(folder, layer, edit, code):
    change(folder, layer, edit)
    with pytest.raises(GeogridError) as caught:
        read_generation(folder)
    assert caught.value.code == code
    assert LAYER_FILES[layer] in str(caught.value)
