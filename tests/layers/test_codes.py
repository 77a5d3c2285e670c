"""Code schemes, parents from a column, from the code or by position, and layers that are absent."""

import json
import re

import pytest
import shapely
import small_district as district

from geogrid.errors import FileError, LayerError
from geogrid.layers.area_tree import AreaTree
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.generation_file_reader import LAYER_FILES, read_generation
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, read_directory, read_sources
from geogrid.layers.topology import check_layers
from geogrid.model import Layer
from geogrid.services.layer_generations import load_layers
from geogrid.services.layer_import import import_layers
from geogrid.store.layers import load_area_tree

#: Codes of streets contain the district before the hyphen; the parents of grids are in their column.
SCHEME = CodeScheme(
    {
        Layer.DISTRICT: re.compile("[A-Z]{2}"),
        Layer.STREET: re.compile("(?P<parent>[A-Z]{2})-[A-Z]"),
        Layer.URBAN: re.compile("[0-9]{18}"),
    }
)
VARIANTS = ["bare", "with_streets", "with_communities", "mixed"]


def without_parents(layers):
    return {layer: frame.assign(parent=None) for layer, frame in layers.items()}


def complete(layers):
    """Return the layers with an empty frame for each that is absent."""
    return {layer: layers.get(layer, layers[Layer.DISTRICT].iloc[:0]) for layer in Layer}


def codes_of(findings):
    return [(finding.code.value, finding.codes) for finding in findings]


def edit(layers, layer, row, **values):
    frame = layers[layer].copy()
    for name, value in values.items():
        frame.loc[row, name] = value
    return {**layers, layer: frame}


@pytest.mark.parametrize("code", ["", ".", "..", "-1", "=1", "a b", "a/b", "网格", "1" * 41, "a\n"])
def test_unsafe_codes_match_no_scheme(code):
    assert not ANY_CODES.matches(Layer.URBAN, code)
    assert not CodeScheme({Layer.URBAN: re.compile(r"[\s\S]*")}).matches(Layer.URBAN, code)


@pytest.mark.parametrize("code", ["1", "A.b-c_D", "_1", "9" * 40])
def test_any_other_code_is_permitted(code):
    assert ANY_CODES.matches(Layer.URBAN, code)


@pytest.mark.parametrize("name", VARIANTS)
def test_districts_without_some_layers_have_no_findings(name):
    layers = getattr(district, name)()
    found = [one for one in check_layers(complete(layers)) if one.code.value != "layer_empty"]
    assert found == []


def test_gap_in_communities_of_a_mixed_district_is_found():
    layers = district.mixed()
    layers[Layer.COMMUNITY] = layers[Layer.COMMUNITY].iloc[:1]
    found = check_layers(layers)
    assert {one.code.value for one in found} == {"gap", "parent_unknown"}
    gap = next(one for one in found if one.code.value == "gap")
    assert shapely.box(*district.box(1, 2).bounds).contains(shapely.Point(gap.place.lon, gap.place.lat))


def test_faults_of_codes_and_parents_name_the_row_and_a_remedy():
    layers = district.with_streets()
    layers = edit(layers, Layer.STREET, 0, code="dq-w")
    layers = edit(layers, Layer.URBAN, 7, parent="DQ-X")
    first, *_ = layers[Layer.URBAN]["code"]
    layers = edit(layers, Layer.URBAN, 6, parent=first)
    found = [one for one in check_layers(complete(layers), SCHEME) if one.code.value != "layer_empty"]
    assert ("code_scheme", ("dq-w",)) in codes_of(found)
    assert ("parent_layer", (district.grid_code(3, 0), first)) in codes_of(found)
    assert ("parent_unknown", (district.grid_code(3, 1),)) in codes_of(found)
    assert all("correct" in one.message_en and "请" in one.message_zh for one in found if one.geometry is None)
    assert not any("digits" in one.message_en for one in found)


def test_parent_in_code_and_in_column_must_agree():
    layers = edit(district.with_streets(), Layer.STREET, 0, code="AB-W")
    assert ("code_parent", ("AB-W", "DQ")) in codes_of(check_layers(layers, SCHEME))


def test_cycle_of_parents_is_a_finding():
    layers = district.mixed()
    layers = edit(layers, Layer.STREET, 0, parent="C.1")
    assert ("parent_layer", ("DQ-W", "C.1")) in codes_of(check_layers(layers))
    tree = AreaTree({"a": "b", "b": "a"})
    assert tree.lineage("a") == ("a", "b")


def test_parents_come_from_the_code_if_the_column_is_missing(tmp_path):
    layers = district.with_streets()
    layers[Layer.STREET] = layers[Layer.STREET].assign(parent=None)
    imported = read_directory(district.write_folder(tmp_path / "own", layers), SCHEME)
    assert imported.layers[Layer.STREET]["parent"].tolist() == ["DQ", "DQ"]


@pytest.mark.parametrize("name", VARIANTS)
def test_missing_parents_are_inferred_by_position_with_a_note(new_store, tmp_path, name):
    layers = getattr(district, name)()
    folder = district.write_folder(tmp_path / "own", without_parents(layers))
    done = import_layers(new_store, read_directory(folder), label="own", commit=True)
    assert done.sound
    assert len(done.notes) == len(layers) - 1
    assert all("no column names the parents" in note for note in done.notes)
    with new_store.read() as connection:
        tree = load_area_tree(connection, [done.generation])
    assert tree.parents == AreaTree.of(layers).parents


def test_folder_replaces_the_layers_of_the_base(store, tmp_path):
    folder = district.write_folder(tmp_path / "own", district.with_streets())
    done = import_layers(store, read_directory(folder), label="own", commit=True)
    assert done.sound
    assert {layer: count for layer, count in done.areas.items() if count} == {"district": 1, "street": 2, "urban": 8}


def test_single_layers_can_be_dropped(new_store, tmp_path):
    district.activate(new_store, tmp_path / "own", district.with_streets())
    path = district.write_folder(tmp_path / "new", district.bare()) / LAYER_FILES[Layer.URBAN]
    imported = read_sources([LayerSource("urban", path)], ReadingOptions("wgs84"))
    kept = import_layers(new_store, imported, label="kept", commit=True)
    assert kept.areas["street"] == 2
    done = import_layers(new_store, imported, label="dropped", commit=True, dropped=["street"])
    assert (done.sound, done.areas["street"]) == (True, 0)
    with pytest.raises(LayerError) as caught:
        import_layers(new_store, imported, label="other", commit=True, dropped=["village"])
    assert caught.value.field == "drop"


def test_layer_outside_the_profile_is_refused(new_store, tmp_path):
    folder = district.write_folder(tmp_path / "own", district.mixed())
    with pytest.raises(LayerError) as caught:
        import_layers(new_store, read_directory(folder, SCHEME), label="own", commit=True, scheme=SCHEME)
    assert "layers.community" in caught.value.remedy


@pytest.mark.parametrize("missing", [Layer.DISTRICT, Layer.URBAN])
def test_outline_and_grids_are_required(tmp_path, missing):
    layers = district.with_streets()
    del layers[missing]
    folder = district.write_folder(tmp_path / "own", layers)
    for read in (read_directory, read_generation):
        with pytest.raises(FileError) as caught:
            read(folder)
        assert LAYER_FILES[missing] in caught.value.message


def test_strict_reader_returns_empty_frames_for_absent_layers(tmp_path):
    layers = read_generation(district.write_folder(tmp_path / "own", district.with_streets()))
    assert {layer: len(frame) for layer, frame in layers.items() if len(frame)} == {
        Layer.DISTRICT: 1,
        Layer.STREET: 2,
        Layer.URBAN: 8,
    }


def test_strict_reader_refuses_parent_of_the_same_layer(tmp_path):
    layers = edit(district.with_streets(), Layer.STREET, 0, parent="DQ-E")
    with pytest.raises(LayerError) as caught:
        read_generation(district.write_folder(tmp_path / "own", layers))
    assert caught.value.code == "parent_unknown"


def test_stored_generation_has_only_the_layers_of_the_district(new_store, tmp_path):
    district.activate(new_store, tmp_path / "own", district.with_streets(), SCHEME)
    _, layers = load_layers(new_store)
    assert {layer for layer, frame in layers.items() if len(frame)} == {Layer.DISTRICT, Layer.STREET, Layer.URBAN}
    content = json.loads((tmp_path / "own" / "urban.geojson").read_text("utf-8"))
    assert sorted(layers[Layer.URBAN]["code"]) == [feature["id"] for feature in content["features"]]
