"""Assign the points of all files in a folder, file by file.

`assign_stored_file` processes one file, independently of the others. It may run twice or on two machines at once: each
attempt has its own temporary folder, and the output is moved to its final path when it is complete. A result file
records the input and the counts, so a run can be resumed, and new files can be added.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from geogrid.errors import ConflictError, FileError, InputError
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.checkpoint import refused_path
from geogrid.locate.bulk.formats import SUFFIXES
from geogrid.locate.bulk.storage import RUN_FOLDER, StoredFile, make_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geogrid.locate.bulk.assignment_target import AssignmentTarget
    from geogrid.locate.bulk.storage import Folder

    #: Processes files, and reports the number of finished files.
    Engine = Callable[["FolderTask", list[StoredFile], Callable[[int], None]], "Iterable[FileResult]"]

_SETTINGS: Final = f"{RUN_FOLDER}/settings.json"
_READERS: Final = 16


def list_versions() -> tuple[str, str]:
    """Return the versions of geogrid and pyarrow in this process."""
    return version("geogrid"), pa.__version__


@dataclass(frozen=True, slots=True)
class FolderTask:
    """The task of `assign_folder`: which points to assign to which polygons, and where to write; picklable.

    Attributes
    ----------
    source, out
        Folders of the input and of the output.
    target
        The layers to look up.
    datum
        Canonical name of the datum of the points.
    lon, lat, point
        The columns of the coordinates, or one column of both.
    identity
        Identifies the layers of `target`; a run is resumed only with the same identity.
    versions
        Versions of geogrid and pyarrow; other versions may write other bytes.
    run_bytes
        Approximate size of the files that one process assigns. It does not affect the output.
    """

    source: Folder
    out: Folder
    target: AssignmentTarget
    datum: str
    lon: str | None = None
    lat: str | None = None
    identity: str = ""
    point: str | None = None
    versions: tuple[str, str] = field(default_factory=list_versions)
    run_bytes: int = 0

    def split(self, entries: list[StoredFile], processes: int) -> FolderTask:
        """Return the task of each process if some processes share the files."""
        return replace(self, run_bytes=sum(entry.size for entry in entries) // max(processes, 1))

    def settings(self) -> dict[str, Any]:
        """Return the options that affect the output, as JSON values. A run is resumed only with equal options."""
        return {
            "datum": self.datum,
            "columns": [self.lon, self.lat, self.point],
            "layers": list(self.target.codes),
            "generation or polygons": self.identity,
            "version": list(self.versions),
        }


@dataclass(frozen=True, slots=True)
class FileResult:
    """Result of the assignment of one file.

    Attributes
    ----------
    entry
        The file.
    rows
        Number of rows.
    counts
        Number of rows by status; see `geogrid.locate.bulk.assignment_target.STATUS_WORDS`.
    fault
        Message of the error, or None.
    resumed
        Whether an earlier run processed the file.
    """

    entry: StoredFile
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    fault: str | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """Results of the assignment of all files in a folder.

    Attributes
    ----------
    files
        Results of the files by name.
    passed_over
        Names of files with an unknown suffix.
    """

    files: list[FileResult]
    passed_over: list[str]

    @property
    def rows(self) -> int:
        """Number of rows in all files."""
        return sum(result.rows for result in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by status."""
        words = dict.fromkeys(word for result in self.files for word in result.counts)
        return {word: sum(result.counts.get(word, 0) for result in self.files) for word in words}

    @property
    def faulty(self) -> list[FileResult]:
        """Results of the files with errors."""
        return [result for result in self.files if result.fault]


def assign_in_process(
    task: FolderTask, entries: list[StoredFile], on_progress: Callable[[int], None]
) -> Iterable[FileResult]:
    """Process files in this process, one after the other."""
    task = task.split(entries, 1)
    for entry in entries:
        yield assign_stored_file(task, entry)
        on_progress(1)


def assign_folder(
    task: FolderTask,
    *,
    match: str = "*",
    engine: Engine = assign_in_process,
    resume: bool = False,
    force: bool = False,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> FolderSummary:
    """Write all files of a folder with the codes and the status of each row's point.

    Each output has the name and format of its input. Files with errors are listed in the summary.

    Parameters
    ----------
    task
        The folders and options.
    match
        Shell pattern of file names.
    engine
        Function that processes the files: `assign_in_process`, or one that distributes them.
    resume
        Continue an earlier run: process only new, changed and unfinished files.
    force
        Replace existing output.
    on_progress
        Called with the number of newly finished files and the number of all files.

    Raises
    ------
    FileError
        If there is no file of points, or one folder lies in the other.
    ConflictError
        If output exists, or the earlier run had other options.
    """
    if task.source.contains(task.out) or task.out.contains(task.source):
        raise FileError("OUT lies in IN, or IN in OUT.", code="same_folder", remedy="Choose another folder for OUT.")
    entries, passed_over = _choose(task.source, match)
    _prepare_output(task, [entry.name for entry in entries], resume=resume, force=force)
    before = _read_results(task, entries) if resume else []
    finished = {result.entry for result in before}
    on_progress(len(before), len(entries))
    fresh = list(
        engine(
            task, [entry for entry in entries if entry not in finished], lambda count: on_progress(count, len(entries))
        )
    )
    task.out.remove_temporary()
    return FolderSummary(sorted([*before, *fresh], key=lambda result: result.entry.name), passed_over)


def assign_stored_file(task: FolderTask, entry: StoredFile) -> FileResult:
    """Process one file; may be repeated.

    Raises
    ------
    OSError
        If the output is not writable; another attempt may succeed.
    """
    with task.out.scratch() as scratch:
        output = scratch / PurePosixPath(entry.name).name
        try:
            with task.source.borrow(entry.name, scratch) as path:
                summary = assign_file(
                    path,
                    output,
                    task.target,
                    datum=task.datum,
                    lon=task.lon,
                    lat=task.lat,
                    point=task.point,
                    run_bytes=task.run_bytes,
                )
        except InputError as error:
            # Remove outdated output of an earlier run.
            for name in (_result_path(entry.name), entry.name, _refused(entry.name)):
                task.out.remove(name)
            return FileResult(entry, fault=make_printable(str(error)))
        if summary.refused_file:
            task.out.publish(summary.refused_file, _refused(entry.name))
        else:
            task.out.remove(_refused(entry.name))
        task.out.publish(output, entry.name)
    result = FileResult(entry, summary.rows, summary.counts)
    task.out.write(_result_path(entry.name), _to_json(result))
    return result


def _choose(source: Folder, match: str) -> tuple[list[StoredFile], list[str]]:
    """Return the files of points, and the names of the other files."""
    entries = [entry for entry in source.entries() if PurePosixPath(entry.name).match(match)]
    used = [entry for entry in entries if PurePosixPath(entry.name).suffix.lower() in SUFFIXES]
    names = {entry.name for entry in used}
    for name in names:
        if _refused(name) in names:
            raise FileError(
                f"{make_printable(_refused(name))}: The list of refused rows of another file has this name.",
                code="name",
                remedy="Rename the file.",
            )
    if not used:
        raise FileError(f"{source.title}: The folder contains no file of points.", code="folder_empty")
    return used, [entry.name for entry in entries if entry.name not in names]


def _prepare_output(task: FolderTask, names: list[str], *, resume: bool, force: bool) -> None:
    begun = task.out.find_existing([_SETTINGS])
    if begun and resume and not force:
        before, now = json.loads(task.out.read(_SETTINGS)), task.settings()
        changed = [name for name, value in now.items() if before.get(name) != value]
        if changed:
            raise ConflictError(
                f"The run in {task.out.title} had other options: {', '.join(changed)}.",
                code="run_differs",
                remedy="Use the same options, or add --force to start again.",
            )
    elif not force and (begun or task.out.find_existing([*names, *map(_refused, names)])):
        raise ConflictError(
            f"{task.out.title} contains an earlier run, or files of these names.",
            code="exists",
            remedy="Add --resume to process the missing files, or --force to start again.",
        )
    task.out.prepare(anew=force)
    task.out.write(_SETTINGS, json.dumps(task.settings(), ensure_ascii=False).encode())


def _read_results(task: FolderTask, entries: list[StoredFile]) -> list[FileResult]:
    """Return the results of finished files: the result file records this input, and the output exists."""
    wanted, noted = {_result_path(entry.name): entry for entry in entries}, set(task.out.list_notes())
    existing = task.out.find_existing([entry.name for entry in entries])
    names = [name for name, entry in wanted.items() if name in noted and entry.name in existing]
    with ThreadPoolExecutor(_READERS) as pool:
        contents = list(pool.map(task.out.read, names))
    found = [_from_json(content) for content in contents]
    return [result for name, result in zip(names, found, strict=True) if result and result.entry == wanted[name]]


def _refused(name: str) -> str:
    return refused_path(Path(name)).as_posix()


def _result_path(name: str) -> str:
    # A hash, because names may be long and contain slashes.
    return f"{RUN_FOLDER}/{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"


def _to_json(result: FileResult) -> bytes:
    entry = result.entry
    record = {
        "file": [entry.name, entry.size, entry.changed],
        "rows": result.rows,
        "counts": dict(result.counts),
    }
    return json.dumps(record, ensure_ascii=False).encode()


def _from_json(content: bytes) -> FileResult | None:
    try:
        record = json.loads(content)
        result = FileResult(StoredFile(*record["file"]), record["rows"], record["counts"])
    except (ValueError, TypeError, KeyError):
        return None
    return replace(result, resumed=True)
