"""A district of another kind, by commands alone: Illinois, its counties as grids, in the time zone of Chicago.

Outlines: npm us-atlas (Census Bureau, simplified). The incidents are synthetic. One level of areas, codes of five
digits, English names, daylight saving.
"""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import pypdf
import pytest
import shapely
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import read_starting
from tests.support.county import DEMO_WORDS, own_process

FETCHED = Path(__file__).parents[1] / "data" / "npm" / "fetched"
CHICAGO = ZoneInfo("America/Chicago")
COUNTIES = 102

pytestmark = pytest.mark.skipif(
    not (FETCHED / "lock.sha256").is_file(), reason="npm was not reached: python tools/fetch_test_data.py"
)


def write_profile(path):
    """Write a profile with two layers, one level of words in English, and the zone of Chicago."""
    text = read_starting()[Profile.file]
    head, _, rest = text.partition("[layers.district]")
    head = re.sub(r"(?m)^name = .*$", 'name = "Illinois"', head)
    head = re.sub(r"(?m)^name_en = .*$", 'name_en = "Illinois"', head).replace("Asia/Shanghai", CHICAGO.key)
    layers = "".join(
        f'[layers.{layer}]\nname = "{name}"\nname_en = "{name}"\nborder = "{name} line"\nborder_en = "{name} line"\n'
        f"code = '{code}'\n\n"
        for layer, name, code in (("district", "state", "IL"), ("urban", "county", "17[0-9]{3}"))
    )
    path.write_text(head + layers + rest[rest.index("# 事件来源") :], encoding="utf-8")


def write_layers(folder):
    counties = gpd.read_file(FETCHED / "us-atlas" / "counties-10m.json", layer="counties").set_crs(
        4326, allow_override=True
    )
    counties = counties[counties["id"].str.startswith("17")]
    counties = counties.assign(geometry=shapely.make_valid(counties.geometry.to_numpy(), method="structure"))
    assert len(counties) == COUNTIES
    frame = counties[["id", "name", "geometry"]].rename(columns={"id": "code"})
    frame.to_file(folder / "counties.gpkg", layer="urban")
    outline = gpd.GeoDataFrame(
        {"code": ["IL"], "name": ["Illinois"]}, geometry=[shapely.union_all(frame.geometry)], crs=4326
    )
    outline.to_file(folder / "state.gpkg", layer="district")


def write_incidents(path):
    """Write one incident an hour around the two changes of the clock in 2025, in Cook County, with local times."""
    starts = (datetime(2025, 3, 8, 6, tzinfo=CHICAGO), datetime(2025, 11, 1, 6, tzinfo=CHICAGO))
    instants = [start.astimezone(ZoneInfo("UTC")) + timedelta(hours=hour) for start in starts for hour in range(48)]
    rows = [f"{instant.astimezone(CHICAGO).isoformat()},Z06,-87.70,41.84,hotline" for instant in instants]
    path.write_text("\n".join(["reported_at,category,lon,lat,source", *rows]), encoding="utf-8")
    return instants


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """The folder of a state prepared by commands, the times of its incidents, and a function that runs commands."""
    folder = tmp_path_factory.mktemp("illinois")
    write_profile(folder / "profile.toml")
    write_layers(folder)
    instants = write_incidents(folder / "2025.csv")

    def run(*arguments):
        with own_process():
            done = CliRunner(env={"GEOGRID_HOME": str(folder / "home")}).invoke(cli, list(map(str, arguments)))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    layers = [f"{layer}={folder / name}" for layer, name in (("district", "state.gpkg"), ("urban", "counties.gpkg"))]
    for command in (
        ["init", "--district", folder / "profile.toml"],
        ["layers", "import", *layers, "--label", "2025", "--fix", "--commit"],
        ["layers", "activate", "1"],
        ["incidents", "import", folder / "2025.csv", "--datum", "wgs84", "--commit"],
    ):
        done = run(*command)
        assert done.exit_code == 0, (command, done.output)
        assert not any(word in done.output for word in DEMO_WORDS)
    return folder, instants, run


def test_point_is_in_its_county(state):
    _, _, run = state
    found = json.loads(run("locate", "-87.70", "41.84", "--datum", "wgs84").output)
    assert found["base"] == {"code": "17031", "name": "Cook", "layer": "urban"}
    assert (found["street"], found["community"]) == (None, None)


def test_days_and_hours_are_those_of_the_clock(state):
    _, instants, run = state
    local = [instant.astimezone(CHICAGO) for instant in instants]
    for day in ("2025-03-09", "2025-11-02"):
        table = json.loads(run("kpi", "--from", day, "--to", day, "--format", "json").output)
        expected = sum(moment.date().isoformat() == day for moment in local)
        assert expected in (23, 25)
        assert table["total"]["counts"]["received"] == expected, day
    # The hour from one to two occurs twice on one day; the hour from two to three is missing on the other.
    for hour in (1, 2):
        found = run("kpi", "--hours", f"{hour}-{hour}", "--format", "json")
        assert found.exit_code == 0, found.output
        assert json.loads(found.output)["total"]["counts"]["received"] == sum(moment.hour == hour for moment in local)


def test_print_has_north_up_and_no_word_of_the_demo(state):
    folder, _, run = state
    for kind in ("heatmap", "density", "explorer"):
        out = folder / f"{kind}.pdf"
        done = run("map", kind, out, "--lang", "en")
        assert done.exit_code == 0, done.output
        text = "".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
        assert "Illinois" in text
        assert "EPSG:32616" in text
        assert not any(word in text for word in DEMO_WORDS)
    page = folder / "heat.html"
    assert run("map", "heatmap", page, "--lang", "en").exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "America/Chicago" in html
    assert not any(word in html for word in DEMO_WORDS)
