"""Cache files of arrays: checked by a checksum, written atomically, and mapped into memory.

::

    magic                file type and version
    SHA-256              32 bytes, of everything after it
    length               8 bytes, length of the JSON
    JSON                 an object of the caller, which locates the arrays; then spaces
    arrays               each at a multiple of 64 bytes
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    _Part = bytes | memoryview

_DIGEST: Final = 32
_LENGTH: Final = 8
_ALIGNMENT: Final = 64
_MAX_HEAD: Final = 1 << 28
_PARTIAL: Final = ".part"
#: Age in seconds after which a partial file is considered left by a killed process.
_ABANDONED_S: Final = 3_600


class ArrayFileError(ValueError):
    """The file is damaged, or of another type or version."""


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """Content of a file: the object of the caller, and the bytes of the arrays, mapped into memory."""

    head: Any
    arrays: memoryview


def align(length: int) -> int:
    """Return a length in bytes, rounded up so that the next array begins at a multiple of 64 bytes.

    Examples
    --------
    >>> align(1), align(64)
    (64, 64)
    """
    return length + -length % _ALIGNMENT


def write_array_file(path: Path, magic: bytes, head: Mapping[str, Any], arrays: Iterable[_Part]) -> None:
    """Write a file, atomically; only its owner can read it.

    Parameters
    ----------
    path, magic
        The file, and its type and version.
    head
        A JSON object. It contains the positions of the arrays.
    arrays
        The bytes of the arrays, each followed by zeros up to the length that `align` returns.

    Raises
    ------
    OSError
        If the folder is missing, not writable or full.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=_PARTIAL)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, magic, head, arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(file: IO[bytes], magic: bytes, head: Mapping[str, Any], arrays: Iterable[_Part]) -> None:
    text = json.dumps(head).encode()
    start = len(magic) + _DIGEST + _LENGTH
    text = text.ljust(align(start + len(text)) - start)
    digest = hashlib.sha256()
    file.write(magic + bytes(_DIGEST))
    for part in (len(text).to_bytes(_LENGTH, "little"), text, *arrays):
        digest.update(part)
        file.write(part)
    file.seek(len(magic))
    file.write(digest.digest())


def read_array_file(path: Path, magic: bytes, *, access: int = mmap.ACCESS_READ) -> ArrayFile:
    """Return the content of a file.

    Parameters
    ----------
    path, magic
        The file, and its type and version.
    access
        ``mmap.ACCESS_READ``, or ``mmap.ACCESS_COPY`` to write to the memory of this process.

    Raises
    ------
    OSError
        If the file is missing or not readable.
    ArrayFileError
        If the file is damaged, or of another type or version.
    """
    with path.open("rb") as file:
        if file.read(len(magic)) != magic:
            raise ArrayFileError
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=access))
    start = len(magic) + _DIGEST + _LENGTH
    if hashlib.sha256(mapped[start - _LENGTH :]).digest() != mapped[len(magic) : start - _LENGTH]:
        raise ArrayFileError
    end = start + int.from_bytes(mapped[start - _LENGTH : start], "little")
    try:
        return ArrayFile(json.loads(bytes(mapped[start:end])), mapped[end:])
    except (ValueError, RecursionError) as error:
        raise ArrayFileError from error  # the hash is right, but the layout is of another program


def read_head(path: Path, magic: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the object of the caller, without a check of the file.

    Raises
    ------
    OSError
        If the file is missing or not readable.
    ArrayFileError
        If the file is not of this type and version, or the object is damaged.
    """
    with path.open("rb") as file:
        start = file.read(len(magic) + _DIGEST + _LENGTH)
        length = int.from_bytes(start[-_LENGTH:], "little")
        if len(start) < len(magic) + _DIGEST + _LENGTH or not start.startswith(magic) or length > _MAX_HEAD:
            raise ArrayFileError
        try:
            return json.loads(file.read(length))
        except (ValueError, RecursionError) as error:
            raise ArrayFileError from error


def remove_old_files(path: Path, *, keep: int) -> None:
    """Remove the files of the same suffix that were written first, and partial files of killed processes.

    Parameters
    ----------
    path
        A file of the folder, which is not removed.
    keep
        Number of files to keep.

    Raises
    ------
    OSError
        If a file cannot be removed.
    """
    others = [file for file in path.parent.glob(f"*{path.suffix}") if file != path]
    for file in sorted(others, key=lambda file: file.stat().st_mtime)[: -(keep - 1)]:
        file.unlink(missing_ok=True)
    for file in path.parent.glob(f"*{path.suffix}*{_PARTIAL}"):
        if file.stat().st_mtime < time.time() - _ABANDONED_S:
            file.unlink(missing_ok=True)
