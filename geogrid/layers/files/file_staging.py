"""Copying of layer files into a private folder: from an untrusted zip archive, or from disk.

The folder contains only the needed files, under fixed names. So no name in an archive becomes a path, and GDAL finds no
other files.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.file_signature import READ_FORMATS, detect_format, is_geodatabase, refused_format
from geogrid.layers.files.layer_file_content import Driver, choose_layer
from geogrid.layers.files.limits import MAX_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES
from geogrid.safe_zip import ArchiveLimits, check_entries, entry_path, read_chunks, translate_zip_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path, PurePath, PurePosixPath

_NAME: Final = "layer"
_LIMITS: Final = ArchiveLimits(MAX_ENTRIES, MAX_UNPACKED_BYTES, MAX_RATIO, RATIO_FREE_BYTES)
_GEODATABASE: Final = ".gdb"
#: The files of a geodatabase without its indexes, which GDAL does not need.
_GEODATABASE_FILE: Final = re.compile(r"a[0-9a-f]{8}\.gdbtabl[ex]|gdb|timestamps", re.IGNORECASE)
_GEODATABASE_CATALOG: Final = "a00000001.gdbtable"
_NO_SHAPES: Final = "It has no shapes. Export the layer from GIS software as GeoPackage."
#: Formats in an archive that are refused by name.
_REFUSED: Final = {
    ".dwg": ("DWG drawing", "Save it as DXF in the drawing program, and name the datum."),
    ".xls": ("workbook (.xls)", _NO_SHAPES),
    ".et": ("workbook of WPS (.et)", _NO_SHAPES),
    ".xml": ("workbook (.xlsx)", _NO_SHAPES),
    ".mdb": ("personal geodatabase (.mdb)", "Export it as a file geodatabase or GeoPackage."),
}


@dataclass(frozen=True, slots=True)
class _FileSet:
    """The files of a layer in a format: its driver, and the suffixes of required and optional further files."""

    driver: Driver
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


#: By the suffix of the main file.
_SETS: Final = {
    ".shp": _FileSet(Driver.SHAPEFILE, (".shx", ".dbf"), (".prj", ".cpg")),
    ".tab": _FileSet(Driver.MAPINFO_TAB, (".dat", ".map", ".id"), (".ind",)),
    ".mif": _FileSet(Driver.MAPINFO_MIF, (".mid",)),
    ".dxf": _FileSet(Driver.DXF),
    ".kml": _FileSet(Driver.KML),
    ".gpkg": _FileSet(Driver.GPKG),
    ".geojson": _FileSet(Driver.GEOJSON),
    ".fgb": _FileSet(Driver.FLATGEOBUF),
}
_SUFFIXES: Final = {files.driver: suffix for suffix, files in _SETS.items()}


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A layer file in a private folder.

    Attributes
    ----------
    path
        The main file, or the folder of a geodatabase.
    driver
        The format, checked by content.
    name
        The name of the original file without suffix.
    layer
        The layer to read from the file; None if the caller named none, or named the file.
    """

    path: Path
    driver: Driver
    name: str
    layer: str | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A layer file in an archive, with its entries by the path in the private folder."""

    name: str
    driver: Driver
    entries: Mapping[str, zipfile.ZipInfo]


def unpack_layer(archive: Path, folder: Path, layer: str | None) -> StagedFile:
    """Unpack the layer file of a zip archive into `folder`.

    Parameters
    ----------
    archive
        The archive; a KMZ file is one.
    folder
        The private folder.
    layer
        The name of the layer file if the archive has several, or of a layer of the only one.

    Raises
    ------
    FileError
        If the archive is damaged, malicious or too large, or if it has no layer file, an incomplete one, or several and
        none is named.
    """
    with translate_zip_errors(), zipfile.ZipFile(archive) as opened:
        chosen = _choose_candidate(opened.infolist(), layer)
        budget = _LIMITS.budget(archive.stat().st_size)
        for name, entry in chosen.entries.items():
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            budget -= _unpack(opened, entry, target, budget)
    path = folder / next(iter(chosen.entries))
    path = path.parent if chosen.driver is Driver.GEODATABASE else path
    if chosen.driver is not Driver.GEODATABASE and detect_format(path) is not chosen.driver:
        raise FileError(
            f"The {path.suffix} file of the archive is not a file of the format {chosen.driver}.",
            code="format",
            remedy="Export it again.",
        )
    return StagedFile(path, chosen.driver, chosen.name, None if layer == chosen.name else layer)


def stage_layer(path: Path, folder: Path, layer: str | None) -> StagedFile:
    """Copy a layer file that GDAL reads, with its further files, into `folder`; other files stay where they are."""
    if is_geodatabase(path):
        return StagedFile(_copy_geodatabase(path, folder), Driver.GEODATABASE, path.stem, layer)
    driver = detect_format(path)
    files = _SETS.get(_SUFFIXES.get(driver, ""), _FileSet(driver))
    if driver is Driver.FLATGEOBUF or driver is Driver.DXF or files.needed:
        staged = _copy_set(path, folder, files)
    else:
        staged = path
    return StagedFile(staged, driver, path.stem, layer)


def _copy_set(main: Path, folder: Path, files: _FileSet) -> Path:
    parts = {path.suffix.lower(): path for path in main.parent.iterdir() if path.stem == main.stem and path.is_file()}
    _check_set(parts, files)
    suffix = _SUFFIXES[files.driver]
    chosen = {suffix: main, **{other: parts[other] for other in (*files.needed, *files.optional) if other in parts}}
    for name, part in chosen.items():
        if part.stat().st_size > MAX_BYTES:
            raise _too_large(files.driver)
        shutil.copyfile(part, folder / f"{_NAME}{name}")
    return folder / f"{_NAME}{suffix}"


def _copy_geodatabase(source: Path, folder: Path) -> Path:
    target = folder / f"{_NAME}{_GEODATABASE}"
    target.mkdir()
    files = [path for path in source.iterdir() if _GEODATABASE_FILE.fullmatch(path.name) and path.is_file()]
    _check_geodatabase(path.name.lower() for path in files)
    if sum(path.stat().st_size for path in files) > MAX_UNPACKED_BYTES:
        raise _too_large(Driver.GEODATABASE)
    for path in files:
        shutil.copyfile(path, target / path.name.lower())
    return target


def _choose_candidate(entries: list[zipfile.ZipInfo], layer: str | None) -> _Candidate:
    check_entries(entries, _LIMITS)
    files = {entry_path(entry): entry for entry in entries if not entry.is_dir()}
    files = {path: entry for path, entry in files.items() if not _is_macos_metadata(path)}
    mains = [path for path in files if path.suffix.lower() in _SETS and not _geodatabase_of(path)]
    databases = list(dict.fromkeys(folder for path in files if (folder := _geodatabase_of(path))))
    names = [path.stem for path in (*databases, *mains)]
    if not names:
        raise _no_layer_file(files)
    chosen = names[0] if len(names) == 1 else choose_layer(layer, names)
    main = (*databases, *mains)[names.index(chosen)]
    return _geodatabase_candidate(main, files) if main in databases else _set_candidate(main, files)


def _set_candidate(main: PurePosixPath, files: Mapping[PurePosixPath, zipfile.ZipInfo]) -> _Candidate:
    expected = _SETS[main.suffix.lower()]
    parts = {
        path.suffix.lower(): entry for path, entry in files.items() if path.with_suffix("") == main.with_suffix("")
    }
    _check_set(parts, expected)
    suffixes = (main.suffix.lower(), *expected.needed, *expected.optional)
    entries = {f"{_NAME}{suffix}": parts[suffix] for suffix in suffixes if suffix in parts}
    return _Candidate(main.stem, expected.driver, entries)


def _geodatabase_candidate(folder: PurePosixPath, files: Mapping[PurePosixPath, zipfile.ZipInfo]) -> _Candidate:
    members = {path.name.lower(): entry for path, entry in files.items() if path.parent == folder}
    members = {name: entry for name, entry in members.items() if _GEODATABASE_FILE.fullmatch(name)}
    _check_geodatabase(members)
    entries = {f"{_NAME}{_GEODATABASE}/{name}": entry for name, entry in members.items()}
    return _Candidate(folder.stem, Driver.GEODATABASE, entries)


def _geodatabase_of(path: PurePosixPath) -> PurePosixPath | None:
    """Return the geodatabase that contains an entry, or None."""
    return next((parent for parent in path.parents if parent.suffix.lower() == _GEODATABASE), None)


def _no_layer_file(files: Iterable[PurePath]) -> FileError:
    for path in files:
        suffix = path.suffix.lower()
        if suffix in _REFUSED and (suffix != ".xml" or path.name == "[Content_Types].xml"):
            return refused_format(*_REFUSED[suffix])
    return FileError("The zip archive contains no layer file.", code="zip_layers", remedy=READ_FORMATS)


def _is_macos_metadata(path: PurePosixPath) -> bool:
    """Return whether an entry is a metadata file of macOS."""
    return path.parts[0] == "__MACOSX" or path.name.startswith("._")


def _check_set(suffixes: Iterable[str], files: _FileSet) -> None:
    missing = [suffix for suffix in files.needed if suffix not in suffixes]
    if missing:
        code = "shapefile_part" if files.driver is Driver.SHAPEFILE else "file_part"
        raise FileError(
            f"The {files.driver} layer is incomplete: {', '.join(missing)} is missing.",
            code=code,
            remedy="Add the missing files.",
        )


def _check_geodatabase(names: Iterable[str]) -> None:
    if _GEODATABASE_CATALOG not in names:
        raise FileError(
            f"The file geodatabase is incomplete: {_GEODATABASE_CATALOG} is missing.",
            code="file_part",
            remedy="Copy or zip the whole .gdb folder.",
        )


def _unpack(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int) -> int:
    with target.open("wb") as sink:
        return sum(sink.write(chunk) for chunk in read_chunks(opened, entry, budget))


def _too_large(driver: Driver) -> FileError:
    return FileError(f"The {driver} layer is too large.", code="too_large", remedy="Split the layer.")
