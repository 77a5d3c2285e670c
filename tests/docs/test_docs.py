"""The documents say what is so: every call is made, every example run, every command and setting named."""

import doctest
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from fastapi.testclient import TestClient

import geogrid
from geogrid.cli.main import cli
from geogrid.constants import Language
from geogrid.incidents.query import FIELDS
from geogrid.model import BASE_LAYERS, Permission
from geogrid.permissions import load_roles
from geogrid.settings import Settings
from geogrid_api.app import create_app

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
READMES = ["README.md", "README.zh-CN.md"]
LINKING = [
    "CONTRIBUTING.md",
    "data/boundaries/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
_CALL = re.compile(r"```sh\n(curl .*?)```\n+(?:```json\n(.*?)```)?", re.DOTALL)


@pytest.fixture
def client(store, key, tmp_path):
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'geogrid.db'}"))
    with TestClient(app) as client:
        yield client


def call(client, command, key):
    """Make the call that a curl command describes."""
    words = shlex.split(command.replace("\\\n", " ").replace("$KEY", key))[1:]
    options = {"-X": ["GET"], "-H": [], "-d": [None]}
    addresses = []
    while words:
        word = words.pop(0)
        options[word].append(words.pop(0)) if word in options else addresses.append(word)
    headers = dict(header.split(": ", 1) for header in options["-H"])
    path = addresses[0].removeprefix("http://127.0.0.1:8000")
    return client.request(options["-X"][-1], path, headers=headers, content=options["-d"][-1])


@pytest.mark.parametrize("name", READMES)
def test_the_calls_of_the_readme_answer_what_it_says(name, client, key):
    calls = _CALL.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(calls) == 5
    for command, expected in calls:
        answer = call(client, command, key)
        assert answer.status_code < 300, command
        if expected:
            assert answer.json() == json.loads(expected), command


@pytest.mark.parametrize("name", [*READMES, *LINKING])
def test_links_lead_somewhere(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert target.startswith("http") or (path.parent / target).exists(), target


def test_the_figure_of_the_locating_is_what_the_library_builds():
    command = [sys.executable, "-c", "import locate_figure; print(locate_figure.figure(), end='')"]
    drawn = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, check=True)
    assert drawn.stdout.decode("utf-8") == (ROOT / "docs" / "images" / "locate.svg").read_text(encoding="utf-8")


def test_the_table_of_the_loop_is_what_the_workflow_says():
    command = [sys.executable, "-c", "import loop_tables as t; print(t.fill(t.PAGE.read_text('utf-8')), end='')"]
    filled = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, check=True, env={"PYTHONUTF8": "1"})
    assert filled.stdout.decode("utf-8") == (ROOT / "docs" / "loop.md").read_text(encoding="utf-8")


@pytest.fixture
def tutorial_files(layers, tmp_path, monkeypatch):
    """The two files of the tutorial in the working directory: grids, and reports of which many lie in one place."""
    base = pd.concat([layers[layer] for layer in BASE_LAYERS], ignore_index=True)
    grids = gpd.GeoDataFrame(base[["code", "name", "geometry"]], crs="EPSG:4326").to_crs("EPSG:4547")
    grids.to_file(tmp_path / "grids.gpkg")
    rng = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(base.geometry)
    spread = rng.uniform((west, south), (east, north), (3000, 2))
    crowd = rng.normal((113.3, 40.09), 0.005, (1000, 2))
    lng, lat = geogrid.from_wgs84(*np.vstack([crowd, spread]).T, "gcj02")
    pd.DataFrame({"lng": lng.round(6), "lat": lat.round(6)}).to_csv(tmp_path / "reports.csv", index=False)
    monkeypatch.chdir(tmp_path)


def test_the_tutorial_is_short():
    text = TUTORIAL.read_text(encoding="utf-8")
    assert 10 < len(re.findall(r"^(?:>>>|\.\.\.) ", text, re.MULTILINE)) < 25


@pytest.mark.usefixtures("tutorial_files")
def test_the_tutorial_runs():
    failures, _ = doctest.testfile(str(TUTORIAL), module_relative=False, encoding="utf-8")
    assert failures == 0
    for name in ("hotspots", "density", "heat"):
        assert "<script src=" not in Path(f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted({*(ROOT / "docs").glob("*.md")} - {TUTORIAL}), ids=lambda path: path.name)
def test_examples_of_the_docs_run(path):
    failures, _ = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert failures == 0


def commands(group, prefix):
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{prefix} {name}")
            else:
                yield f"{prefix} {name}"


def test_every_command_is_documented():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    found = list(commands(cli, "geogrid"))
    assert len(found) >= 11
    assert sorted(found) == sorted(re.findall(r"^\| `(geogrid [^`]+)`", text, re.MULTILINE))


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    settings = {f"GEOGRID_{name.upper()}" for name in Settings.model_fields}
    assert settings == set(re.findall(r"^\| `(GEOGRID_\w+)`", text, re.MULTILINE))


def test_every_filter_is_documented():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for field in FIELDS.values():
        assert f"| `{field.parameter}` | {field.description[Language.ZH]} | {field.description[Language.EN]} |" in text


def test_the_table_of_roles_is_what_the_data_say():
    roles = load_roles()
    marks = [["●" if permission in rule.permissions else "" for rule in roles.values()] for permission in Permission]
    rows = [
        ["permission", *(f"{rule.name} `{role}`" for role, rule in roles.items())],
        ["---", *(":-:" for _ in roles)],
        *([f"`{permission}`", *found] for permission, found in zip(Permission, marks, strict=True)),
    ]
    table = "\n".join(re.sub(" +", " ", f"| {' | '.join(row)} |") for row in rows)
    assert table in (ROOT / "docs" / "access.md").read_text(encoding="utf-8")


def test_every_module_of_the_library_stands_in_the_picture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in (ROOT / "geogrid").iterdir():
        if not path.name.startswith(("_", "py.typed", "data", ".")):
            assert re.search(rf"^  {path.name}", text, re.MULTILINE), path.name
