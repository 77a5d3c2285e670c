"""Bring a Shapefile set into a folder of its own: from a zip archive that nobody trusts, or from beside the .shp file.

In that folder are only the parts that are needed, under names of ours. So no name in an archive becomes a path, and
GDAL finds no file that it was not given.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.limits import MAX_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES
from geogrid.safe_zip import ArchiveLimits, check_entries, chunks, clear_damage, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

_PARTS: Final[tuple[str, ...]] = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED: Final = (".shp", ".shx", ".dbf")
_NAME: Final = "layer"
_LIMITS: Final = ArchiveLimits(MAX_ENTRIES, MAX_UNPACKED_BYTES, MAX_RATIO, RATIO_FREE_BYTES)


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
    with clear_damage(), zipfile.ZipFile(archive) as opened:
        stem, chosen = _choose(opened.infolist())
        budget = _LIMITS.budget(archive.stat().st_size)
        for suffix, entry in chosen.items():
            budget -= _unpack(opened, entry, folder / f"{_NAME}{suffix}", budget)
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
    check_entries(entries, _LIMITS)
    entries = [entry for entry in entries if not _is_shadow(path_of(entry))]
    shapes = [entry for entry in entries if path_of(entry).suffix.lower() == ".shp"]
    if len(shapes) != 1:
        raise FileError(
            "The archive does not hold exactly one .shp file.",
            code="zip_layers",
            remedy="Pack one Shapefile with its .shx, .dbf, .prj and .cpg.",
        )
    whole = path_of(shapes[0]).with_suffix("")
    found = {path_of(entry).suffix.lower(): entry for entry in entries if path_of(entry).with_suffix("") == whole}
    chosen = {suffix: found[suffix] for suffix in _PARTS if suffix in found}
    _check_set(chosen)
    return whole.name, chosen


def _is_shadow(path: PurePosixPath) -> bool:
    """Say whether an entry is one that macOS packs beside each file."""
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")


def _check_set(suffixes: Iterable[str]) -> None:
    missing = [suffix for suffix in _NEEDED if suffix not in suffixes]
    if missing:
        raise FileError(
            f"The Shapefile lacks its {', '.join(missing)}.", code="shapefile_part", remedy="Bring the whole set."
        )


def _unpack(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int) -> int:
    with target.open("wb") as sink:
        return sum(sink.write(chunk) for chunk in chunks(opened, entry, budget))


def _too_large() -> FileError:
    return FileError("The Shapefile is too large.", code="too_large", remedy="Divide the layer, or bring a GeoPackage.")
