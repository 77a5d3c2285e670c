"""Zip archives that nobody trusts: what they say of themselves is checked, what comes out of them is counted."""

from __future__ import annotations

import stat
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zipfile import ZipFile, ZipInfo

_CHUNK: Final = 2**20
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold.

    Attributes
    ----------
    entries
        How many files.
    unpacked_bytes
        Bytes of all that comes out.
    ratio, ratio_free_bytes
        Unpacked bytes for each packed one, from so many unpacked bytes on.
    """

    entries: int
    unpacked_bytes: int
    ratio: int
    ratio_free_bytes: int

    def budget(self, packed: int) -> int:
        """Return how many bytes may come out of an archive of `packed` bytes.

        Examples
        --------
        >>> ArchiveLimits(64, 1_000, 10, 100).budget(5), ArchiveLimits(64, 1_000, 10, 100).budget(500)
        (100, 1000)
        """
        return min(self.unpacked_bytes, max(self.ratio_free_bytes, packed * self.ratio))


@contextmanager
def clear_damage() -> Iterator[None]:
    """Say in plain words what a damaged archive makes of its reader.

    Raises
    ------
    FileError
        In place of the reader's error.
    """
    try:
        yield
    except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FileError(
            "The archive is damaged or cut off.", code="zip_damaged", remedy="Pack it again and send it whole."
        ) from error


def check_entries(entries: Sequence[ZipInfo], limits: ArchiveLimits) -> None:
    """Raise if there are too many entries, or one that leads out of the archive, is no plain file, or is encrypted.

    Raises
    ------
    FileError
        That says which of these it is.
    """
    if len(entries) > limits.entries:
        raise FileError(f"The archive has more than {limits.entries} entries.", code="zip_entries")
    for entry in entries:
        _check_entry(entry)


def path_of(entry: ZipInfo) -> PurePosixPath:
    """Return the path of an entry; packers on Windows write backslashes."""
    return PurePosixPath(entry.filename.replace("\\", "/"))


def chunks(opened: ZipFile, entry: ZipInfo, budget: int) -> Iterator[bytes]:
    """Unpack an entry, counting what really comes out: the directory of an archive may say anything.

    Raises
    ------
    FileError
        As soon as it is more than `budget` bytes.
    """
    written = 0
    with opened.open(entry) as source:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > budget:
                raise FileError("The archive unpacks to too many bytes.", code="too_large", remedy="Divide the data.")
            yield chunk


def _check_entry(entry: ZipInfo) -> None:
    path = path_of(entry)
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise FileError("The archive holds a path that leads out of it.", code="zip_path", remedy="Pack it again.")
    mode = entry.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise FileError("The archive holds a link or a device.", code="zip_link", remedy="Pack plain files only.")
    if entry.flag_bits & _ENCRYPTED:
        raise FileError("The archive is encrypted.", code="zip_encrypted", remedy="Pack it without a password.")
