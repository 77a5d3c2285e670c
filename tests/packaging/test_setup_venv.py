"""The set-up script: errors, updates and the up-to-date case."""

import ast
import errno
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "setup_venv.py"


@pytest.fixture
def setup(monkeypatch, tmp_path):
    """Load the script as a module with an empty environment in another folder."""
    spec = importlib.util.spec_from_file_location("setup_venv", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "STATE", tmp_path / ".venv" / "state.json")
    monkeypatch.setattr(sys, "argv", ["setup_venv.py", "run"])
    return module


@pytest.fixture
def ready(setup, monkeypatch):
    """Create an environment that is up to date for a profile."""
    setup.PYTHON.parent.mkdir(parents=True)
    setup.PYTHON.touch()
    monkeypatch.setattr(setup, "has_assets", lambda: True)
    return setup._write_state


def test_old_python_gets_a_message():
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))
    pretend = f"import sys, runpy; sys.version_info = (3, 6, 9); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", pretend], check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "3.11" in done.stderr
    assert "3.6" in done.stderr


def test_missing_ensurepip_error_names_the_package(setup, monkeypatch, capfd):
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda _name: None)
    assert setup.main() == 2
    assert "python3-venv" in capfd.readouterr().err


def test_disk_space_error_states_the_sizes(setup, monkeypatch, capfd):
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 5_000_000}))
    assert setup.main() == 2
    assert "only 5 of the" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("code", "message"),
    [(errno.EACCES, "no write permission"), (errno.EROFS, "no write permission"), (errno.ENOSPC, "no space")],
)
def test_os_error_is_one_line(setup, monkeypatch, capfd, code, message):
    def refuse(*_args, **_options):
        raise OSError(code, "refused", "/somewhere")

    monkeypatch.setattr(setup.venv, "create", refuse)
    assert setup.main() == 2
    error = capfd.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken\nERROR: No matching distribution",
            "cannot be reached",
        ),
        ("ERROR: No matching distribution found for numpy==2.4.6", "lacks a locked version"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "differs from the lock file"),
        ("OSError: [Errno 28] No space left on device", "no space"),
        ("error: subprocess-exited\nsomething else", "something else"),
        ("", "no output"),
    ],
)
def test_pip_errors_are_explained(setup, output, message):
    assert message in setup.explain(output)
    assert "\n" not in setup.explain(output)


@pytest.mark.parametrize(
    ("installed", "profile", "expected"),
    [
        ("run", "run", True),
        ("test", "test", True),
        ("test", "run", True),
        ("run", "test", False),
        ("spark", "run", True),
        ("spark", "test", True),
        ("test", "spark", False),
    ],
)
def test_environment_is_ready_for_contained_profiles(setup, ready, installed, profile, expected):
    ready(installed)
    assert setup.is_ready(setup.read_state(), profile) is expected


def test_ready_environment_is_not_changed(setup, ready, monkeypatch, capfd):
    ready("run")
    monkeypatch.setattr(setup, "_pip", lambda *_args, **_options: pytest.fail("pip was run"))
    assert setup.main() == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("change", ["source", "place", "python"])
def test_changed_source_updates_the_environment(setup, ready, monkeypatch, tmp_path, change):
    ready("run")
    if change == "source":
        monkeypatch.setattr(setup, "SOURCES", [SCRIPT])
    elif change == "place":
        monkeypatch.setattr(setup, "ROOT", tmp_path)
    else:
        setup.PYTHON.unlink()
    assert not setup.is_ready(setup.read_state(), "run")


def test_missing_scripts_are_retried_and_reported(setup, ready, monkeypatch, capfd):
    ready("run")
    calls = []
    monkeypatch.setattr(setup, "has_assets", lambda: False)
    monkeypatch.setattr(setup, "_pip", lambda *_args, environment: calls.append(environment))
    assert setup.main() == 0
    assert calls == [{"GEOGRID_NPM_SECONDS": "10"}]
    assert "npm cannot be reached" in capfd.readouterr().out


def test_ready_environment_starts_without_an_index(setup, ready, monkeypatch):
    def refuse(*_args, **_options):
        raise setup.SetupError("away")

    ready("run")
    monkeypatch.setattr(setup, "has_assets", lambda: False)
    monkeypatch.setattr(setup, "_pip", refuse)
    assert setup.main() == 0


def test_damaged_state_is_ignored(setup, ready):
    setup.STATE.write_text("{", encoding="utf-8")
    assert setup.read_state() == {}
