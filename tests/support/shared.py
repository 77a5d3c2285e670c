"""Files and databases that the worker processes of one test run share.

The process that starts the run makes the folder and removes it. pytest-xdist starts the workers with its environment.
"""

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

_FOLDER = "GEOGRID_TEST_SHARED"
#: A folder to use and keep, so that repeated runs do not build the demo again. Remove it when the demo changes.
_KEPT = "GEOGRID_TEST_KEEP"


def start():
    """Make the folder of this run. Call it in the process that starts the workers."""
    kept = os.environ.get(_KEPT)
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER] = kept or tempfile.mkdtemp(prefix="geogrid-tests-")


def stop():
    """Remove the folder of this run; in a kept folder only the markers of databases, which are dropped."""
    path = Path(os.environ.pop(_FOLDER))
    if not os.environ.get(_KEPT):
        shutil.rmtree(path, ignore_errors=True)
        return
    for marker in path.glob("postgresql*"):
        if marker.is_dir():
            shutil.rmtree(marker, ignore_errors=True)
        else:
            marker.unlink()


def folder():
    return Path(os.environ[_FOLDER])


def run_id():
    """Return a name for this run that is a part of an SQL identifier."""
    return folder().name.rpartition("-")[2].lower()


@contextmanager
def lock(name):
    """Hold a lock that only one worker process of the run has at a time."""
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build_once(name, build):
    """Return a folder that the first worker fills with ``build(folder)`` while the others wait."""
    path = folder() / name
    with lock(name):
        if not path.exists():
            part = folder() / f"{name}.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            started = time.monotonic()
            build(part)
            (part / "seconds").write_text(f"{time.monotonic() - started:.1f}\n")
            part.rename(path)
    return path
