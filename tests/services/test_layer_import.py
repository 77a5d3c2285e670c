"""Tests of layer imports: single files and thematic layers, completed from the base generation."""

import json
import shutil

import pytest
import shapely

from geogrid.errors import ConflictError, InputError, LayerError, NotFoundError
from geogrid.layers.geojson_writer import file_columns, write_layer
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, read_directory, read_sources
from geogrid.model import Layer
from geogrid.reference_files import data_path
from geogrid.services import layer_generations as service
from geogrid.services.layer_import import import_layers
from tests.layers import corpus
from tests.layers.corpus import write

pytestmark = pytest.mark.both_databases

LINES = [shapely.LineString([(113.29, 40.08), (113.30, 40.09)]), shapely.LineString([(113.30, 40.08), (113.31, 40.09)])]


def import_file(store, path, *layers, label="draft", commit=True, **more):
    options = ReadingOptions(datum=more.pop("datum", None))
    imported = read_sources([LayerSource(layer, path) for layer in layers], options)
    return import_layers(store, imported, label=label, commit=commit, **more)


@pytest.fixture
def lanes(tmp_path):
    return write(tmp_path, "gpkg", corpus.frame(shapes=LINES), name="lanes")


@pytest.fixture
def plots(tmp_path):
    return write(tmp_path, "gpkg", corpus.frame(), name="plots")


def test_imported_layer_replaces_that_of_the_base(store, layers, tmp_path):
    renamed = layers[Layer.RURAL].assign(name=lambda frame: frame["name"] + "（新）")
    path = tmp_path / "rural.geojson"
    write_layer(path, file_columns(renamed, "rural"))
    done = import_file(store, path, "rural", datum="wgs84")
    assert (done.brought, done.base, done.sound) == (["rural"], 1, True)
    assert done.generation.base == 1
    found = service.diff_generations(store, 1, done.generation.id)
    assert found.layers[Layer.RURAL].renamed == sorted(layers[Layer.RURAL]["code"])
    assert all(changes.is_empty for layer, changes in found.layers.items() if layer != Layer.RURAL)
    assert found.change_hands == 0


def test_layer_that_does_not_match_its_base_is_refused(store, layers, tmp_path):
    path = tmp_path / "urban.geojson"
    write_layer(path, file_columns(layers[Layer.URBAN].iloc[1:], "urban"))
    done = import_file(store, path, "urban", datum="wgs84")
    assert (done.sound, done.generation) == (False, None)
    assert [finding.code.value for finding in done.findings] == ["gap"]
    assert len(service.list_generations(store)) == 1


def test_thematic_layers_belong_to_their_generation(store, lanes, plots):
    first = import_file(store, lanes, "lanes", label="lanes").generation.id
    second = import_file(store, plots, "idle_land", label="plots", base=first).generation.id
    assert list(service.load_themes(store, 1)) == []
    assert list(service.load_themes(store, second)) == ["idle_land", "lanes"]
    kept = service.load_themes(store, second)["lanes"]
    assert kept.theme.title == "街巷（街长、巷长制）"
    assert list(kept.frame.geometry) == LINES
    assert kept.frame["attributes"].tolist() == [{"户数": 120}, {"户数": 95}]
    found = service.diff_generations(store, first, second)
    assert (found.themes_added, found.themes_removed, found.layers["lanes"].is_empty) == (["idle_land"], [], True)
    empty = read_sources([])
    third = import_layers(store, empty, label="third", commit=True, base=second, dropped=["idle_land"])
    assert list(service.load_themes(store, third.generation.id)) == ["lanes"]
    with pytest.raises(LayerError) as caught:
        import_layers(store, empty, label="fourth", commit=True, base=second, dropped=["roads"])
    assert caught.value.code == "layer_unknown"


def test_moved_lines_are_reported_as_redrawn(store, lanes, tmp_path):
    first = import_file(store, lanes, "lanes", label="lanes").generation.id
    moved = write(tmp_path, "gpkg", corpus.frame(shapes=[LINES[0], LINES[0]]), name="moved")
    second = import_file(store, moved, "lanes", label="moved", base=first).generation.id
    assert service.diff_generations(store, first, second).layers["lanes"].redrawn == corpus.CODES[1:2]


def test_folder_import_keeps_thematic_layers_of_the_base(store, lanes):
    first = import_file(store, lanes, "lanes", label="lanes").generation.id
    imported = read_directory(data_path("boundaries"))
    done = import_layers(store, imported, label="again", commit=True, base=first)
    assert list(service.load_themes(store, done.generation.id)) == ["lanes"]


def test_unknown_base_and_repeated_label_are_refused(store, lanes):
    with pytest.raises(NotFoundError):
        import_file(store, lanes, "lanes", base=99)
    import_file(store, lanes, "lanes")
    with pytest.raises(ConflictError):
        import_file(store, lanes, "lanes", commit=False)


def test_empty_database_needs_outline_and_grids(new_store, lanes):
    with pytest.raises(LayerError) as caught:
        import_file(new_store, lanes, "lanes")
    assert caught.value.code == "layers_missing"
    assert "urban" in caught.value.message


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "\x1b[31mred", "a" * 201])
def test_unprintable_label_is_refused(store, lanes, label):
    with pytest.raises(InputError) as caught:
        import_file(store, lanes, "lanes", label=label)
    assert (caught.value.code, caught.value.field) == ("label", "label")
    assert len(service.list_generations(store)) == 1


@pytest.mark.parametrize("title", ["\x1b[31mred", "a" * 101])
def test_unprintable_title_is_refused(lanes, title):
    with pytest.raises(LayerError) as caught:
        read_sources([LayerSource("lanes", lanes)], ReadingOptions(titles={"lanes": title}))
    assert (caught.value.code, caught.value.field) == ("title", "title")


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\x1b[31mred"])
def test_unstorable_names_are_findings(store, tmp_path, text):
    folder = tmp_path / "folder"
    shutil.copytree(data_path("boundaries"), folder)
    content = json.loads((folder / "urban.geojson").read_text("utf-8"))
    content["features"][0]["properties"]["name"] = text
    (folder / "urban.geojson").write_text(json.dumps(content))
    done = import_layers(store, read_directory(folder), label="folder", commit=True)
    assert [finding.code.value for finding in done.findings] == ["name_missing"]
    assert done.generation is None
