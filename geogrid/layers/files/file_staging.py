"""Copying of layer files into a private folder: a Shapefile from an untrusted zip archive, or files from disk.

The folder contains only the needed files, under fixed names. So no name in an archive becomes a path, and GDAL finds no
other files.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.limits import MAX_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES
from geogrid.safe_zip import ArchiveLimits, check_entries, entry_path, read_chunks, translate_zip_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

_PARTS: Final[tuple[str, ...]] = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED: Final = (".shp", ".shx", ".dbf")
_NAME: Final = "layer"
_LIMITS: Final = ArchiveLimits(MAX_ENTRIES, MAX_UNPACKED_BYTES, MAX_RATIO, RATIO_FREE_BYTES)


def extract_shapefile(archive: Path, folder: Path) -> tuple[Path, str]:
    """Unpack the only Shapefile of a zip archive.

    Returns
    -------
    tuple of Path and str
        The .shp file in `folder`, and the name of the Shapefile in the archive.

    Raises
    ------
    FileError
        If the archive is damaged, malicious or too large, or does not contain exactly one complete Shapefile.
    """
    with translate_zip_errors(), zipfile.ZipFile(archive) as opened:
        stem, chosen = _select_shapefile(opened.infolist())
        budget = _LIMITS.budget(archive.stat().st_size)
        for suffix, entry in chosen.items():
            budget -= _unpack(opened, entry, folder / f"{_NAME}{suffix}", budget)
    return folder / f"{_NAME}.shp", stem


def copy_shapefile(shp: Path, folder: Path) -> Path:
    """Copy a Shapefile with its other files into `folder` and return the copied .shp file."""
    parts = {path.suffix.lower(): path for path in shp.parent.iterdir() if path.stem == shp.stem and path.is_file()}
    _check_set(parts)
    for suffix in _PARTS:
        if suffix in parts:
            if parts[suffix].stat().st_size > MAX_BYTES:
                raise _too_large()
            shutil.copyfile(parts[suffix], folder / f"{_NAME}{suffix}")
    return folder / f"{_NAME}.shp"


def copy_file(file: Path, folder: Path) -> Path:
    """Copy a single file into `folder` under a fixed name."""
    return Path(shutil.copyfile(file, folder / _NAME))


def _select_shapefile(entries: list[zipfile.ZipInfo]) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    check_entries(entries, _LIMITS)
    entries = [entry for entry in entries if not _is_macos_metadata(entry_path(entry))]
    shapes = [entry for entry in entries if entry_path(entry).suffix.lower() == ".shp"]
    if len(shapes) != 1:
        raise FileError(
            "The zip archive does not contain exactly one .shp file.",
            code="zip_layers",
            remedy="Create it with one Shapefile: .shp, .shx, .dbf, .prj and .cpg.",
        )
    stem_path = entry_path(shapes[0]).with_suffix("")
    entries_by_suffix = {
        entry_path(entry).suffix.lower(): entry for entry in entries if entry_path(entry).with_suffix("") == stem_path
    }
    chosen = {suffix: entries_by_suffix[suffix] for suffix in _PARTS if suffix in entries_by_suffix}
    _check_set(chosen)
    return stem_path.name, chosen


def _is_macos_metadata(path: PurePosixPath) -> bool:
    """Return whether an entry is a metadata file of macOS."""
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")


def _check_set(suffixes: Iterable[str]) -> None:
    missing = [suffix for suffix in _NEEDED if suffix not in suffixes]
    if missing:
        raise FileError(
            f"The Shapefile is incomplete: {', '.join(missing)} is missing.",
            code="shapefile_part",
            remedy="Add the missing files.",
        )


def _unpack(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int) -> int:
    with target.open("wb") as sink:
        return sum(sink.write(chunk) for chunk in read_chunks(opened, entry, budget))


def _too_large() -> FileError:
    return FileError("The Shapefile is too large.", code="too_large", remedy="Split the layer, or use a GeoPackage.")
