"""Tests of the conversion from any format to standard files."""

import json

import faults
import pytest

from geogrid.layers.export import ExportFormat, write_export
from geogrid.layers.files import FieldMapping, read_file
from geogrid.layers.generation_file_reader import read_layer
from geogrid.layers.geojson_writer import file_columns, write_layer
from geogrid.layers.standard_columns import standard_frame
from geogrid.model import Layer

DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}


@pytest.mark.parametrize("layer", [Layer.URBAN, Layer.DEDICATED, Layer.VILLAGE])
@pytest.mark.parametrize("suffix", DRIVERS)
def test_round_trip_keeps_every_vertex(tmp_path, layers, layer, suffix):
    """A round trip through each format does not move any vertex."""
    frame = layers[layer].iloc[:50].reset_index(drop=True)
    imported = frame.rename(columns={"code": "网格编码", "name": "网格名称"}).drop(columns=["parent", "synthetic"])
    imported = imported.dropna(axis=1, how="all")
    path = tmp_path / f"imported{suffix}"
    # Ten bytes of a Shapefile column name hold only 网格编.
    short = {"网格编码": "WGBM", "网格名称": "WGMC"} if suffix == ".shp" else {}
    imported.rename(columns=short).to_file(path, driver=DRIVERS[suffix], encoding="utf-8" if short else None)
    raw = read_file(path, datum="wgs84" if suffix == ".geojson" else None)
    out = tmp_path / "standard.geojson"
    write_layer(out, file_columns(standard_frame(raw, layer, faults.SCHEME), layer))
    again = read_layer(out, layer)
    for column in ("code", "name", "parent", "kind"):
        assert again[column].tolist() == frame[column].tolist()
    assert (again.geometry.normalize() == frame.geometry.normalize()).all()


def test_gcj02_geojson_is_converted_to_wgs84(tmp_path):
    ring = [[113.3058, 40.0912], [113.3158, 40.0912], [113.3158, 40.1012], [113.3058, 40.0912]]
    feature = {
        "type": "Feature",
        "properties": {"id": "140213051001001"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "amap.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    frame = standard_frame(read_file(path, datum="gcj02", mapping=FieldMapping(code="id")), Layer.URBAN, faults.SCHEME)
    assert frame["parent"].tolist() == ["140213051001"]
    assert frame["name"].tolist() == ["140213051001001"]
    assert frame.total_bounds[0] == pytest.approx(113.29878, abs=1e-5)


AWKWARD = {
    "类型": "甲",
    "layer": "二层",
    "编号": "7",
    "名称": "旧名",
    "上级": "某",
    "Name": "x",
    "fid": 3,
    "generation": 5,
}


@pytest.mark.parametrize("form", ["gpkg", "geojson", "flatgeobuf", "shapefile"])
@pytest.mark.parametrize("layer", [Layer.DEDICATED, None])
def test_exported_file_with_other_columns_is_read_again(tmp_path, layers, form, layer):
    frame = layers[Layer.DEDICATED].iloc[:5].assign(attributes=[AWKWARD] * 5)
    path = tmp_path / f"a{ExportFormat(form).suffix}"
    write_export(path, {"dedicated": frame}, ExportFormat(form))
    again = standard_frame(read_file(path, datum="wgs84"), layer, faults.SCHEME).sort_values("code", ignore_index=True)
    assert again["code"].tolist() == frame["code"].tolist()
    assert again["name"].tolist() == frame["name"].tolist()
    assert again["kind"].tolist() == frame["kind"].tolist()
    taken = {"Name": "Name_2", "fid": "fid_2"}
    attributes = {taken.get(name, name): value for name, value in AWKWARD.items()}
    parents = [{}] * 5 if layer else [{"parent": parent} for parent in frame["parent"]]
    assert again["attributes"].tolist() == [{**attributes, **parent} for parent in parents]


@pytest.mark.parametrize("layer", [Layer.URBAN, Layer.DISTRICT])
def test_unused_kind_or_parent_becomes_attribute(tmp_path, layer):
    path = tmp_path / "a.geojson"
    square = {"type": "Polygon", "coordinates": [[[113.3, 40], [113.4, 40], [113.4, 40.1], [113.3, 40]]]}
    words = {"类型": "混合", "上级编码": "140213051001", "layer": "底图", "synthetic": "否"}
    properties = {"编码": "140213051001001", **words}
    feature = {"type": "Feature", "properties": properties, "geometry": square}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    frame = standard_frame(read_file(path, datum="wgs84"), layer, faults.SCHEME)
    kept = {"layer": "底图", "类型": "混合"}
    assert frame["attributes"].tolist() == [kept if layer is Layer.URBAN else {**kept, "上级编码": "140213051001"}]
    assert frame["synthetic"].tolist() == [False]


def test_unstorable_characters_of_json_are_replaced(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[113.3, 40], [113.4, 40], [113.4, 40.1], [113.3, 40]]]}
    properties = {"code": "1", "a\0": "\0b", "c\ud800": "\udfff", "d": {"e": [1, "二"]}, "f": 10**30}
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": properties, "geometry": square}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    frame = standard_frame(read_file(path, datum="wgs84"), None)
    kept = {"a\ufffd": "\ufffdb", "c?": "?", "d": '{"e": [1, "二"]}', "f": 10**30}
    assert frame["attributes"].tolist() == [kept]
    for form in ExportFormat:
        write_export(tmp_path / f"out{form.suffix}", {"plots": frame}, form)
