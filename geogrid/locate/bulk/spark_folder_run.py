"""Process the files of a folder with Spark.

Workers get lists of files, and the index once; no row passes through Spark. Each file is processed by
`geogrid.locate.bulk.folder_assignment.assign_stored_file`, as without Spark, so the output is the same.
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
from geogrid.locate.bulk.folder_assignment import assign_stored_file, list_versions
from geogrid.locate.bulk.storage import make_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from geogrid.locate.bulk.folder_assignment import FileResult, FolderTask
    from geogrid.locate.bulk.storage import StoredFile

_JAVA: Final = 17
#: Maximum number of tasks; below it each file is a task.
_MAX_TASKS: Final = 10_000
_POLL_S: Final = 0.5
#: Default settings: no public web page, and no second progress bar.
_SETTINGS: Final = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_CAUSE: Final = re.compile(r"^[\w.]*(?:Error|Exception): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SparkRunner:
    """Distributes files with Spark; an engine for `geogrid.locate.bulk.folder_assignment.assign_folder`.

    Parameters
    ----------
    master
        Master such as ``local[2]`` or ``spark://host:7077``; by default from the settings of Spark.
    settings
        Spark settings by name.
    """

    master: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, task: FolderTask, entries: list[StoredFile], on_progress: Callable[[int], None]
    ) -> list[FileResult]:
        """Process files.

        Raises
        ------
        SetupError
            If PySpark or Java is missing, or Spark fails.
        """
        if not entries:
            return []
        _check_machine()
        with _context(self.master, self.settings) as context:
            # Each worker process unpickles the task once and keeps its index and tables from file to file.
            shared = context.broadcast(task.split(entries, context.defaultParallelism))
            finished = context.accumulator(0)
            task_count = min(len(entries), _MAX_TASKS)
            # Largest first, so that no core finishes late with a large file.
            ordered = sorted(entries, key=lambda entry: -entry.size)
            lists = context.parallelize([ordered[start::task_count] for start in range(task_count)], task_count)
            with _report_progress(finished, on_progress):
                return list(lists.flatMap(partial(_assign_list, shared, finished, task.versions)).collect())


def _assign_list(
    shared: Any,  # noqa: ANN401 - Spark broadcasts have no types
    finished: Any,  # noqa: ANN401 - an accumulator has no type
    versions: tuple[str, str],
    entries: list[StoredFile],
) -> Iterator[FileResult]:
    """Process a list of files in a worker."""
    if list_versions() != versions:
        raise SetupError("The workers have another version of geogrid or pyarrow.", code="version_differs")
    for entry in entries:
        yield assign_stored_file(shared.value, entry)
        finished.add(1)


def _check_machine() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise SetupError(
            "Spark requires PySpark and Java 17 or newer.", code="extra_missing", remedy="pip install 'geogrid[spark]'"
        )
    # Under spark-submit Java is running.
    if "PYSPARK_GATEWAY_PORT" not in os.environ and _java_version() < _JAVA:
        raise SetupError(
            "Spark requires Java 17 or newer, which was not found.",
            code="java_missing",
            remedy="Install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME.",
        )


def _java_version() -> int:
    """Return the version of the Java that Spark uses, or 0 if there is none."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else shutil.which("java")
    if not java:
        return 0
    try:
        output = subprocess.run([str(java), "-version"], capture_output=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(rb'version "(\d+)', output.stderr)
    return int(found[1]) if found else 0


@contextmanager
def _context(master: str | None, settings: Mapping[str, str]) -> Iterator[Any]:
    """Start and stop Spark, with the log in a file that is kept if Spark fails."""
    # By default Spark uses any python3, not that of this environment.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    pyspark, errors = _import_pyspark()
    conf = pyspark.SparkConf().setAppName("geogrid assign").setAll({**_SETTINGS, **settings}.items())
    if master:
        conf.setMaster(master)
    handle, log = tempfile.mkstemp(prefix="geogrid-spark-", suffix=".log")
    with (
        os.fdopen(handle, "wb") as file,
        _translate_errors(errors, log),
        _java(pyspark, conf, file) as gateway,
        _translate_errors(errors, log),  # while Java can still return the cause
    ):
        context = pyspark.SparkContext(conf=conf, gateway=gateway)
        try:
            yield context
        finally:
            with suppress(*errors):
                context.stop()
    Path(log).unlink()


@contextmanager
def _translate_errors(errors: tuple[type[Exception], ...], log: str) -> Iterator[None]:
    """Raise errors of Spark as a `SetupError` with a one-line message."""
    try:
        yield
    except errors as error:
        raise SetupError(
            f"Spark failed: {_cause(error)}",
            code="spark",
            remedy=f"See the log {log}. Finished files are kept; continue with --resume.",
        ) from error


def _import_pyspark() -> tuple[Any, tuple[type[Exception], ...]]:
    """Return PySpark and its error classes."""
    with warnings.catch_warnings():
        # PySpark warns of new pandas versions, which are not used here; import the warning module now.
        warnings.simplefilter("ignore", FutureWarning)
        importlib.import_module("pyspark.testing.utils")
        pyspark = importlib.import_module("pyspark")
        from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra, slow to import
        from pyspark.errors import PySparkException  # noqa: PLC0415
    # ConnectionError is raised if the Java process ends, for example without a master.
    return pyspark, (Py4JError, PySparkException, ConnectionError)


@contextmanager
def _java(pyspark: Any, conf: Any, log: IO[bytes]) -> Iterator[Any]:  # noqa: ANN401 - PySpark has few types
    """Start and end the Java process of the driver, which would otherwise run until this process ends."""
    gateway = importlib.import_module("pyspark.java_gateway").launch_gateway(conf, {"stderr": log})
    try:
        yield gateway
    finally:
        pyspark.SparkContext._gateway = pyspark.SparkContext._jvm = None  # noqa: SLF001 - or the next context would reuse it
        process = gateway.proc
        gateway.shutdown()
        if process is not None:  # under spark-submit it belongs to Spark
            process.stdin.close()
            process.wait()


def _cause(error: Exception) -> str:
    """Return the message of the error in a worker, or of Spark."""
    if isinstance(error, ConnectionError):
        return "The Java process has ended."
    causes = _CAUSE.findall(str(error))
    return make_printable(causes[-1] if causes else f"{type(error).__name__}.")


@contextmanager
def _report_progress(finished: Any, on_progress: Callable[[int], None]) -> Iterator[None]:  # noqa: ANN401 - a Spark accumulator
    """Report the number of finished files in a thread while the caller waits."""
    stop, reported = threading.Event(), 0

    def report() -> None:
        nonlocal reported
        now = finished.value
        if now > reported:
            on_progress(now - reported)
            reported = now

    def poll() -> None:
        while not stop.wait(_POLL_S):
            report()

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        report()
