"""Fetch public test data by a committed npm lock file into an untracked folder.

If npm cannot be reached, a message is printed, and the tests that need the data are skipped.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
NPM = ROOT / "tests" / "data" / "npm"
TARGET = NPM / "fetched"
#: Checksum of the lock file, written last, so that an interrupted copy is not taken for a complete one.
STAMP = TARGET / "lock.sha256"
FILES = {
    "axe-core": ("LICENSE", "axe.min.js"),
    "us-atlas": ("LICENSE", "counties-10m.json"),
    "vega-datasets": ("datapackage.json", "data/zipcodes.csv"),  # the first contains the licence of each file
}


def main() -> int:
    """Fetch missing data. The exit status is always 0, since the tests can run without the data."""
    checksum = hashlib.sha256((NPM / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == checksum:
        return 0
    hook = _load_hook()
    try:
        with tempfile.TemporaryDirectory(prefix="geogrid-data-") as folder:
            _fetch(hook, Path(folder))
    except (hook.FetchError, OSError, subprocess.SubprocessError) as error:
        print(f"测试数据未能下载，相应测试将跳过 · test data not fetched, the tests that need it skip: {_brief(error)}")
        return 0
    STAMP.write_text(checksum, encoding="ascii")
    return 0


def _fetch(hook: ModuleType, work: Path) -> None:
    """Install Node.js from the Python package index into `work`, and fetch the packages with its npm."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    node = project["tool"]["hatch"]["build"]["hooks"]["custom"]["node"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", "--no-input"]
    subprocess.run([*pip, "--target", str(work / "node"), node], check=True, capture_output=True)  # noqa: S603 - fixed arguments
    sys.path.insert(0, str(work / "node"))
    hook.npm_ci(NPM, work)
    shutil.rmtree(TARGET, ignore_errors=True)
    for package, names in FILES.items():
        for name in names:
            (TARGET / package / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(work / "node_modules" / package / name, TARGET / package / name)


def _load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("_geogrid_hatch_build", ROOT / "hatch_build.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _brief(error: Exception) -> str:
    return "no Node.js from the package index." if isinstance(error, subprocess.SubprocessError) else str(error)


if __name__ == "__main__":
    sys.exit(main())
