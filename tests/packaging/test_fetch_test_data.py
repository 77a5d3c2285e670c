"""Fetching the public data that tests read: once, and without it the tests go on."""

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
    """Lay out what the tool needs of a clone, with nothing fetched."""
    names = ["tools/fetch_test_data.py", "hatch_build.py", "pyproject.toml"]
    for name in [*names, *(NPM / name for name in ("package.json", "package-lock.json", ".npmrc"))]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def fetch(clone):
    """Run the tool where no package index answers."""
    return subprocess.run(
        [sys.executable, clone / "tools" / "fetch_test_data.py"],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_it_goes_on_and_says_so_where_nothing_can_be_reached(clone):
    done = fetch(clone)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the tests that need it skip: no Node.js from the package index" in done.stdout
    assert not (clone / NPM / "fetched").exists()


def test_what_is_there_is_not_fetched_again(clone):
    stamp = clone / NPM / "fetched" / "lock.sha256"
    stamp.parent.mkdir()
    stamp.write_text(hashlib.sha256((clone / NPM / "package-lock.json").read_bytes()).hexdigest(), encoding="ascii")
    done = fetch(clone)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_another_lock_is_fetched(clone):
    stamp = clone / NPM / "fetched" / "lock.sha256"
    stamp.parent.mkdir()
    stamp.write_text("0" * 64, encoding="ascii")
    assert "not fetched" in fetch(clone).stdout
