"""Write an output in parts with a journal, so that an interrupted run can be resumed.

The folder ``OUT.parts`` contains the data, the refused rows and a journal with one line for each part. The line follows
its part and contains a checksum, so incomplete parts are detected. ``OUT`` appears when it is complete.
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
except ImportError:  # Windows: users must not start two runs with the same OUT
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COPY_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Journal entry of a written part.

    Attributes
    ----------
    rows
        Number of rows.
    counts
        Number of rows by status.
    begin, end
        Byte range in the data.
    refused_end
        End of its refused rows in their file, in bytes.
    check
        CRC-32 of the data and the refused rows.
    """

    rows: int
    counts: list[int]
    begin: int
    end: int
    refused_end: int
    check: int


def refused_path(out: Path) -> Path:
    """Return the path of the list of refused rows of an output."""
    return out.with_name(f"{out.name}.refused.csv")


def parts_path(out: Path) -> Path:
    """Return the folder of an incomplete output."""
    return out.with_name(f"{out.name}.parts")


class Run:
    """An incomplete output; create it with `open_run`."""

    def __init__(self, out: Path, head: bytes) -> None:
        self._out, self._folder = out, parts_path(out)
        self.checkpoints: list[Checkpoint] = []
        self._head = head
        self._journal = _open(self._folder / "journal.ndjson")
        _lock(self._journal)
        self._data = _open(self.data)
        self._refused = _open(self._folder / "refused.csv")

    def start(self, settings: Mapping[str, Any]) -> None:
        """Start a new output with the head of the format."""
        for file, content in (
            (self._journal, _line(settings)),
            (self._refused, b"row,code,reason\n"),
            (self._data, self._head),
        ):
            file.truncate(0)
            file.seek(0)
            file.write(content)
            file.flush()

    def resume(self, settings: Mapping[str, Any]) -> None:
        """Continue after the last complete part.

        Raises
        ------
        ConflictError
            If the interrupted run had other input or options.
        """
        lines = self._journal.read().split(b"\n")
        earlier = json.loads(lines[0]) if len(lines) > 1 else None
        if earlier is None:
            self.start(settings)
            return
        _check_settings(earlier, settings)
        end = len(lines[0]) + 1
        for line in lines[1:-1]:
            checkpoint = _parse(line)
            if checkpoint is None or not self._is_complete(checkpoint):
                break
            self.checkpoints.append(checkpoint)
            end += len(line) + 1
        self._cut(end)

    def add(self, rows: int, counts: list[int], between: bytes, content: bytes | memoryview, refused: bytes) -> None:
        """Append a part and its journal entry."""
        self._data.write(between if self.checkpoints else b"")
        begin = self._data.tell()
        self._data.write(content)
        self._refused.write(refused)
        self._data.flush()
        self._refused.flush()
        check = zlib.crc32(refused, zlib.crc32(content))
        checkpoint = Checkpoint(rows, counts, begin, self._data.tell(), self._refused.tell(), check)
        self._journal.write(_line(asdict(checkpoint)))
        self._journal.flush()
        self.checkpoints.append(checkpoint)

    @property
    def data(self) -> Path:
        """The data file."""
        return self._folder / "data"

    def end(self, tail: bytes) -> None:
        """Append the tail of the format."""
        self._data.write(tail)
        for file in (self._data, self._refused):
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Move the files to their final paths, and remove the folder."""
        refused = refused_path(self._out)
        if any(checkpoint.counts[-1] for checkpoint in self.checkpoints):
            (self._folder / "refused.csv").replace(refused)
        else:
            refused.unlink(missing_ok=True)
        self.data.replace(self._out)
        self.close()
        shutil.rmtree(self._folder)

    def discard(self) -> None:
        """Remove the folder."""
        self.close()
        shutil.rmtree(self._folder)

    def close(self) -> None:
        """Close the files."""
        for file in (self._data, self._refused, self._journal):
            file.close()

    def _is_complete(self, checkpoint: Checkpoint) -> bool:
        self._data.seek(checkpoint.begin)
        check = _checksum(self._data, checkpoint.end - checkpoint.begin, 0)
        refused_begin = self.checkpoints[-1].refused_end if self.checkpoints else self._refused_head()
        self._refused.seek(refused_begin)
        return _checksum(self._refused, checkpoint.refused_end - refused_begin, check) == checkpoint.check

    def _refused_head(self) -> int:
        self._refused.seek(0)
        return len(self._refused.readline())

    def _cut(self, journal_end: int) -> None:
        ends = (
            (self._journal, journal_end),
            (self._data, self.checkpoints[-1].end if self.checkpoints else len(self._head)),
            (self._refused, self.checkpoints[-1].refused_end if self.checkpoints else self._refused_head()),
        )
        for file, end in ends:
            file.truncate(end)
            file.seek(end)


@contextmanager
def open_run(out: Path, head: bytes, settings: Mapping[str, Any], *, resume: bool, force: bool) -> Iterator[Run]:
    """Start or resume an output.

    Parameters
    ----------
    out
        Path of the output.
    head
        Head of the format.
    settings
        Everything that the result depends on; a run is resumed only with equal settings.
    resume
        Continue an interrupted run, if there is one.
    force
        Replace `out` and the parts of an interrupted run.

    Raises
    ------
    ConflictError
        If the output exists, or the interrupted run had other settings.
    """
    folder = parts_path(out)
    if not force and any(path.exists() for path in (out, refused_path(out))):
        existing = out if out.exists() else refused_path(out)
        raise ConflictError(f"{existing.name} already exists.", code="exists", remedy="Add --force to replace it.")
    if folder.exists() and not (resume or force):
        raise ConflictError(
            f"{folder.name} contains an interrupted run.",
            code="interrupted",
            remedy="Add --resume to continue it, or --force to start again.",
        )
    folder.mkdir(exist_ok=True)
    run = Run(out, head)
    try:
        run.resume(settings) if resume else run.start(settings)
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
        raise ConflictError("Another process is writing this output.", code="running") from error


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _parse(line: bytes) -> Checkpoint | None:
    try:
        return Checkpoint(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _check_settings(earlier: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    changed = [name for name, value in settings.items() if earlier.get(name) != value]
    if changed:
        raise ConflictError(
            f"The interrupted run had other settings: {', '.join(changed)}.",
            code="run_differs",
            remedy="Use the same files and options, or add --force to start again.",
        )


def _checksum(file: BinaryIO, length: int, start: int) -> int:
    """Return the CRC-32 of the next `length` bytes, or -1 if the file ends before."""
    check = start
    while length > 0:
        content = file.read(min(length, _COPY_BYTES))
        if not content:
            return -1
        check = zlib.crc32(content, check)
        length -= len(content)
    return check
