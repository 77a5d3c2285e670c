"""What a file is, by its own first bytes: its name proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.layers.files.layer_file import Driver
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
    """Raise unless `path` is an ordinary file of this machine, and not too large."""
    if not path.is_file():
        raise FileError("The file is not there.", code="file_missing", remedy="Name an ordinary file.")
    if path.stat().st_size > MAX_BYTES:
        raise FileError(
            f"The file is larger than {MAX_BYTES // 2**20} MiB.", code="too_large", remedy="Divide the layer."
        )


def is_zip(path: Path) -> bool:
    """Say whether the file is a zip archive."""
    return _head(path).startswith(_ZIP)


def sniff(path: Path) -> Driver:
    """Return the format of a file.

    Raises
    ------
    FileError
        If it is none of `Driver`; a list of layers elsewhere (VRT), for instance.
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
        "The content is none of the formats that can be read.",
        code="format",
        remedy="Bring GeoPackage, Shapefile (zipped), GeoJSON, FlatGeobuf or GeoParquet.",
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)
