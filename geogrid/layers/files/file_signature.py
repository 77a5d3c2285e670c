"""Detection of the file format by the first bytes; the file name is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.layer_file_content import Driver
from geogrid.layers.files.limits import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_ZIP: Final = b"PK\x03\x04"
_SQLITE: Final = b"SQLite format 3\0"
_SHAPEFILE: Final = (9994).to_bytes(4, "big")
_FLATGEOBUF: Final = b"fgb\x03fgb"
_PARQUET: Final = b"PAR1"
_BOM: Final = b"\xef\xbb\xbf"
_HEAD_BYTES: Final = 1024


def check_file(path: Path) -> None:
    """Raise if `path` is not a regular file, or is too large."""
    if not path.is_file():
        raise FileError("The file does not exist.", code="file_missing", remedy="Give the path of a regular file.")
    if path.stat().st_size > MAX_BYTES:
        raise FileError(
            f"The file is larger than {MAX_BYTES // 2**20} MiB.", code="too_large", remedy="Split the layer."
        )


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip archive."""
    return _head(path).startswith(_ZIP)


def detect_format(path: Path) -> Driver:
    """Return the format of a file.

    Raises
    ------
    FileError
        If the format is none of `Driver`, such as a GDAL virtual format (VRT).
    """
    head = _head(path)
    if head.startswith(_SQLITE):
        return Driver.GPKG
    if head.startswith(_SHAPEFILE):
        return Driver.SHAPEFILE
    if head.startswith(_FLATGEOBUF):
        return Driver.FLATGEOBUF
    if head.startswith(_PARQUET):
        return Driver.GEOPARQUET
    if head.removeprefix(_BOM).lstrip().startswith(b"{"):
        return Driver.GEOJSON
    raise FileError(
        "The file format is not supported.",
        code="format",
        remedy="Use GeoPackage, Shapefile (zipped), GeoJSON, FlatGeobuf or GeoParquet.",
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)
