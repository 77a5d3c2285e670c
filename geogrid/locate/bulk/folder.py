"""A folder of files of points to a folder of files with their grids, file by file.

Each file is one piece of work that knows nothing of the others: `assign_stored_file`. It may be done twice, or by two
machines at once: every attempt has a scratch folder of its own, and the file moves to its place when it is complete. A
note says that it is done, of which input, and with what counts; so a run can be continued, and new files can be added.
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

    #: Does the work of some files, and tells of each one that is finished.
    Engine = Callable[["FolderTask", list[StoredFile], Callable[[int], None]], "Iterable[FileResult]"]

_SETTINGS: Final = f"{RUN_FOLDER}/settings.json"
_READERS: Final = 16


def list_versions() -> tuple[str, str]:
    """Return the versions of geogrid and pyarrow in this process."""
    return version("geogrid"), pa.__version__


@dataclass(frozen=True, slots=True)
class FolderTask:
    """What is to be done with each file; it can be sent to other processes and machines.

    Attributes
    ----------
    source, out
        The folders.
    target
        What to ask.
    datum
        The datum of the points, a canonical name.
    lon, lat
        The columns that hold them.
    identity
        What `target` was made of: a run is continued only with the same.
    versions
        Of geogrid and pyarrow; others could write other bytes.
    """

    source: Folder
    out: Folder
    target: AssignmentTarget
    datum: str
    lon: str | None = None
    lat: str | None = None
    identity: str = ""
    versions: tuple[str, str] = field(default_factory=list_versions)

    def settings(self) -> dict[str, Any]:
        """Return what the result depends on besides the files."""
        return {
            "datum": self.datum,
            "columns": [self.lon, self.lat],
            "layers": list(self.target.codes),
            "generation or polygons": self.identity,
            "version": list(self.versions),
        }


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of a file.

    Attributes
    ----------
    entry
        The file.
    rows
        How many it has.
    counts
        How many of each status; see `geogrid.locate.bulk.assignment_target.STATUS_WORDS`.
    fault
        Why it could not be used, or None.
    resumed
        Whether an earlier run had done it.
    """

    entry: StoredFile
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    fault: str | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """What became of the files of a folder.

    Attributes
    ----------
    files
        A record a file, by name.
    passed_over
        Files whose ending is that of no format.
    """

    files: list[FileResult]
    passed_over: list[str]

    @property
    def rows(self) -> int:
        """The rows of all files."""
        return sum(done.rows for done in self.files)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each status."""
        words = dict.fromkeys(word for done in self.files for word in done.counts)
        return {word: sum(done.counts.get(word, 0) for done in self.files) for word in words}

    @property
    def faulty(self) -> list[FileResult]:
        """The files that could not be used."""
        return [done for done in self.files if done.fault]


def assign_in_process(work: FolderTask, entries: list[StoredFile], tell: Callable[[int], None]) -> Iterable[FileResult]:
    """Do the work of some files in this process, one after the other."""
    for entry in entries:
        yield assign_stored_file(work, entry)
        tell(1)


def assign_folder(
    work: FolderTask,
    *,
    match: str = "*",
    engine: Engine = assign_in_process,
    resume: bool = False,
    force: bool = False,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> FolderSummary:
    """Add the codes and the status of each row's point to all files of a folder.

    Each becomes a file of the same name and format in the other folder. Files that cannot be used are named in the
    summary, and the others are done.

    Parameters
    ----------
    work
        The folders, and what to ask.
    match
        Only files of such a name, as in a shell.
    engine
        Who does it: `assign_in_process`, or one that shares the files out.
    resume
        Continue an earlier run: only files that are new, changed or not done.
    force
        Replace what is there.
    tell
        Called with the number of files that are finished since, and that of all.

    Raises
    ------
    FileError
        If there is no file to be used, or one folder lies in the other.
    ConflictError
        If there is something already, or an earlier run that is to be continued was another one.
    """
    if work.source.holds(work.out) or work.out.holds(work.source):
        raise FileError("OUT lies in IN, or IN in OUT.", code="same_folder", remedy="Choose another folder.")
    entries, passed_over = _choose(work.source, match)
    _begin(work, [entry.name for entry in entries], resume=resume, force=force)
    before = _done_before(work, entries) if resume else []
    held = {done.entry for done in before}
    tell(len(before), len(entries))
    fresh = list(engine(work, [entry for entry in entries if entry not in held], lambda done: tell(done, len(entries))))
    work.out.tidy()
    return FolderSummary(sorted([*before, *fresh], key=lambda done: done.entry.name), passed_over)


def assign_stored_file(work: FolderTask, entry: StoredFile) -> FileResult:
    """Do the work of one file; doing it again is harmless.

    Raises
    ------
    OSError
        If the output cannot be written; another attempt may succeed.
    """
    with work.out.scratch() as scratch:
        made = scratch / PurePosixPath(entry.name).name
        try:
            with work.source.borrow(entry.name, scratch) as path:
                summary = assign_file(path, made, work.target, datum=work.datum, lon=work.lon, lat=work.lat)
        except InputError as error:
            # What an earlier run may have made of it is no answer any more.
            for name in (_note(entry.name), entry.name, _refused(entry.name)):
                work.out.remove(name)
            return FileResult(entry, fault=make_printable(str(error)))
        if summary.refused_file:
            work.out.publish(summary.refused_file, _refused(entry.name))
        else:
            work.out.remove(_refused(entry.name))
        work.out.publish(made, entry.name)
    done = FileResult(entry, summary.rows, summary.counts)
    work.out.write(_note(entry.name), _to_json(done))
    return done


def _choose(source: Folder, match: str) -> tuple[list[StoredFile], list[str]]:
    """Return the files to be used, and the names of the others."""
    entries = [entry for entry in source.entries() if PurePosixPath(entry.name).match(match)]
    used = [entry for entry in entries if PurePosixPath(entry.name).suffix.lower() in SUFFIXES]
    names = {entry.name for entry in used}
    for name in names:
        if _refused(name) in names:
            raise FileError(
                f"{make_printable(_refused(name))}: The list of refused rows of another file would have this name.",
                code="name",
                remedy="Rename it.",
            )
    if not used:
        raise FileError(f"{source.title}: No file in it is one of points.", code="folder_empty")
    return used, [entry.name for entry in entries if entry.name not in names]


def _begin(work: FolderTask, names: list[str], *, resume: bool, force: bool) -> None:
    begun = work.out.present([_SETTINGS])
    if begun and resume and not force:
        before, now = json.loads(work.out.read(_SETTINGS)), work.settings()
        changed = [name for name, value in now.items() if before.get(name) != value]
        if changed:
            raise ConflictError(
                f"The run in {work.out.title} was another one; what differs: {', '.join(changed)}.",
                code="run_differs",
                remedy="Give the same options, or --force to begin anew.",
            )
    elif not force and (begun or work.out.present([*names, *map(_refused, names)])):
        raise ConflictError(
            f"{work.out.title} holds an earlier run, or files of these names.",
            code="exists",
            remedy="Add --resume to do only what is missing, or --force to do all anew.",
        )
    work.out.prepare(anew=force)
    work.out.write(_SETTINGS, json.dumps(work.settings(), ensure_ascii=False).encode())


def _done_before(work: FolderTask, entries: list[StoredFile]) -> list[FileResult]:
    """Return the files that need not be done: the note tells of this very input, and the output is there."""
    wanted, noted = {_note(entry.name): entry for entry in entries}, set(work.out.notes())
    there = work.out.present([entry.name for entry in entries])
    names = [name for name, entry in wanted.items() if name in noted and entry.name in there]
    with ThreadPoolExecutor(_READERS) as pool:
        contents = list(pool.map(work.out.read, names))
    found = [_from_json(content) for content in contents]
    return [done for name, done in zip(names, found, strict=True) if done and done.entry == wanted[name]]


def _refused(name: str) -> str:
    return refused_path(Path(name)).as_posix()


def _note(name: str) -> str:
    # A name may be as long as a name can be, and may hold slashes.
    return f"{RUN_FOLDER}/{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"


def _to_json(done: FileResult) -> bytes:
    entry = done.entry
    record = {
        "file": [entry.name, entry.size, entry.changed],
        "rows": done.rows,
        "counts": dict(done.counts),
    }
    return json.dumps(record, ensure_ascii=False).encode()


def _from_json(content: bytes) -> FileResult | None:
    try:
        record = json.loads(content)
        done = FileResult(StoredFile(*record["file"]), record["rows"], record["counts"])
    except (ValueError, TypeError, KeyError):
        return None
    return replace(done, resumed=True)
