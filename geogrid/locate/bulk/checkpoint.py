"""A run that can be continued: what is written so far, and a journal of it.

The folder ``OUT.parts`` holds the data, the refused rows and the journal, a line a part. A line is written after its
part, with a checksum, so whatever ended the run, a part counts only if all of it is there. ``OUT`` appears when it is
complete.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from geogrid.errors import ConflictError

try:
    import fcntl
except ImportError:  # a system without it has no lock: two runs must not be started on one OUT
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COPY_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A part that is written.

    Attributes
    ----------
    rows
        How many rows of the input it holds.
    counts
        How many of each status.
    begin, end
        Where it stands in the data.
    refused_end
        Where its refused rows end in their file.
    check
        The CRC-32 of both.
    """

    rows: int
    counts: list[int]
    begin: int
    end: int
    refused_end: int
    check: int


def refused_path(out: Path) -> Path:
    """Return where the refused rows of an output are listed."""
    return out.with_name(f"{out.name}.refused.csv")


def parts_path(out: Path) -> Path:
    """Return the folder of an output that is not complete."""
    return out.with_name(f"{out.name}.parts")


class Run:
    """An output that grows. Made by `open_run`."""

    def __init__(self, out: Path, head: bytes) -> None:
        self._out, self._folder = out, parts_path(out)
        self.done: list[Checkpoint] = []
        self._head = head
        self._journal = _open(self._folder / "journal.ndjson")
        _lock(self._journal)
        self._data = _open(self._folder / "data")
        self._refused = _open(self._folder / "refused.csv")

    def start(self, settings: Mapping[str, Any]) -> None:
        """Write what stands before the first part."""
        for file, content in (
            (self._journal, _line(settings)),
            (self._refused, b"row,code,reason\n"),
            (self._data, self._head),
        ):
            file.truncate(0)
            file.seek(0)
            file.write(content)
            file.flush()

    def take_up(self, settings: Mapping[str, Any]) -> None:
        """Go to the end of the last whole part.

        Raises
        ------
        ConflictError
            If the run was begun on other data or with other options.
        """
        lines = self._journal.read().split(b"\n")
        begun = json.loads(lines[0]) if len(lines) > 1 else None
        if begun is None:
            self.start(settings)
            return
        _check_same(begun, settings)
        end = len(lines[0]) + 1
        for line in lines[1:-1]:
            done = _parse(line)
            if done is None or not self._is_whole(done):
                break
            self.done.append(done)
            end += len(line) + 1
        self._cut(end)

    def add(self, rows: int, counts: list[int], between: bytes, content: bytes | memoryview, refused: bytes) -> None:
        """Append a part and note it."""
        self._data.write(between if self.done else b"")
        begin = self._data.tell()
        self._data.write(content)
        self._refused.write(refused)
        self._data.flush()
        self._refused.flush()
        check = zlib.crc32(refused, zlib.crc32(content))
        done = Checkpoint(rows, counts, begin, self._data.tell(), self._refused.tell(), check)
        self._journal.write(_line(asdict(done)))
        self._journal.flush()
        self.done.append(done)

    def end(self, tail: bytes) -> Path:
        """Append what stands after the last part, and return the file."""
        self._data.write(tail)
        for file in (self._data, self._refused):
            file.flush()
            os.fsync(file.fileno())
        return self._folder / "data"

    def publish(self) -> None:
        """Put the files where they belong, and remove the rest."""
        refused = refused_path(self._out)
        if any(done.counts[-1] for done in self.done):
            (self._folder / "refused.csv").replace(refused)
        else:
            refused.unlink(missing_ok=True)
        (self._folder / "data").replace(self._out)
        self.close()
        shutil.rmtree(self._folder)

    def discard(self) -> None:
        """Remove what is written: there is nothing to continue."""
        self.close()
        shutil.rmtree(self._folder)

    def close(self) -> None:
        """Close the files and leave them."""
        for file in (self._data, self._refused, self._journal):
            file.close()

    def _is_whole(self, done: Checkpoint) -> bool:
        self._data.seek(done.begin)
        check = _checksum(self._data, done.end - done.begin, 0)
        refused_begin = self.done[-1].refused_end if self.done else self._refused_head()
        self._refused.seek(refused_begin)
        return _checksum(self._refused, done.refused_end - refused_begin, check) == done.check

    def _refused_head(self) -> int:
        self._refused.seek(0)
        return len(self._refused.readline())

    def _cut(self, journal_end: int) -> None:
        ends = (
            (self._journal, journal_end),
            (self._data, self.done[-1].end if self.done else len(self._head)),
            (self._refused, self.done[-1].refused_end if self.done else self._refused_head()),
        )
        for file, end in ends:
            file.truncate(end)
            file.seek(end)


@contextmanager
def open_run(out: Path, head: bytes, settings: Mapping[str, Any], *, resume: bool, force: bool) -> Iterator[Run]:
    """Begin or continue an output.

    Parameters
    ----------
    out
        The file that is to be.
    head
        What stands before its first part.
    settings
        All that the result depends on: a run is continued only with the same.
    resume
        Continue what an interrupted run has left, if there is any.
    force
        Replace `out`, and begin anew even if an interrupted run has left something.

    Raises
    ------
    ConflictError
        If there is something already, or if the run that is to be continued was another one.
    """
    folder = parts_path(out)
    if not force and any(path.exists() for path in (out, refused_path(out))):
        there = out if out.exists() else refused_path(out)
        raise ConflictError(f"{there.name} is there already.", code="exists", remedy="Add --force to replace it.")
    if folder.exists() and not (resume or force):
        raise ConflictError(
            f"An interrupted run has left {folder.name}.",
            code="interrupted",
            remedy="Add --resume to continue it, or --force to begin anew.",
        )
    folder.mkdir(exist_ok=True)
    run = Run(out, head)
    try:
        run.take_up(settings) if resume else run.start(settings)
        yield run
    finally:
        run.close()


def _open(path: Path) -> BinaryIO:
    path.touch()
    return path.open("r+b")


def _lock(file: BinaryIO) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ConflictError("Another run is writing this output.", code="running") from error


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _parse(line: bytes) -> Checkpoint | None:
    try:
        return Checkpoint(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _check_same(begun: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    changed = [name for name, value in settings.items() if begun.get(name) != value]
    if changed:
        raise ConflictError(
            f"The interrupted run was another one; what differs: {', '.join(changed)}.",
            code="run_differs",
            remedy="Give the same files and options, or --force to begin anew.",
        )


def _checksum(file: BinaryIO, length: int, start: int) -> int:
    """Return the CRC-32 of so many bytes, or -1 where there are fewer."""
    check = start
    while length > 0:
        content = file.read(min(length, _COPY_BYTES))
        if not content:
            return -1
        check = zlib.crc32(content, check)
        length -= len(content)
    return check
