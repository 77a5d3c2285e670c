"""Reading of untrusted zip archives: check the entries, and limit the number of bytes that are unpacked."""

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
    """Limits of an untrusted archive.

    Attributes
    ----------
    entries
        Maximum number of entries.
    unpacked_bytes
        Maximum size of all unpacked entries, in bytes.
    ratio, ratio_free_bytes
        Maximum ratio of unpacked to packed bytes; checked only above `ratio_free_bytes` unpacked bytes.
    """

    entries: int
    unpacked_bytes: int
    ratio: int
    ratio_free_bytes: int

    def budget(self, packed: int) -> int:
        """Return the maximum number of unpacked bytes for an archive of `packed` bytes.

        Examples
        --------
        >>> ArchiveLimits(64, 1_000, 10, 100).budget(5), ArchiveLimits(64, 1_000, 10, 100).budget(500)
        (100, 1000)
        """
        return min(self.unpacked_bytes, max(self.ratio_free_bytes, packed * self.ratio))


@contextmanager
def translate_zip_errors() -> Iterator[None]:
    """Translate the errors of `zipfile` and `zlib` on a damaged archive.

    Raises
    ------
    FileError
        If the archive is damaged.
    """
    try:
        yield
    except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FileError(
            "The zip archive is damaged or truncated.",
            code="zip_damaged",
            remedy="Create it again and upload it completely.",
        ) from error


def check_entries(entries: Sequence[ZipInfo], limits: ArchiveLimits) -> None:
    """Raise if an archive has too many entries, or an entry with an unsafe path, a link, a device or encryption.

    Raises
    ------
    FileError
        With a code for each of these cases.
    """
    if len(entries) > limits.entries:
        raise FileError(f"The zip archive has more than {limits.entries} entries.", code="zip_entries")
    for entry in entries:
        _check_entry(entry)


def entry_path(entry: ZipInfo) -> PurePosixPath:
    """Return the path of an entry, with the backslashes of Windows programs replaced."""
    return PurePosixPath(entry.filename.replace("\\", "/"))


def read_chunks(opened: ZipFile, entry: ZipInfo, budget: int) -> Iterator[bytes]:
    """Unpack an entry in chunks and count the bytes; the sizes in the archive's directory are not trusted.

    Raises
    ------
    FileError
        As soon as more than `budget` bytes have been unpacked.
    """
    written = 0
    with opened.open(entry) as source:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > budget:
                raise FileError("The unpacked archive is too large.", code="too_large", remedy="Split the data.")
            yield chunk


def _check_entry(entry: ZipInfo) -> None:
    path = entry_path(entry)
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise FileError(
            "The zip archive has a file outside its own folder.",
            code="zip_path",
            remedy="Create it again from inside the folder of the files: absolute paths and .. are refused.",
        )
    mode = entry.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise FileError("The zip archive has a link or a device.", code="zip_link", remedy="Add regular files only.")
    if entry.flag_bits & _ENCRYPTED:
        raise FileError("The zip archive is encrypted.", code="zip_encrypted", remedy="Create it without a password.")
