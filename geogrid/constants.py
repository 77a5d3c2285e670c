"""Constants and enumerations that every package may import."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Largest id of a database row: a signed 64-bit integer.
MAX_ID: Final = 2**63 - 1
#: Pattern of the code of an area, whatever the code scheme: safe in addresses, file names and CSV. The first character
#: is no dot, because a browser removes the path segments "." and "..", and no hyphen, which begins a formula in Excel.
AREA_CODE: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}"


#: Media types of files for HTTP, by the name of the format.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Language(StrEnum):
    """Language of a page, a print or an exported table."""

    ZH = "zh"
    EN = "en"
