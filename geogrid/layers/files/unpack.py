"""Bring a Shapefile set into a folder of its own: from a zip archive that nobody trusts, or from beside the .shp file.

In that folder are only the parts that are needed, under names of ours. So no name in an archive becomes a path, and
GDAL finds no file that it was not given.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.limits import MAX_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS: Final[tuple[str, ...]] = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED: Final = (".shp", ".shx", ".dbf")
_NAME: Final = "layer"
_CHUNK: Final = 2**20
_ENCRYPTED: Final = 0x1


def unzip(archive: Path, folder: Path) -> tuple[Path, str]:
    """Unpack the one Shapefile of an archive.

    Returns
    -------
    tuple of Path and str
        The .shp file in `folder`, and the name that the set has in the archive.

    Raises
    ------
    FileError
        If the archive is damaged, hostile or too large, or holds no Shapefile or several.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            stem, chosen = _choose(opened.infolist())
            budget = _budget(archive)
            for suffix, entry in chosen.items():
                budget -= _unpack(opened, entry, folder / f"{_NAME}{suffix}", budget)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FileError(
            "The archive is damaged or cut off.", code="zip_damaged", remedy="Pack it again and send it whole."
        ) from error
    return folder / f"{_NAME}.shp", stem


def gather(shp: Path, folder: Path) -> Path:
    """Copy the files of the set of `shp` into `folder`; returns the .shp file there."""
    beside = {path.suffix.lower(): path for path in shp.parent.iterdir() if path.stem == shp.stem and path.is_file()}
    _check_set(beside)
    for suffix in _PARTS:
        if suffix in beside:
            if beside[suffix].stat().st_size > MAX_BYTES:
                raise _too_large()
            shutil.copyfile(beside[suffix], folder / f"{_NAME}{suffix}")
    return folder / f"{_NAME}.shp"


def copy_alone(file: Path, folder: Path) -> Path:
    """Copy one file into `folder`, away from what lies beside it and from its name."""
    return Path(shutil.copyfile(file, folder / _NAME))


def _choose(entries: list[zipfile.ZipInfo]) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    if len(entries) > MAX_ENTRIES:
        raise FileError(f"The archive has more than {MAX_ENTRIES} entries.", code="zip_entries")
    for entry in entries:
        _check_entry(entry)
    entries = [entry for entry in entries if not _is_shadow(_path(entry))]
    shapes = [entry for entry in entries if _path(entry).suffix.lower() == ".shp"]
    if len(shapes) != 1:
        raise FileError(
            "The archive does not hold exactly one .shp file.",
            code="zip_layers",
            remedy="Pack one Shapefile with its .shx, .dbf, .prj and .cpg.",
        )
    whole = _path(shapes[0]).with_suffix("")
    found = {_path(entry).suffix.lower(): entry for entry in entries if _path(entry).with_suffix("") == whole}
    chosen = {suffix: found[suffix] for suffix in _PARTS if suffix in found}
    _check_set(chosen)
    return whole.name, chosen


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = _path(entry)
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise FileError("The archive holds a path that leads out of it.", code="zip_path", remedy="Pack it again.")
    mode = entry.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise FileError("The archive holds a link or a device.", code="zip_link", remedy="Pack plain files only.")
    if entry.flag_bits & _ENCRYPTED:
        raise FileError("The archive is encrypted.", code="zip_encrypted", remedy="Pack it without a password.")


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    # Packers on Windows write backslashes.
    return PurePosixPath(entry.filename.replace("\\", "/"))


def _is_shadow(path: PurePosixPath) -> bool:
    """Say whether an entry is one that macOS packs beside each file."""
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")


def _check_set(suffixes: Iterable[str]) -> None:
    missing = [suffix for suffix in _NEEDED if suffix not in suffixes]
    if missing:
        raise FileError(
            f"The Shapefile lacks its {', '.join(missing)}.", code="shapefile_part", remedy="Bring the whole set."
        )


def _budget(archive: Path) -> int:
    packed = archive.stat().st_size
    return min(MAX_UNPACKED_BYTES, max(RATIO_FREE_BYTES, packed * MAX_RATIO))


def _unpack(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int) -> int:
    """Write an entry, counting what really comes out: the directory of an archive may say anything."""
    written = 0
    with opened.open(entry) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > budget:
                raise _too_large()
            sink.write(chunk)
    return written


def _too_large() -> FileError:
    return FileError(
        "The Shapefile unpacks to too many bytes.", code="too_large", remedy="Divide the layer, or bring a GeoPackage."
    )
