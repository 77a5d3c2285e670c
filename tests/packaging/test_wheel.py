"""The content of the source distribution and of the wheel built from it."""

import configparser
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(kind, source, target):
    """Build without isolation and without npm, since only the file selection is tested."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target],
        cwd=source,
        env={**os.environ, "npm_config_registry": "http://127.0.0.1:9", "GEOGRID_NPM_SECONDS": "5"},
        check=True,
        capture_output=True,
    )
    (built,) = target.glob({"sdist": "*.tar.gz", "wheel": "*.whl"}[kind])
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    # Python 3.11.2 of Debian 12 has no filters yet; newer versions warn without them.
    options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(build("sdist", ROOT, folder)) as archive:
        archive.extractall(folder, **options)
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    return source


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build("wheel", sdist, folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def files_below(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


def test_source_distribution_contains_the_build_files(sdist):
    assert files_below(sdist) >= {
        "hatch_build.py",
        "maps/assets/package.json",
        "maps/assets/package-lock.json",
        "maps/assets/.npmrc",
        "data/demo/divisions.csv",
        "LICENSE",
    }


def test_wheel_contains_three_packages_only(wheel):
    folders = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    # "api" and "maps" would overwrite the files of other distributions.
    assert folders == {"geogrid", "geogrid_api", "geogrid_maps"}


@pytest.mark.parametrize("package", ["geogrid", "geogrid_api", "geogrid_maps"])
def test_packages_contain_py_typed(wheel, package):
    assert (wheel / package / "py.typed").is_file()
    assert (wheel / package / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("source", "package"),
    [("geogrid", "geogrid"), ("api/geogrid_api", "geogrid_api"), ("maps/geogrid_maps", "geogrid_maps")],
)
def test_wheel_contains_every_source_file(sdist, wheel, source, package):
    assert files_below(sdist / source) <= files_below(wheel / package)


@pytest.mark.parametrize("kind", ["boundaries", "reference"])
def test_data_is_inside_the_package(wheel, kind):
    assert files_below(ROOT / "data" / kind) == files_below(wheel / "geogrid" / "data" / kind)


def test_data_is_found_in_an_installed_wheel(wheel):
    said = subprocess.run(
        [sys.executable, "-c", "from geogrid.reference_files import data_path; print(data_path('reference'))"],
        cwd=wheel.parent,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert Path(said.strip()) == wheel / "geogrid" / "data" / "reference"


def test_wheel_contains_the_files_of_the_maps(wheel):
    for folder in ("static/vendor", "locales", "templates"):
        assert files_below(ROOT / "maps" / "geogrid_maps" / folder) == files_below(wheel / "geogrid_maps" / folder)


def test_commands_are_declared(wheel):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (path,) = wheel.glob("*.dist-info/entry_points.txt")
    declared = configparser.ConfigParser()
    declared.read(path, encoding="utf-8")
    assert dict(declared["console_scripts"]) == project["scripts"]
    assert dict(declared["geogrid.commands"]) == project["entry-points"]["geogrid.commands"]
