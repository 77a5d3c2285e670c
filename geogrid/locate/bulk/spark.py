"""The files of a folder, shared out by Spark.

Workers get lists of files and, once each, the index; no row passes through Spark. Each file is done by the same
function as on one machine, `geogrid.locate.bulk.folder.assign_stored_file`, so the output is the same.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from geogrid.errors import SetupError
from geogrid.locate.bulk.folder import assign_stored_file, list_versions
from geogrid.locate.bulk.storage import make_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from geogrid.locate.bulk.folder import FileResult, FolderTask
    from geogrid.locate.bulk.storage import StoredFile

_JAVA: Final = 17
#: A task a file, unless there are very many.
_MOST_TASKS: Final = 10_000
_POLL_S: Final = 0.5
#: What a caller may change: no web page that anybody could open, and no bar beside ours.
_SETTINGS: Final = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_CAUSE: Final = re.compile(r"^[\w.]*(?:Error|Exception): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SparkRunner:
    """Shares files out by Spark; an engine for `geogrid.locate.bulk.folder.assign_folder`.

    Parameters
    ----------
    master
        Such as ``local[2]`` or ``spark://host:7077``; by default what Spark's own settings say.
    settings
        Of Spark, by name.
    """

    master: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, work: FolderTask, entries: list[StoredFile], tell: Callable[[int], None]) -> list[FileResult]:
        """Do the work of some files.

        Raises
        ------
        SetupError
            If PySpark or Java is missing, or Spark gives up.
        """
        if not entries:
            return []
        _check_machine()
        with _context(self.master, self.settings) as context:
            shared, finished = context.broadcast(work), context.accumulator(0)
            tasks = min(len(entries), _MOST_TASKS)
            # The largest first, so that no core is left with a large one in the end.
            ordered = sorted(entries, key=lambda entry: -entry.size)
            lists = context.parallelize([ordered[task::tasks] for task in range(tasks)], tasks)
            with _watching(finished, tell):
                return list(lists.flatMap(partial(_assign_list, shared, finished, work.versions)).collect())


def _assign_list(
    shared: Any,  # noqa: ANN401 - Spark broadcasts have no types
    finished: Any,  # noqa: ANN401 - an accumulator, likewise
    versions: tuple[str, str],
    entries: list[StoredFile],
) -> Iterator[FileResult]:
    """Do a list of files, in a worker."""
    if list_versions() != versions:
        raise SetupError("The workers have another version of geogrid or pyarrow.", code="version_differs")
    for entry in entries:
        yield assign_stored_file(shared.value, entry)
        finished.add(1)


def _check_machine() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise SetupError(
            "Spark needs PySpark and Java 17 or newer.", code="extra_missing", remedy="pip install 'geogrid[spark]'"
        )
    # Under spark-submit Java runs already.
    if "PYSPARK_GATEWAY_PORT" not in os.environ and _java_version() < _JAVA:
        raise SetupError(
            "Spark needs Java 17 or newer, and it is not found.",
            code="java_missing",
            remedy="Install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME.",
        )


def _java_version() -> int:
    """Return the version of the Java that Spark would take, or 0 if there is none."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    if not java:
        return 0
    try:
        said = subprocess.run([str(java), "-version"], capture_output=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(rb'version "(\d+)', said.stderr)
    return int(found[1]) if found else 0


@contextmanager
def _context(master: str | None, settings: Mapping[str, str]) -> Iterator[Any]:
    """Start Spark, and stop it. What it logs goes to a file, which is named if it gives up."""
    # By default Spark takes any python3, and not that of this environment.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    pyspark, errors = _load()
    conf = pyspark.SparkConf().setAppName("geogrid assign").setAll({**_SETTINGS, **settings}.items())
    if master:
        conf.setMaster(master)
    handle, log = tempfile.mkstemp(prefix="geogrid-spark-", suffix=".log")
    with (
        os.fdopen(handle, "wb") as file,
        _told(errors, log),
        _java(pyspark, conf, file) as gateway,
        _told(errors, log),  # while Java can still say why
    ):
        context = pyspark.SparkContext(conf=conf, gateway=gateway)
        try:
            yield context
        finally:
            with suppress(*errors):
                context.stop()
    Path(log).unlink()


@contextmanager
def _told(errors: tuple[type[Exception], ...], log: str) -> Iterator[None]:
    """Say in one line why Spark gave up."""
    try:
        yield
    except errors as error:
        raise SetupError(
            f"Spark gave up: {_cause(error)}",
            code="spark",
            remedy=f"Its log is {log}. What is done is kept: go on with --resume.",
        ) from error


def _load() -> tuple[Any, tuple[type[Exception], ...]]:
    """Return PySpark, and the errors that it raises."""
    with warnings.catch_warnings():
        # Of a pandas that Spark's data frames do not know yet: none is used here. PySpark would load this one later.
        warnings.simplefilter("ignore", FutureWarning)
        importlib.import_module("pyspark.testing.utils")
        pyspark = importlib.import_module("pyspark")
        from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra, and slow to load
        from pyspark.errors import PySparkException  # noqa: PLC0415
    # The last is what is left to see when the Java process ends by itself, as for want of a master.
    return pyspark, (Py4JError, PySparkException, ConnectionError)


@contextmanager
def _java(pyspark: Any, conf: Any, log: IO[bytes]) -> Iterator[Any]:  # noqa: ANN401 - neither has types everywhere
    """Start the Java process that the driver speaks to, and end it: by itself it would stay as long as this one."""
    gateway = importlib.import_module("pyspark.java_gateway").launch_gateway(conf, {"stderr": log})
    try:
        yield gateway
    finally:
        pyspark.SparkContext._gateway = pyspark.SparkContext._jvm = None  # noqa: SLF001 - or the next would find it
        process = gateway.proc
        gateway.shutdown()
        if process is not None:  # under spark-submit it is not ours
            process.stdin.close()
            process.wait()


def _cause(error: Exception) -> str:
    """Return the sentence of the error in a worker, or of Spark's own."""
    if isinstance(error, ConnectionError):
        return "Its Java process has ended."
    causes = _CAUSE.findall(str(error))
    return make_printable(causes[-1] if causes else f"{type(error).__name__}.")


@contextmanager
def _watching(finished: Any, tell: Callable[[int], None]) -> Iterator[None]:  # noqa: ANN401 - an accumulator of Spark's
    """Tell of the files that workers have finished, while something else waits for all of them."""
    stop, told = threading.Event(), 0

    def look() -> None:
        nonlocal told
        now = finished.value
        if now > told:
            tell(now - told)
            told = now

    def watch() -> None:
        while not stop.wait(_POLL_S):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        look()
