"""Detection of the file format by the first bytes; the file name is ignored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.layer_file_content import Driver
from geogrid.layers.files.limits import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_ZIP: Final = b"PK\x03\x04"
_BOM: Final = b"\xef\xbb\xbf"
_HEAD_BYTES: Final = 1024
#: Patterns of the first bytes, after a byte order mark and blanks.
_SIGNATURES: Final = {
    Driver.GPKG: re.compile(rb"SQLite format 3\0"),
    Driver.SHAPEFILE: re.compile(re.escape((9994).to_bytes(4, "big"))),
    Driver.FLATGEOBUF: re.compile(rb"fgb\x03fgb"),
    Driver.GEOPARQUET: re.compile(rb"PAR1"),
    Driver.GEOJSON: re.compile(rb"\{"),
    Driver.KML: re.compile(rb"<(?:.*<)?(?:\w+:)?kml[\s>]", re.DOTALL),
    Driver.MAPINFO_TAB: re.compile(rb"!table\b", re.IGNORECASE),
    Driver.MAPINFO_MIF: re.compile(rb"version\s+\d", re.IGNORECASE),
    # A DXF file consists of pairs of lines: a group code and a value. Code 999 is a comment.
    Driver.DXF: re.compile(rb"(?:999\s*\n[^\n]*\n\s*)*0\s*\n\s*SECTION\b"),
}
_OTHER_ARCHIVE: Final = "Pack the files of the layer as a .zip archive."
#: First bytes, names and remedies of formats that offices send and that are not read.
_REFUSED: Final = {
    re.compile(rb"AC10\d\d"): ("DWG drawing", "Save it as DXF in the drawing program, and name the datum."),
    re.compile(rb"AutoCAD Binary DXF"): ("binary DXF drawing", "Save it as ASCII DXF."),
    re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"): (
        "old office file (.xls, .et, .doc, .wps)",
        "It has no shapes. Export the layer from GIS software as GeoPackage; save a table as .xlsx or .csv.",
    ),
    re.compile(rb"\x00\x01\x00\x00Standard (?:Jet|ACE) DB"): (
        "personal geodatabase (.mdb)",
        "Export it as a file geodatabase or GeoPackage.",
    ),
    re.compile(rb"Rar!"): ("RAR archive", _OTHER_ARCHIVE),
    re.compile(rb"7z\xbc\xaf"): ("7z archive", _OTHER_ARCHIVE),
    re.compile(rb"%PDF"): ("PDF file", "Export the layer from GIS software as GeoPackage."),
}
READ_FORMATS: Final = (
    "Use GeoPackage, Shapefile (zipped), GeoJSON, FlatGeobuf, GeoParquet, KML, KMZ, a file geodatabase (.gdb, zipped), "
    "MapInfo (zipped TAB or MIF) or DXF."
)


def check_file(path: Path) -> None:
    """Raise if `path` is neither a regular file nor a file geodatabase, or is too large."""
    if is_geodatabase(path):
        return
    if not path.is_file():
        raise FileError("The file does not exist.", code="file_missing", remedy="Give the path of a regular file.")
    if path.stat().st_size > MAX_BYTES:
        raise FileError(
            f"The file is larger than {MAX_BYTES // 2**20} MiB.", code="too_large", remedy="Split the layer."
        )


def is_geodatabase(path: Path) -> bool:
    """Return whether a path is a folder named like a file geodatabase."""
    return path.suffix.lower() == ".gdb" and path.is_dir()


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip archive."""
    return path.is_file() and _head(path).startswith(_ZIP)


def detect_format(path: Path) -> Driver:
    """Return the format of a file.

    Raises
    ------
    FileError
        If the format is none of `Driver`, such as a GDAL virtual format (VRT). Formats that offices often send are
        named.
    """
    head = _head(path)
    text = head.removeprefix(_BOM).lstrip()
    for driver, pattern in _SIGNATURES.items():
        if pattern.match(text) or pattern.match(head):
            return driver
    for pattern, (name, remedy) in _REFUSED.items():
        if pattern.match(head):
            raise refused_format(name, remedy)
    raise FileError("The file format is not supported.", code="format", remedy=READ_FORMATS)


def refused_format(name: str, remedy: str) -> FileError:
    """Return the error for a known format that is not read."""
    return FileError(f"The format is not read: {name}.", code="format", remedy=remedy)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)
