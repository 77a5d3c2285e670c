"""The export formats, their encodings and datums."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.constants import MEDIA_TYPES
from geogrid.errors import DatumError, QueryError
from geogrid.geo.datums import BD09, GCJ02, WGS84, WKT_PREFIX
from geogrid.geo.local_projections import parse_projection

if TYPE_CHECKING:
    from pathlib import Path


class ExportFormat(StrEnum):
    """An export format.

    Examples
    --------
    >>> [(form.value, form.suffix) for form in ExportFormat if form.holds_many]
    [('gpkg', '.gpkg'), ('pmtiles', '.pmtiles')]
    """

    GPKG = "gpkg"
    GEOJSON = "geojson"
    FLATGEOBUF = "flatgeobuf"
    SHAPEFILE = "shapefile"
    PMTILES = "pmtiles"

    @property
    def suffix(self) -> str:
        """The file name suffix."""
        return _SUFFIX[self]

    @property
    def media_type(self) -> str:
        """The media type for HTTP."""
        return _MEDIA[self]

    @property
    def holds_many(self) -> bool:
        """Whether a file can contain several layers."""
        return self in {ExportFormat.GPKG, ExportFormat.PMTILES}


class Encoding(StrEnum):
    """The text encoding of a Shapefile; all other formats use UTF-8."""

    UTF8 = "utf-8"
    GBK = "gbk"


# A Shapefile has several files and is exported as a zip archive.
_SUFFIX: Final = {
    ExportFormat.GPKG: ".gpkg",
    ExportFormat.GEOJSON: ".geojson",
    ExportFormat.FLATGEOBUF: ".fgb",
    ExportFormat.SHAPEFILE: ".zip",
    ExportFormat.PMTILES: ".pmtiles",
}
_MEDIA: Final = {
    ExportFormat.GPKG: MEDIA_TYPES["gpkg"],
    ExportFormat.GEOJSON: MEDIA_TYPES["geojson"],
    ExportFormat.FLATGEOBUF: "application/flatgeobuf",
    ExportFormat.SHAPEFILE: "application/zip",
    ExportFormat.PMTILES: "application/vnd.pmtiles",
}
_WGS84_ONLY: Final = {ExportFormat.GEOJSON: "GeoJSON (RFC 7946)", ExportFormat.PMTILES: "PMTiles"}


def format_of(path: Path) -> ExportFormat:
    """Return the export format for the suffix of a file name.

    Raises
    ------
    QueryError
        If the suffix is unknown.

    Examples
    --------
    >>> from pathlib import Path
    >>> format_of(Path("grids.fgb")).value, format_of(Path("grids.ZIP")).value
    ('flatgeobuf', 'shapefile')
    """
    for form, suffix in _SUFFIX.items():
        if path.suffix.lower() == suffix:
            return form
    raise QueryError(
        "The file name suffix matches no export format.",
        code="format",
        field="format",
        remedy=f"Give the format, or use one of the suffixes {', '.join(_SUFFIX.values())}.",
    )


def check_encoding(form: ExportFormat, encoding: Encoding) -> None:
    """Raise if the format does not support the encoding."""
    if encoding is not Encoding.UTF8 and form is not ExportFormat.SHAPEFILE:
        raise QueryError(
            "Only a Shapefile supports other encodings than UTF-8.",
            code="encoding",
            field="encoding",
            remedy="Omit the encoding, or choose shapefile.",
        )


def epsg_of(datum: str, form: ExportFormat) -> str:
    """Return the CRS of a datum for a format: a name such as ``EPSG:4547``, or the definition of a local projection.

    Raises
    ------
    DatumError
        If the format cannot name the datum.

    Examples
    --------
    >>> epsg_of("cgcs2000", ExportFormat.GPKG), epsg_of("EPSG:4547", ExportFormat.SHAPEFILE)
    ('EPSG:4490', 'EPSG:4547')
    >>> epsg_of("gcj02", ExportFormat.GPKG)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.DatumError: datum: GCJ-02 and BD-09 have no EPSG code, so a file cannot name them; ...
    """
    name = parse_projection(datum)
    if name in {GCJ02, BD09}:
        raise DatumError(
            "GCJ-02 and BD-09 have no EPSG code, so a file cannot name them; other software would assume WGS 84, "
            "hundreds of metres off.",
            code="datum_unnameable",
            field="datum",
            remedy="Export in wgs84, cgcs2000 or an EPSG code.",
        )
    if form in _WGS84_ONLY and name != WGS84:
        raise DatumError(
            f"{_WGS84_ONLY[form]} requires WGS 84.",
            code="datum_fixed",
            field="datum",
            remedy="Omit the datum, or choose gpkg, flatgeobuf or shapefile.",
        )
    if name.startswith(WKT_PREFIX):
        return name.removeprefix(WKT_PREFIX)
    return {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}.get(name, name.upper())
