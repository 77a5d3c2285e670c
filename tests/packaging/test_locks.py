"""The lock files: hashes, no URLs, one version of each package."""

import itertools
import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-spark.lock"]
NPM_LOCKS = [ROOT / "maps" / "assets" / "package-lock.json", ROOT / "tests" / "data" / "npm" / "package-lock.json"]
every_npm_lock = pytest.mark.parametrize("lock", NPM_LOCKS, ids=["maps", "test data"])


def pins(name):
    """Return the requirement lines of a lock file with their markers."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9][\w.-]*==[^\\\n]+?)\s*\\$", text, flags=re.MULTILINE)


def canonical(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_python_locks_contain_no_url_and_no_path(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--find-links|--trusted|file:|(^|\s)/\w", text)


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name):
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(name))
    assert all("--hash=sha256:" in block for block in blocks)


def test_each_lock_contains_the_previous_one():
    # So that `make run` after `make test` installs nothing.
    for smaller, larger in itertools.pairwise(LOCKS):
        assert set(pins(smaller)) < set(pins(larger))


def test_every_declared_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, declared in [
        ("requirements.lock", project["dependencies"]),
        ("requirements-test.lock", project["dependencies"] + project["optional-dependencies"]["test"]),
        ("requirements-test.lock", project["optional-dependencies"]["docs"]),
        ("requirements-spark.lock", project["optional-dependencies"]["spark"]),
    ]:
        missing = {canonical(line) for line in declared} - {canonical(line) for line in pins(name)}
        assert not missing, f"make lock: {missing}"


@every_npm_lock
def test_npm_lock_has_hashes_and_no_urls(lock):
    assert "://" not in lock.read_text(encoding="utf-8")
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert fetched
    assert all("resolved" not in entry and entry["integrity"].startswith("sha512-") for entry in fetched.values())


@every_npm_lock
def test_npm_versions_are_exact(lock):
    manifest = json.loads((lock.parent / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in manifest["dependencies"].values())
