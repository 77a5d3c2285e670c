"""Folders of files: local by path, or in object storage and HDFS by URL."""

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

#: Folder of the run's state in the output; programs that read folders skip names with a dot.
RUN_FOLDER: Final = ".geogrid-run"
#: At least two letters, because ``C:\`` starts a path.
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SCRATCH: Final = "scratch-"
_MAX_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a folder.

    Attributes
    ----------
    name
        Path relative to the folder, with slashes.
    size
        Size in bytes.
    changed
        Time of the last change in nanoseconds.
    """

    name: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A picklable folder; create it with `open_folder`.

    Attributes
    ----------
    title
        Name for users, without secrets of the URL.
    base
        Path in the file system.
    system
        The file system.
    is_here
        Whether the folder is local; files of other folders are copied.
    """

    title: str
    base: str
    system: fs.FileSystem
    is_here: bool

    def entries(self) -> list[StoredFile]:
        """Return the files in it and its subfolders by name, except names with a leading dot or underscore.

        Raises
        ------
        FileError
            If the folder does not exist or is not readable.
        """
        try:
            found = self.system.get_file_info(fs.FileSelector(self.base, recursive=True))
            named = [
                StoredFile(info.path[len(self.base) :].lstrip("/"), info.size, info.mtime_ns or 0)
                for info in found
                if info.type == fs.FileType.File
            ]
        except UnicodeDecodeError as error:
            raise FileError(
                f"{self.title}: A file name in this folder is not UTF-8.", code="name", remedy="Rename the file."
            ) from error
        except (OSError, pa.ArrowException) as error:
            raise FileError(f"{self.title}: The folder does not exist or is not readable.", code="folder") from error
        return sorted(
            (entry for entry in named if not any(part[0] in "._" for part in entry.name.split("/"))),
            key=lambda entry: entry.name,
        )

    def find_existing(self, names: list[str]) -> set[str]:
        """Return the names of the existing files."""
        found = self.system.get_file_info([self._path(name) for name in names])
        return {name for name, info in zip(names, found, strict=True) if info.type != fs.FileType.NotFound}

    def list_notes(self) -> list[str]:
        """Return the names of the result files of a run."""
        where = fs.FileSelector(self._path(RUN_FOLDER), allow_not_found=True)
        names = [PurePosixPath(info.path).name for info in self.system.get_file_info(where)]
        return [f"{RUN_FOLDER}/{name}" for name in names if name.endswith(".json")]

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with self.system.open_input_stream(self._path(name)) as file:
            return bytes(file.read())

    def write(self, name: str, content: bytes) -> None:
        """Write a small file atomically."""
        with self.scratch() as scratch:
            (scratch / "note").write_bytes(content)
            self.publish(scratch / "note", name)

    def prepare(self, *, anew: bool) -> None:
        """Create the output folder and the folder of the run state; `anew` deletes the state of an earlier run."""
        if anew and self.find_existing([RUN_FOLDER]):
            self.system.delete_dir(self._path(RUN_FOLDER))
        self.system.create_dir(self._path(RUN_FOLDER), recursive=True)

    @contextmanager
    def borrow(self, name: str, scratch: Path) -> Iterator[Path]:
        """Yield the local path of a file, or of a temporary copy."""
        if self.is_here:
            yield Path(self._path(name))
            return
        folder = scratch / "in"
        folder.mkdir()
        copy = folder / PurePosixPath(name).name
        fs.copy_files(self._path(name), str(copy), self.system, fs.LocalFileSystem())
        yield copy
        shutil.rmtree(folder)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a temporary folder for unpublished files; each attempt has its own."""
        where = self._path(RUN_FOLDER) if self.is_here else None
        with tempfile.TemporaryDirectory(dir=where, prefix=_SCRATCH, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def publish(self, path: Path, name: str) -> None:
        """Move a file from a temporary folder to its final path, atomically."""
        target = PurePosixPath(self._path(name))
        self.system.create_dir(str(target.parent), recursive=True)
        if self.is_here:
            path.replace(target)
            return
        temporary = self._path(f"{RUN_FOLDER}/{_SCRATCH}{uuid4().hex}")
        fs.copy_files(str(path), temporary, fs.LocalFileSystem(), self.system)
        self.system.move(temporary, str(target))

    def remove(self, name: str) -> None:
        """Remove a file if it exists."""
        with suppress(FileNotFoundError):
            self.system.delete_file(self._path(name))

    def remove_temporary(self) -> None:
        """Remove temporary files of killed attempts."""
        for info in self.system.get_file_info(fs.FileSelector(self._path(RUN_FOLDER), allow_not_found=True)):
            if PurePosixPath(info.path).name.startswith(_SCRATCH):
                with suppress(OSError):
                    remove = self.system.delete_file if info.type == fs.FileType.File else self.system.delete_dir
                    remove(info.path)

    def contains(self, other: Folder) -> bool:
        """Return whether another folder is this folder or lies in it."""
        inside = other.base == self.base or other.base.startswith(f"{self.base.rstrip('/')}/")
        return inside and self.system.equals(other.system)

    def _path(self, name: str) -> str:
        return f"{self.base.rstrip('/')}/{name}"


def is_storage_url(text: str) -> bool:
    """Return whether a text is a URL such as ``s3://bucket/folder``, not a path.

    Examples
    --------
    >>> is_storage_url("hdfs://name:8020/points"), is_storage_url("points/2026")
    (True, False)
    """
    return _ADDRESS.match(text) is not None


def open_folder(text: str) -> Folder:
    """Return the folder of a path or a URL.

    Parameters
    ----------
    text
        A path, or a URL for `pyarrow.fs.FileSystem.from_uri`: ``file://``, ``s3://``, ``gs://``, ``abfs://``,
        ``hdfs://``.

    Raises
    ------
    FileError
        If the URL is invalid.
    SetupError
        If the storage is not reachable, or requires a missing library.

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
            "The URL of the folder is invalid.",
            code="address",
            remedy="Use file:///…, s3://BUCKET/…, gs://…, abfs://… or hdfs://….",
        ) from error
    except OSError as error:
        raise SetupError(f"The storage {kind}:// is not reachable.", code="storage") from error
    return Folder(f"{kind}://…/{PurePosixPath(base).name}", base, system, is_here=False)


def make_printable(text: str) -> str:
    r"""Return a text without control characters, at most 120 characters.

    Examples
    --------
    >>> make_printable("a\x1b[2J b")
    'a?[2J b'
    """
    return "".join(character if character.isprintable() else "?" for character in text[:_MAX_LENGTH])
