"""Installation of the library without the extra ``service``, in a separate environment."""

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Distributions that only an extra installs.
EXTRAS_ONLY = {"fastapi", "sqlalchemy", "folium", "matplotlib", "esda", "scikit-learn", "uvicorn", "jinja2", "openpyxl"}

LIBRARY = """
import geopandas, shapely
import geogrid
grids = geogrid.read_layer(r"{grids}", geogrid.Layer.URBAN)
points = geopandas.GeoSeries([shapely.Point(113.298784, 40.090001), shapely.Point(0, 0)], index=["a", "b"], crs=4326)
print(geogrid.assign(points, grids).to_dict())
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter with geogrid and its required dependencies, at the locked versions."""
    folder = tmp_path_factory.mktemp("minimal")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        env={"npm_config_registry": "http://127.0.0.1:9", "GEOGRID_NPM_SECONDS": "1", "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    locked = re.findall(r"^([\w.-]+==[^\\\n]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    (folder / "constraints.txt").write_text("\n".join(locked), encoding="utf-8")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    arguments = ["-m", "pip", "install", "--quiet", "--constraint", folder / "constraints.txt", wheel]
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False)
    if re.search("Max retries|No matching distribution|Temporary failure", done.stderr):
        pytest.skip("The package index cannot be reached.")
    assert done.returncode == 0, done.stderr
    return python


def run(python, *arguments, folder):
    return subprocess.run([python, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_packages_of_extras_are_not_installed(python, tmp_path):
    names = run(python, "-m", "pip", "list", "--format=freeze", folder=tmp_path).stdout.lower()
    assert {line.split("==")[0] for line in names.split()} & EXTRAS_ONLY == set()


def test_layers_are_read_and_points_assigned(python, tmp_path):
    code = LIBRARY.format(grids=ROOT / "data" / "boundaries" / "urban.geojson")
    done = run(python, "-c", code, folder=tmp_path)
    assert done.stdout == "{'a': '140213051003008', 'b': None}\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["-m", "geogrid", "serve"], "service"),
        (["-m", "geogrid", "map", "heatmap", "out.html"], "maps"),
        (["-m", "geogrid", "demo"], "service"),
    ],
)
def test_command_error_names_the_missing_extra(python, tmp_path, arguments, extra):
    done = run(python, *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'geogrid[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_hot_spots_error_names_the_missing_extra(python, tmp_path):
    code = (
        "import geogrid, geopandas as g, shapely; geogrid.hot_spots(g.GeoSeries([shapely.box(0,0,1,1)], crs=4326), [1])"
    )
    assert "pip install 'geogrid[stats]'" in run(python, "-c", code, folder=tmp_path).stderr
