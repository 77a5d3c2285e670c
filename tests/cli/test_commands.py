"""Exit statuses and error lines of the commands."""

import csv
import json
import socket

import pytest
from click.testing import CliRunner
from demos import SMALL
from sqlalchemy import update

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.demo import store_preparation as service
from geogrid.demo.store_preparation import prepare_demo
from geogrid.incidents.query import IncidentQuery
from geogrid.locate.locator import Locator
from geogrid.model import Generation, Layer, Point
from geogrid.services.key_figures import read_kpi
from geogrid.services.layer_generations import diff_generations
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid.store.generations import add_generation
from geogrid.store.tables import incidents


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def refused(capsys, *arguments):
    """Run a command that must fail, and return its error line."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


@pytest.mark.parametrize(
    ("point", "status"), [(("113.2988", "40.09"), 0), (("116.4", "39.9"), 1), (("-113.3", "40.09"), 1)]
)
def test_locate_exit_status_depends_on_the_point(home, point, status):
    assert CliRunner().invoke(cli, ["locate", *point, "--datum", "wgs84"]).exit_code == status


def test_import_with_refused_rows_exits_with_1(home):
    file = home / "rows.csv"
    header, row = "reported_at,category,lon,lat\n", "2022-01-01T08:00,Z01,113.3,40.09\n"
    file.write_text(header + row)
    assert CliRunner().invoke(cli, ["incidents", "import", str(file), "--datum", "wgs84"]).exit_code == 0
    file.write_text(header + row + row.replace("Z01", "Z99"))
    answer = CliRunner().invoke(cli, ["incidents", "import", str(file), "--datum", "wgs84"])
    assert answer.exit_code == 1
    assert "rows.csv:3: category" in answer.output


@pytest.mark.parametrize(("snap_m", "outside"), [("30", 0), ("0", 1)])
def test_import_uses_the_snap_distance_of_the_service(home, layers, monkeypatch, snap_m, outside):
    monkeypatch.setenv("GEOGRID_SNAP_M", snap_m)
    lon, lat = just_outside(layers)
    file = home / "rows.csv"
    file.write_text(f"reported_at,category,lon,lat\n2022-01-01T08:00,Z01,{lon},{lat}\n")
    answer = CliRunner().invoke(cli, ["incidents", "import", str(file), "--datum", "wgs84", "--commit"])
    assert f"accepted 接受 1 (outside the district 区外 {outside})" in answer.output


@pytest.mark.parametrize(("snap_m", "change"), [("30", 1), ("0", 0)])
def test_diff_uses_the_snap_distance_of_the_service(home, store, layers, monkeypatch, snap_m, change):
    """One incident is just outside, and the grid to which it is snapped gets another code."""
    monkeypatch.setenv("GEOGRID_SNAP_M", snap_m)
    lon, lat = just_outside(layers)
    (home / "rows.csv").write_text(f"reported_at,category,lon,lat\n2022-01-01T08:00,Z01,{lon},{lat}\n")
    monkeypatch.setenv("GEOGRID_DEFAULT_DATUM", "wgs84")
    before = renamed(store, layers, lon, lat)
    assert CliRunner().invoke(cli, ["incidents", "import", str(home / "rows.csv"), "--commit"]).exit_code == 0
    after = CliRunner().invoke(cli, ["layers", "diff", "1", "2"])
    assert f"responsible grid changes 换责任网格 {before + change:,}" in after.output


def just_outside(layers):
    """A point some metres east of the district."""
    shape = layers[Layer.DISTRICT].geometry.iloc[0]
    lon = shape.bounds[2]
    return lon + 1e-4, next(y for x, y in shape.exterior.coords if x == lon)


def renamed(store, layers, lon, lat):
    """Add a generation in which the grid next to a point has another code; return the number of moved incidents."""
    near = Locator(Generation(1, "test", synthetic=True), layers).locate(Point(lon, lat), "wgs84").base
    frames = dict(layers)
    frame = frames[near.layer].copy()
    frame.loc[frame["code"] == near.code, "code"] = f"{near.code[:12]}099"
    frames[Layer(near.layer)] = frame
    with store.write() as connection:
        add_generation(connection, frames, label="renamed")
    return diff_generations(store, 1, 2).change_hands


@pytest.mark.parametrize(
    "arguments",
    [
        ("locate", "nan", "40.09", "--datum", "wgs84"),
        ("locate", "40.09", "113.3", "--datum", "wgs84"),
        ("locate", "113.3", "40.09"),
        ("locate", "113.3", "40.09", "--datum", "mars"),
        ("keys", "add", " "),
        ("keys", "add", "two\nlines"),
        ("keys", "add", "half a sign \udcff"),
        ("serve", "--host", ".."),
        ("layers", "build-demo", "--out", "/proc/none"),
    ],
)
def test_error_is_one_line_and_status_2(home, capsys, arguments):
    assert refused(capsys, *arguments).startswith("geogrid: ")


def test_used_port_is_reported(home, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused(capsys, "serve", "--port", port)


@pytest.mark.parametrize("url", ["nonsense", "sqlite+nope:///x"])
def test_invalid_database_url_is_reported(monkeypatch, capsys, url):
    monkeypatch.setenv("GEOGRID_DATABASE_URL", url)
    assert "GEOGRID_DATABASE_URL" in refused(capsys, "kpi")


def test_key_id_above_the_maximum_is_refused(home):
    assert CliRunner().invoke(cli, ["keys", "revoke", "9" * 30]).exit_code == 2


def test_home_folder_with_url_characters_works(tmp_path):
    home = tmp_path / "a?b#c%41"
    store = Store(Settings(home=home).url)
    store.upgrade()
    store.close()
    assert (home / "geogrid.db").exists()


def test_concurrent_demo_commands_create_one_demo(tmp_path, monkeypatch):
    store = Store(f"sqlite:///{tmp_path / 'geogrid.db'}")
    store.upgrade()
    make_reports = service.make_reports

    def overtaken(*arguments, **options):
        monkeypatch.setattr(service, "make_reports", make_reports)
        assert prepare_demo(store, incidents=SMALL) is not None
        return make_reports(*arguments, **options)

    monkeypatch.setattr(service, "make_reports", overtaken)
    assert prepare_demo(store, incidents=SMALL) is None
    assert read_kpi(store, IncidentQuery()).received == SMALL
    store.close()


def test_closed_periods_are_frozen_and_told(home, store):
    def run(*arguments):
        return CliRunner().invoke(cli, list(arguments), catch_exceptions=False).output

    march = ("kpi", "--from", "2022-03-01", "--to", "2022-03-31")
    dry = run("incidents", "close-period", "2022-03-31")
    assert dry.count("frozen 定格 2022-0") == 3
    assert "Dry run" in dry
    assert "关账" not in run(*march)
    assert run("incidents", "close-period", "2022-03-31", "--commit").count("frozen 定格 2022-0") == 3
    before = json.loads(run(*march, "--format", "json"))
    assert before["total"]["recomputed"] is None
    with store.write() as connection:
        connection.execute(update(incidents).values(status="void"))
    after = json.loads(run(*march, "--format", "json"))
    assert after["total"]["snapshot"] is True
    assert after["total"]["counts"] == before["total"]["counts"]
    assert after["total"]["recomputed"]["counts"]["filed"] == 0
    filed = before["total"]["counts"]["filed"]
    assert f"restated since 关账后变动 total: filed {filed:,} → 0" in run(*march)
    row = next(csv.DictReader(run(*march, "--format", "csv").splitlines()))
    assert (row["snapshot"], row["filed"], row["now_filed"]) == ("True", str(filed), "0")


def test_kpi_writes_csv_and_json(home):
    arguments = ["kpi", "--from", "2022-03-01", "--to", "2022-03-31", "--by", "department", "--compare", "before"]
    rows = list(csv.DictReader(CliRunner().invoke(cli, [*arguments, "--format", "csv"]).output.splitlines()))
    body = json.loads(CliRunner().invoke(cli, [*arguments, "--format", "json"]).output)
    assert [row["department"] for row in rows] == [row["key"] for row in body["rows"]]
    assert sum(int(row["received"]) for row in rows) == body["total"]["counts"]["received"]
    assert rows[0]["before_in_time_rate_points"] != ""
    assert "按期处置率" in CliRunner().invoke(cli, arguments).output


def test_formula_like_names_are_text_in_csv(home, store):
    with store.write() as connection:
        connection.execute(update(incidents).where(incidents.c.id == 1).values(department="=1+1"))
    answer = CliRunner().invoke(cli, ["kpi", "--by", "department", "--format", "csv"])
    assert "\n'=1+1,1," in answer.output
