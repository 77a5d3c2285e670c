"""The tool that fetches public test data."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NPM = Path("tests", "data", "npm")


@pytest.fixture
def clone(tmp_path):
    """Create the part of a clone that the tool needs, without fetched data."""
    names = ["tools/fetch_test_data.py", "hatch_build.py", "pyproject.toml"]
    for name in [*names, *(NPM / name for name in ("package.json", "package-lock.json", ".npmrc"))]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def fetch(clone):
    """Run the tool without a reachable package index."""
    return subprocess.run(
        [sys.executable, clone / "tools" / "fetch_test_data.py"],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_unreachable_index_is_reported_with_status_0(clone):
    done = fetch(clone)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the tests that need it skip: no Node.js from the package index" in done.stdout
    assert not (clone / NPM / "fetched").exists()


def test_present_data_is_not_fetched_again(clone):
    stamp = clone / NPM / "fetched" / "lock.sha256"
    stamp.parent.mkdir()
    stamp.write_text(hashlib.sha256((clone / NPM / "package-lock.json").read_bytes()).hexdigest(), encoding="ascii")
    done = fetch(clone)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_changed_lock_is_fetched(clone):
    stamp = clone / NPM / "fetched" / "lock.sha256"
    stamp.parent.mkdir()
    stamp.write_text("0" * 64, encoding="ascii")
    assert "not fetched" in fetch(clone).stdout
