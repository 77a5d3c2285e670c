"""File formats of points, determined by the suffix."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


class Format(StrEnum):
    """File format for reading and writing points."""

    CSV = "CSV"
    PARQUET = "Parquet"
    GEOPARQUET = "GeoParquet"
    NDJSON = "NDJSON"
    GEOJSON = "GeoJSON"
    ARROW = "Arrow file"
    ARROW_STREAM = "Arrow stream"


SUFFIXES: Final = {
    ".csv": Format.CSV,
    ".parquet": Format.PARQUET,
    ".geoparquet": Format.GEOPARQUET,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".geojson": Format.GEOJSON,
    ".json": Format.GEOJSON,
    ".arrow": Format.ARROW,
    ".feather": Format.ARROW,
    ".arrows": Format.ARROW_STREAM,
}


def find_format(path: Path) -> Format:
    """Return the format of a file by its suffix.

    Raises
    ------
    FileError
        If the suffix is unknown.

    Examples
    --------
    >>> from pathlib import Path
    >>> find_format(Path("points.CSV")), find_format(Path("points.arrows"))
    (<Format.CSV: 'CSV'>, <Format.ARROW_STREAM: 'Arrow stream'>)
    """
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise FileError(
            f"{path.name}: the suffix is unknown.", code="format", remedy=f"Use one of {', '.join(SUFFIXES)}."
        ) from None
