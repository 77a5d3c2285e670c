"""Folders of files: on this machine by a path, in an object storage or HDFS by an address."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pyarrow as pa
from pyarrow import fs

from geogrid.errors import FileError, SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a run keeps beside its output; programs that read folders pass over names with a dot.
RUN_FOLDER: Final = ".geogrid-run"
#: At least two letters: ``C:\`` begins a path.
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SCRATCH: Final = "scratch-"
_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a folder.

    Attributes
    ----------
    name
        Relative to the folder, with slashes.
    size
        Bytes.
    changed
        When it was changed last, nanoseconds.
    """

    name: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, which can be sent to other machines. Made by `open_folder`.

    Attributes
    ----------
    title
        For people; an address loses what may be secret in it.
    base
        Where it is in the file system.
    system
        The file system.
    is_here
        Whether files are read and written in place; otherwise they are copied.
    """

    title: str
    base: str
    system: fs.FileSystem
    is_here: bool

    def entries(self) -> list[StoredFile]:
        """Return the files in it and below, by name, without those that begin with a dot or an underscore.

        Raises
        ------
        FileError
            If there is no such folder, or it cannot be read.
        """
        try:
            found = self.system.get_file_info(fs.FileSelector(self.base, recursive=True))
            named = [
                StoredFile(info.path[len(self.base) :].lstrip("/"), info.size, info.mtime_ns or 0)
                for info in found
                if info.type == fs.FileType.File
            ]
        except UnicodeDecodeError as error:
            raise FileError(f"{self.title}: A name in it is not UTF-8.", code="name", remedy="Rename it.") from error
        except (OSError, pa.ArrowException) as error:
            raise FileError(f"{self.title}: There is no such folder, or it cannot be read.", code="folder") from error
        return sorted(
            (entry for entry in named if not any(part[0] in "._" for part in entry.name.split("/"))),
            key=lambda entry: entry.name,
        )

    def present(self, names: list[str]) -> set[str]:
        """Return which of these files are there."""
        found = self.system.get_file_info([self._place(name) for name in names])
        return {name for name, info in zip(names, found, strict=True) if info.type != fs.FileType.NotFound}

    def notes(self) -> list[str]:
        """Return the names of the notes of a run."""
        where = fs.FileSelector(self._place(RUN_FOLDER), allow_not_found=True)
        names = [PurePosixPath(info.path).name for info in self.system.get_file_info(where)]
        return [f"{RUN_FOLDER}/{name}" for name in names if name.endswith(".json")]

    def read(self, name: str) -> bytes:
        """Return what stands in a file."""
        with self.system.open_input_stream(self._place(name)) as file:
            return bytes(file.read())

    def write(self, name: str, content: bytes) -> None:
        """Write a small file, which appears whole."""
        with self.scratch() as scratch:
            (scratch / "note").write_bytes(content)
            self.publish(scratch / "note", name)

    def prepare(self, *, anew: bool) -> None:
        """Make the folder, and in it that of a run; what an earlier run has noted is kept, or removed."""
        if anew and self.present([RUN_FOLDER]):
            self.system.delete_dir(self._place(RUN_FOLDER))
        self.system.create_dir(self._place(RUN_FOLDER), recursive=True)

    @contextmanager
    def borrow(self, name: str, scratch: Path) -> Iterator[Path]:
        """Give a file as one of this machine: itself, or a copy while it is needed."""
        if self.is_here:
            yield Path(self._place(name))
            return
        folder = scratch / "in"
        folder.mkdir()
        copy = folder / PurePosixPath(name).name
        fs.copy_files(self._place(name), str(copy), self.system, fs.LocalFileSystem())
        yield copy
        shutil.rmtree(folder)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder for files that are to be published: each attempt has its own, so that none meets another."""
        where = self._place(RUN_FOLDER) if self.is_here else None
        with tempfile.TemporaryDirectory(dir=where, prefix=_SCRATCH, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def publish(self, path: Path, name: str) -> None:
        """Move a file from a scratch folder to its place, at once: a reader sees the old one or the new one, whole."""
        place = PurePosixPath(self._place(name))
        self.system.create_dir(str(place.parent), recursive=True)
        if self.is_here:
            path.replace(place)
            return
        passing = self._place(f"{RUN_FOLDER}/{_SCRATCH}{uuid4().hex}")
        fs.copy_files(str(path), passing, fs.LocalFileSystem(), self.system)
        self.system.move(passing, str(place))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.system.delete_file(self._place(name))

    def tidy(self) -> None:
        """Remove what attempts that were killed have left."""
        for info in self.system.get_file_info(fs.FileSelector(self._place(RUN_FOLDER), allow_not_found=True)):
            if PurePosixPath(info.path).name.startswith(_SCRATCH):
                with suppress(OSError):
                    remove = self.system.delete_file if info.type == fs.FileType.File else self.system.delete_dir
                    remove(info.path)

    def holds(self, other: Folder) -> bool:
        """Tell whether another folder is this one or lies in it."""
        inside = other.base == self.base or other.base.startswith(f"{self.base.rstrip('/')}/")
        return inside and self.system.equals(other.system)

    def _place(self, name: str) -> str:
        return f"{self.base.rstrip('/')}/{name}"


def is_storage_url(text: str) -> bool:
    """Tell whether a text is an address such as ``s3://bucket/folder`` rather than a path.

    Examples
    --------
    >>> is_storage_url("hdfs://name:8020/points"), is_address("points/2026")
    (True, False)
    """
    return _ADDRESS.match(text) is not None


def open_folder(text: str) -> Folder:
    """Return the folder of a path or an address.

    Parameters
    ----------
    text
        A path; or an address that `pyarrow.fs.FileSystem.from_uri` takes: ``file://``, ``s3://``, ``gs://``,
        ``abfs://``, ``hdfs://``.

    Raises
    ------
    FileError
        If the address is not one of these.
    SetupError
        If the storage cannot be reached, or needs a library that is not there.

    Examples
    --------
    >>> open_folder("file:///data/points%202026").base
    '/data/points 2026'
    """
    if not is_storage_url(text):
        return Folder(text, Path(text).resolve().as_posix(), fs.LocalFileSystem(), is_here=True)
    kind = text.split("://", 1)[0]
    try:
        system, base = fs.FileSystem.from_uri(text)
    except (ValueError, pa.ArrowException) as error:
        raise FileError(
            "The address of a folder cannot be used.",
            code="address",
            remedy="Write file:///…, s3://BUCKET/…, gs://…, abfs://… or hdfs://….",
        ) from error
    except OSError as error:
        raise SetupError(f"The storage of an address {kind}:// cannot be reached from here.", code="storage") from error
    return Folder(f"{kind}://…/{PurePosixPath(base).name}", base, system, is_here=False)


def make_printable(text: str) -> str:
    r"""Return a text from outside as one short line that no terminal takes for a command.

    Examples
    --------
    >>> make_printable("a\x1b[2J b")
    'a?[2J b'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_SHOWN])
