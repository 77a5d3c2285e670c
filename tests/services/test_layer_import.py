"""Single files and thematic layers become drafts; the rest comes from the generation that they are based on."""

import json
import shutil

import pytest
import shapely

from geogrid.errors import ConflictError, InputError, LayerError, NotFoundError
from geogrid.layers.geojson_writer import file_columns, write_layer
from geogrid.layers.import_sources import LayerSource, ReadingOptions, read_directory, read_sources
from geogrid.model import Layer
from geogrid.resources import data_path
from geogrid.services import layers as service
from geogrid.services.layer_import import import_layers
from tests.layers import corpus
from tests.layers.corpus import write

pytestmark = pytest.mark.both_databases

LINES = [shapely.LineString([(113.29, 40.08), (113.30, 40.09)]), shapely.LineString([(113.30, 40.08), (113.31, 40.09)])]


def bring(store, path, *layers, label="draft", commit=True, **more):
    options = ReadingOptions(datum=more.pop("datum", None))
    brought = read_sources([LayerSource(layer, path) for layer in layers], options)
    return import_layers(store, brought, label=label, commit=commit, **more)


@pytest.fixture
def lanes(tmp_path):
    return write(tmp_path, "gpkg", corpus.frame(shapes=LINES), name="lanes")


@pytest.fixture
def plots(tmp_path):
    return write(tmp_path, "gpkg", corpus.frame(), name="plots")


def test_one_file_takes_the_place_of_its_layer(store, layers, tmp_path):
    renamed = layers[Layer.RURAL].assign(name=lambda frame: frame["name"] + "（新）")
    path = tmp_path / "rural.geojson"
    write_layer(path, file_columns(renamed, "rural"))
    done = bring(store, path, "rural", datum="wgs84")
    assert (done.brought, done.base, done.sound) == (["rural"], 1, True)
    assert done.generation.base == 1
    found = service.diff_generations(store, 1, done.generation.id)
    assert found.layers[Layer.RURAL].renamed == sorted(layers[Layer.RURAL]["code"])
    assert all(changes.is_empty for layer, changes in found.layers.items() if layer != Layer.RURAL)
    assert found.change_hands == 0


def test_a_layer_that_does_not_fit_its_base_is_stopped(store, layers, tmp_path):
    path = tmp_path / "urban.geojson"
    write_layer(path, file_columns(layers[Layer.URBAN].iloc[1:], "urban"))
    done = bring(store, path, "urban", datum="wgs84")
    assert (done.sound, done.generation) == (False, None)
    assert [finding.code.value for finding in done.findings] == ["gap"]
    assert len(service.list_generations(store)) == 1


def test_thematic_layers_live_with_their_generation(store, lanes, plots):
    first = bring(store, lanes, "lanes", label="lanes").generation.id
    second = bring(store, plots, "idle_land", label="plots", base=first).generation.id
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


def test_lines_that_run_elsewhere(store, lanes, tmp_path):
    first = bring(store, lanes, "lanes", label="lanes").generation.id
    moved = write(tmp_path, "gpkg", corpus.frame(shapes=[LINES[0], LINES[0]]), name="moved")
    second = bring(store, moved, "lanes", label="moved", base=first).generation.id
    assert service.diff_generations(store, first, second).layers["lanes"].redrawn == corpus.CODES[1:2]


def test_a_folder_keeps_the_thematic_layers_of_its_base(store, lanes):
    first = bring(store, lanes, "lanes", label="lanes").generation.id
    brought = read_directory(data_path("boundaries"))
    done = import_layers(store, brought, label="again", commit=True, base=first)
    assert list(service.load_themes(store, done.generation.id)) == ["lanes"]


def test_what_cannot_be_based(store, lanes):
    with pytest.raises(NotFoundError):
        bring(store, lanes, "lanes", base=99)
    bring(store, lanes, "lanes")
    with pytest.raises(ConflictError):
        bring(store, lanes, "lanes", commit=False)


def test_an_empty_store_needs_all_seven_layers(new_store, lanes):
    with pytest.raises(LayerError) as caught:
        bring(new_store, lanes, "lanes")
    assert caught.value.code == "layers_missing"
    assert "urban" in caught.value.message


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "\x1b[31mred", "a" * 201])
def test_a_label_that_no_list_could_show(store, lanes, label):
    with pytest.raises(InputError) as caught:
        bring(store, lanes, "lanes", label=label)
    assert (caught.value.code, caught.value.field) == ("label", "label")
    assert len(service.list_generations(store)) == 1


@pytest.mark.parametrize("title", ["\x1b[31mred", "a" * 101])
def test_a_title_that_no_list_could_show(lanes, title):
    with pytest.raises(LayerError) as caught:
        read_sources([LayerSource("lanes", lanes)], ReadingOptions(titles={"lanes": title}))
    assert (caught.value.code, caught.value.field) == ("title", "title")


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\x1b[31mred"])
def test_words_of_a_folder_that_no_table_could_keep_are_findings(store, tmp_path, text):
    folder = tmp_path / "folder"
    shutil.copytree(data_path("boundaries"), folder)
    content = json.loads((folder / "urban.geojson").read_text("utf-8"))
    content["features"][0]["properties"]["name"] = text
    (folder / "urban.geojson").write_text(json.dumps(content))
    done = import_layers(store, read_directory(folder), label="folder", commit=True)
    assert [finding.code.value for finding in done.findings] == ["name_missing"]
    assert done.generation is None
