"""The documents agree with the program: calls, examples, commands and tables are executed or compared."""

import csv
import doctest
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from fastapi.testclient import TestClient

import geogrid
from geogrid.cli.main import cli
from geogrid.model import BASE_LAYERS
from geogrid.settings import Settings
from geogrid_api.app import create_app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LANGUAGES = ["en", "zh"]
#: Pages with calls of the API, and how many.
CALLING = {
    "README.md": 1,
    "README.zh-CN.md": 1,
    "docs/en/first-hour.md": 5,
    "docs/zh/first-hour.md": 5,
}
#: Pages whose examples need files of their own.
FRAMES = ["docs/en/how-to/frames.md", "docs/zh/how-to/frames.md"]
PAGES = sorted(str(path.relative_to(ROOT)) for path in DOCS.glob("??/**/*.md"))
DOCUMENTS = [
    "README.md",
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "data/boundaries/README.md",
    *PAGES,
]
_CALL = re.compile(r"```sh\n(curl .*?)```\n+(?:```json\n(.*?)```)?", re.DOTALL)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def client(store, key, tmp_path):
    app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'geogrid.db'}"))
    with TestClient(app) as client:
        yield client


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name):
    """Return the text of a page without fenced blocks."""
    return re.sub(r"^(```|:::).*?^\1$", "", read(name), flags=re.DOTALL | re.MULTILINE)


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


@pytest.mark.full_demo
@pytest.mark.parametrize("name", CALLING)
def test_calls_return_the_documented_answers(name, client, key):
    calls = _CALL.findall(read(name))
    assert len(calls) == CALLING[name]
    for command, expected in calls:
        answer = call(client, command, key)
        assert answer.status_code < 300, command
        assert expected, command
        assert answer.json() == json.loads(expected), command


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_of_the_first_hour_run(language, copy_demo, tmp_path, monkeypatch):
    copy_demo(tmp_path)
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text = read(f"docs/{language}/first-hour.md")
    (table,) = re.findall(r"`points\.csv`[^`]*```csv\n(.*?)```", text, re.DOTALL)
    Path("points.csv").write_text(table, encoding="utf-8")
    lines = re.findall(r"^(?:\.venv/bin/)?geogrid (.*)$", text, re.MULTILINE)
    assert len(lines) == 6
    for line in lines:
        words = shlex.split(line)
        # The tutorial lets the command ask for the password.
        asked = "a long enough password\n" if words[:2] == ["users", "add"] else None
        result = CliRunner().invoke(cli, [*words, *(["--password-stdin"] if asked else [])], input=asked)
        assert result.exit_code == 0, (line, result.output)
    with Path("assigned.csv").open(encoding="utf-8", newline="") as file:
        assigned = list(csv.reader(file))
    assert assigned[0] == ["id", "lng", "lat", "base_code", "dedicated_code", "status"]
    assert assigned[1] == ["007", "113.3058", "40.0912", "140213051003008", "", "inside"]
    assert Path("heat.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_resolve(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        file, _, _ = target.partition("#")
        assert target.startswith(("http", "#")) or (path.parent / file).exists(), target


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_is_short(name):
    assert len(read(name).splitlines()) <= 130


@pytest.mark.parametrize("script", ["locate_figure", "architecture_figure"])
def test_figures_are_up_to_date(script):
    command = [sys.executable, "-c", f"import {script}; print({script}.figure(), end='')"]
    drawn = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, check=True, env={"PYTHONUTF8": "1"})
    committed = DOCS / "images" / f"{script.removesuffix('_figure')}.svg"
    assert drawn.stdout.decode("utf-8") == committed.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", ["workflow", "roles"])
def test_tables_repeat_the_shipped_data(table, language):
    code = f"import doc_tables as t; p = t.page({language!r}, {table!r}).read_text('utf-8')\n"
    code += f"print(t.fill(p, {language!r}, {table!r}), end='')"
    command = [sys.executable, "-c", code]
    filled = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, check=True, env={"PYTHONUTF8": "1"})
    page = {"workflow": "loop.md", "roles": "access.md"}[table]
    assert filled.stdout.decode("utf-8") == read(f"docs/{language}/how-to/{page}")


@pytest.fixture
def frame_files(layers, tmp_path, monkeypatch):
    """The two files of the page on frames in the working directory; many of the reports are close together."""
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


@pytest.mark.parametrize("name", FRAMES)
def test_the_page_on_frames_is_short(name):
    assert 10 < len(re.findall(r"^(?:>>>|\.\.\.) ", read(name), re.MULTILINE)) < 25


@pytest.mark.usefixtures("frame_files")
@pytest.mark.parametrize("name", FRAMES)
def test_the_page_on_frames_runs(name):
    failures, _ = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert failures == 0
    for page in ("hotspots", "density", "heat"):
        assert "<script src=" not in Path(f"{page}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", *sorted({*PAGES} - {*FRAMES})])
def test_examples_run(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    failures, _ = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert failures == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_package_is_in_the_architecture(language):
    text = read(f"docs/{language}/architecture.md")
    for path in (ROOT / "geogrid").iterdir():
        if not path.name.startswith(("_", "py.typed", "data", ".")):
            assert f"| `geogrid.{path.stem}` |" in text, path.name


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("docs/en/")])
def test_english_pages_have_no_chinese_headings(name):
    headings = re.findall(r"^#+ .*$", prose(name), re.MULTILINE)
    assert headings
    assert not [heading for heading in headings if _CHINESE.search(heading)]


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("docs/zh/")])
def test_chinese_pages_are_chinese_and_have_an_english_twin(name):
    assert (ROOT / name.replace("docs/zh/", "docs/en/")).exists()
    paragraphs = [text for text in re.split(r"\n\s*\n", prose(name)) if re.search(r"[a-z]{3}", text)]
    # A paragraph without a Chinese character is a comment, a link target or a piece of code.
    english = [text for text in paragraphs if not _CHINESE.search(text) and len(text.split()) > 6]
    assert not english
