"""Tests of the import of files as layers and thematic layers."""

import pytest
import shapely

from geogrid.errors import FileError, LayerError
from geogrid.layers.files import FieldMapping
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, parse_source, read_sources
from geogrid.layers.topology import check_theme
from geogrid.model import Layer, ShapeKind
from tests.layers import corpus
from tests.layers.corpus import write

LINE = shapely.LineString([(113.29, 40.08), (113.30, 40.09)])
LINES = [LINE, shapely.MultiLineString([LINE, [(113.31, 40.08), (113.32, 40.09)]])]


@pytest.mark.parametrize("suffix", sorted(corpus.WRITERS))
def test_thematic_layer_keeps_columns(tmp_path, suffix):
    layer = corpus.frame()
    path = write(tmp_path, suffix, layer)
    imported = read_sources([LayerSource("idle_land", path)], ReadingOptions(datum=None))
    found = imported.themes["idle_land"]
    assert (found.theme.title, found.theme.shape) == ("消极空间", ShapeKind.POLYGON)
    assert found.frame["code"].tolist() == corpus.CODES
    assert [row["户数"] for row in found.frame["attributes"]] == [120, 95, 88]
    assert check_theme(found) == []


def test_lines_are_imported(tmp_path):
    layer = corpus.frame(shapes=LINES)
    path = write(tmp_path, "gpkg", layer)
    found = read_sources([LayerSource("lanes", path)], ReadingOptions(titles={"lanes": "小巷"})).themes["lanes"]
    assert (found.theme.shape, found.theme.title) == (ShapeKind.LINE, "小巷")
    assert [shape.geom_type for shape in found.frame.geometry] == ["LineString", "MultiLineString"]
    assert check_theme(found) == []
    with pytest.raises(LayerError) as caught:
        read_sources([LayerSource("urban", path)])
    assert caught.value.code == "geometry_type"


def test_table_named_like_layer_is_read(tmp_path):
    path = tmp_path / "office.gpkg"
    for name, count in (("urban", 1), ("dedicated", 3)):
        corpus.frame(shapes=[corpus.SQUARE, corpus.HOLED, corpus.TWO][:count]).to_file(path, driver="GPKG", layer=name)
    imported = read_sources([LayerSource("urban", path), LayerSource("dedicated", path)])
    assert {layer: len(frame) for layer, frame in imported.layers.items()} == {Layer.URBAN: 1, Layer.DEDICATED: 3}
    with pytest.raises(FileError, match="urban, dedicated"):
        read_sources([LayerSource("rural", path)])
    assert len(read_sources([LayerSource("rural", path)], ReadingOptions(table="urban")).layers[Layer.RURAL]) == 1


def test_column_mapping_by_layer(tmp_path):
    path = write(tmp_path, "gpkg", corpus.frame().assign(巷名=["甲巷", "乙巷", "丙巷"]))
    mappings = {"": FieldMapping(), "lanes": FieldMapping(name="巷名")}
    sources = [LayerSource("plots", path), LayerSource("lanes", path)]
    imported = read_sources(sources, ReadingOptions(mappings=mappings))
    assert imported.themes["plots"].frame["name"].tolist() == corpus.NAMES
    assert imported.themes["lanes"].frame["name"].tolist() == ["甲巷", "乙巷", "丙巷"]


@pytest.mark.parametrize("name", ["", "Lanes", "1st", "a-b", "x" * 41, "../up", "lanes; drop table areas", "街巷"])
def test_invalid_layer_names_are_refused(tmp_path, name):
    with pytest.raises(LayerError) as caught:
        read_sources([LayerSource(name, write(tmp_path, "gpkg", corpus.frame()))])
    assert caught.value.code == "layer_name"


def test_duplicate_layer_is_refused(tmp_path):
    path = write(tmp_path, "gpkg", corpus.frame())
    for layer in ("urban", "lanes"):
        with pytest.raises(LayerError) as caught:
            read_sources([LayerSource(layer, path), LayerSource(layer, path)])
        assert caught.value.code == "layer_twice"


@pytest.mark.parametrize("text", ["grids.zip", "=grids.zip", "urban=", "urban=none.zip"])
def test_source_without_layer_is_refused(text):
    with pytest.raises(FileError) as caught:
        parse_source(text)
    assert caught.value.field == "SOURCE"


def test_findings_of_thematic_layer(tmp_path):
    layer = corpus.frame(shapes=[shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), corpus.SQUARE, corpus.SQUARE])
    layer["网格编码"] = ["甲", "甲", "x" * 41]
    imported = read_sources([LayerSource("plots", write(tmp_path, "gpkg", layer))])
    found = check_theme(imported.themes["plots"], shapely.box(10, 10, 20, 20))
    assert [finding.code.value for finding in found] == [
        "duplicate_code",
        "code_length",
        "ring_invalid",
        "outside_district",
        "outside_district",
    ]
    assert {finding.layer for finding in found} == {"plots"}


def test_line_of_zero_length_is_finding(tmp_path):
    layer = corpus.frame(shapes=[shapely.LineString([(113, 40), (113, 40)]), LINE])
    imported = read_sources([LayerSource("lanes", write(tmp_path, "gpkg", layer))])
    assert [finding.code.value for finding in check_theme(imported.themes["lanes"])] == ["geometry_missing"]


def test_title_without_layer_is_refused(tmp_path):
    path = write(tmp_path, "gpkg", corpus.frame())
    with pytest.raises(LayerError) as caught:
        read_sources([LayerSource("lanes", path)], ReadingOptions(titles={"lanez": "小巷"}))
    assert (caught.value.code, caught.value.field) == ("layer_unknown", "title")
