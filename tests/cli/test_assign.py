"""``geogrid assign``."""

import json

import pytest
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.reference_files import data_path

POINTS = "id,lng,lat\n001,113.3058,40.0912\n002,116.4,39.9\n"


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    (tmp_path / "in.csv").write_text(POINTS)
    return tmp_path


def run(home, *arguments, out="out.csv"):
    return CliRunner().invoke(cli, ["assign", str(home / "in.csv"), str(home / out), *arguments])


def rows(home):
    return [line.split(",")[-3:] for line in (home / "out.csv").read_text().splitlines()[1:]]


def test_points_are_assigned_to_grids(home):
    done = run(home, "--datum", "gcj02")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "inside 网格内 1, border 边界上 0, outside 范围外 1, refused 拒绝 0" in done.stderr
    assert rows(home) == [['"140213051003008"', "", '"inside"'], ["", "", '"outside"']]


def test_refused_rows_exit_with_1_and_are_listed_in_a_file(home):
    with (home / "in.csv").open("a") as file:
        file.write("003,40.09,113.3\n")
    done = run(home, "--datum", "gcj02")
    assert done.exit_code == 1
    assert "out.csv.refused.csv" in done.stderr
    side = (home / "out.csv.refused.csv").read_text()
    assert side == "row,code,reason\n3,coordinates_swapped,Longitude and latitude are the wrong way round.\n"


def test_layers_option_selects_the_columns(home):
    assert run(home, "--datum", "gcj02", "--layers", "dedicated").exit_code == 0
    assert (home / "out.csv").read_text().splitlines()[0] == '"id","lng","lat","dedicated_code","status"'
    assert rows(home)[0][-2:] == ["", '"inside"']


def test_generation_options_select_the_generation(home):
    assert run(home, "--datum", "gcj02", "--generation", "1").exit_code == 0
    assert run(home, "--datum", "gcj02", "--as-of", "2022-03-01", out="b.csv").exit_code == 0
    assert (home / "out.csv").read_bytes() == (home / "b.csv").read_bytes()


def test_polygons_option_needs_no_database(tmp_path, monkeypatch):
    home = tmp_path / "nowhere"
    monkeypatch.setenv("GEOGRID_HOME", str(home))
    (tmp_path / "in.csv").write_text(POINTS)
    streets = str(data_path("boundaries", "streets.geojson"))
    options = ["--polygons", streets, "--code-field", "code", "--polygons-datum", "wgs84"]
    done = run(tmp_path, "--datum", "gcj02", *options)
    assert done.exit_code == 0, done.output
    assert "overlap" not in done.stderr
    assert not home.exists()
    assert (tmp_path / "out.csv").read_text() == (
        '"id","lng","lat","code","status"\n'
        '"001","113.3058","40.0912","140213051","inside"\n"002","116.4","39.9",,"outside"\n'
    )


def test_overlapping_polygons_are_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path / "nowhere"))
    (tmp_path / "in.csv").write_text(POINTS)
    ring = [[113, 40], [114, 40], [114, 41], [113, 41], [113, 40]]
    features = [
        {"type": "Feature", "properties": {"no": no}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for no in ("9", "10")
    ]
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    options = ["--polygons", str(tmp_path / "p.geojson"), "--code-field", "no", "--polygons-datum", "wgs84"]
    done = run(tmp_path, "--datum", "gcj02", *options)
    assert done.exit_code == 0, done.output
    assert "overlap" in done.stderr
    # Codes are compared as text: 10 is before 9.
    assert '"001","113.3058","40.0912","10","inside"' in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--datum", "mars"],
        ["--datum", "wgs84", "--layers", "street"],
        ["--datum", "wgs84", "--generation", "99"],
        ["--datum", "wgs84", "--generation", "1", "--as-of", "2022-01-01"],
        ["--datum", "wgs84", "--code-field", "x"],
        ["--datum", "wgs84", "--polygons", str(data_path("boundaries", "streets.geojson"))],
        ["--datum", "wgs84", "--polygons", str(data_path("boundaries", "streets.geojson")), "--layers", "base"],
        ["--datum", "wgs84", "--lon", "id", "--lat", "height"],
    ],
)
def test_error_is_one_line_and_status_2(home, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["assign", str(home / "in.csv"), str(home / "out.csv"), *arguments])
    output = capsys.readouterr()
    assert (caught.value.code, output.out, output.err.count("\n")) == (2, "", 1)
    assert not list(home.glob("out*"))


def test_missing_folder_is_reported(home, capsys):
    (home / "file").write_text("")
    with pytest.raises(SystemExit) as caught:
        main(["assign", str(home / "in.csv"), str(home / "file" / "out.csv"), "--datum", "wgs84"])
    assert caught.value.code == 2
    assert "out.csv" in capsys.readouterr().err
