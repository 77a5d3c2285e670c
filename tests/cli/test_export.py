"""``geogrid layers export``: files, folders and errors."""

import pyogrio
import pytest
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.layers.files import FieldMapping, read_file
from geogrid.layers.layer_source_reader import read_directory
from geogrid.model import Layer
from geogrid.reference_files import data_path
from geogrid.services.layer_import import import_layers


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def export(*arguments):
    return CliRunner().invoke(cli, ["layers", "export", *map(str, arguments)])


def refused(capsys, *arguments):
    """Run the command, which must fail, and return its error line."""
    with pytest.raises(SystemExit) as caught:
        main(["layers", "export", *map(str, arguments)])
    output = capsys.readouterr()
    assert (caught.value.code, output.out, output.err.count("\n")) == (2, "", 1)
    return output.err


@pytest.mark.parametrize("name", ["out.gpkg", "out.pmtiles", "deep/er/out.GPKG"])
def test_geopackage_contains_all_layers(home, name):
    answer = export(home / name)
    assert answer.exit_code == 0, answer.output
    assert "urban        1,073" in answer.output
    assert pyogrio.list_layers(home / name)[:, 0].tolist() == [layer.value for layer in Layer]


@pytest.mark.parametrize(("form", "suffix"), [("geojson", "geojson"), ("flatgeobuf", "fgb"), ("shapefile", "zip")])
def test_folder_contains_one_file_per_layer(home, form, suffix):
    answer = export(home / "out", "--format", form, "--layer", "street", "--layer", "village")
    assert answer.exit_code == 0, answer.output
    assert sorted(path.name for path in (home / "out").iterdir()) == [f"street.{suffix}", f"village.{suffix}"]


def test_shapefile_in_gbk_is_written(home):
    path = home / "网格.zip"
    answer = export(path, "--layer", "dedicated", "--encoding", "GBK", "--datum", "EPSG:4547")
    assert answer.exit_code == 0, answer.output
    raw = read_file(path, mapping=FieldMapping("code", "name", "parent", "kind"))
    assert (raw.features, raw.datum, raw.encoding) == (273, "epsg:4547", "gb18030")
    assert raw.frame["name"][0].endswith("示意）")


def test_existing_file_needs_force(home, capsys):
    path = home / "a.gpkg"
    path.write_text("mine")
    assert "exists already" in refused(capsys, path)
    assert path.read_text() == "mine"
    assert export(path, "--force").exit_code == 0
    (home / "out").mkdir()
    (home / "out" / "mine.txt").write_text("mine")
    assert export(home / "out", "--format", "flatgeobuf").exit_code == 0
    assert "exists already" in refused(capsys, home / "out", "--format", "flatgeobuf")
    assert export(home / "out", "--format", "flatgeobuf", "--force").exit_code == 0
    assert (home / "out" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.kml"], "suffix"),
        (["a"], "suffix"),
        (["a.fgb"], "one layer"),
        (["a.gpkg", "--format", "shapefile"], ".zip"),
        (["a", "--format", "gpkg"], ".gpkg"),
        (["a.gpkg", "--layer", "wards"], "No layer has this name"),
        (["a.gpkg", "--generation", "9"], "generation"),
        (["a.gpkg", "--datum", "gcj02"], "no EPSG code"),
        (["a.gpkg", "--datum", "mars"], "datum"),
        (["a.gpkg", "--encoding", "gbk"], "UTF-8"),
        (["a.pmtiles", "--datum", "cgcs2000"], "WGS 84"),
    ],
)
def test_error_is_one_line(home, capsys, arguments, message):
    assert message in refused(capsys, home / arguments[0], *arguments[1:])
    assert not (home / arguments[0]).exists()


def test_unwritable_path_is_reported(home, capsys):
    assert "cannot be written" in refused(capsys, "/proc/none/a.gpkg")


def test_generation_option_selects_the_generation(home, store):
    import_layers(store, read_directory(data_path("boundaries")), label="again", commit=True)
    answer = export(home / "a.gpkg", "--generation", "2")
    assert (answer.exit_code, "generation 版本 2" in answer.output) == (0, True)
