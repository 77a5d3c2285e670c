"""The formats of an export, and what each can hold."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import DatumError, QueryError
from geogrid.geo.datums import BD09, GCJ02, WGS84, parse_datum

if TYPE_CHECKING:
    from pathlib import Path


class ExportFormat(StrEnum):
    """A format that layers are written in.

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
        """The ending of its files."""
        return _SUFFIX[self]

    @property
    def media_type(self) -> str:
        """How HTTP calls it."""
        return _MEDIA[self]

    @property
    def holds_many(self) -> bool:
        """Whether a file of it holds several layers."""
        return self in {ExportFormat.GPKG, ExportFormat.PMTILES}


class Encoding(StrEnum):
    """The encoding of the texts of a Shapefile; every other format is in UTF-8 by its definition."""

    UTF8 = "utf-8"
    GBK = "gbk"


# A Shapefile is several files, so it goes as an archive of them.
_SUFFIX: Final = {
    ExportFormat.GPKG: ".gpkg",
    ExportFormat.GEOJSON: ".geojson",
    ExportFormat.FLATGEOBUF: ".fgb",
    ExportFormat.SHAPEFILE: ".zip",
    ExportFormat.PMTILES: ".pmtiles",
}
_MEDIA: Final = {
    ExportFormat.GPKG: "application/geopackage+sqlite3",
    ExportFormat.GEOJSON: "application/geo+json",
    ExportFormat.FLATGEOBUF: "application/flatgeobuf",
    ExportFormat.SHAPEFILE: "application/zip",
    ExportFormat.PMTILES: "application/vnd.pmtiles",
}
_WGS84_ONLY: Final = {ExportFormat.GEOJSON: "GeoJSON (RFC 7946)", ExportFormat.PMTILES: "PMTiles"}


def format_of(path: Path) -> ExportFormat:
    """Return the format that the ending of a name stands for.

    Raises
    ------
    QueryError
        If it stands for none.

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
        "The ending of the name stands for no format.",
        code="format",
        field="format",
        remedy=f"Name the format, or end the name with one of {', '.join(_SUFFIX.values())}.",
    )


def check_encoding(form: ExportFormat, encoding: Encoding) -> None:
    """Raise unless a file of this format can be in this encoding."""
    if encoding is not Encoding.UTF8 and form is not ExportFormat.SHAPEFILE:
        raise QueryError(
            "Only a Shapefile has a choice of encodings; this format is in UTF-8.",
            code="encoding",
            field="encoding",
            remedy="Leave the encoding out.",
        )


def epsg_of(datum: str, form: ExportFormat) -> str:
    """Return how a file of this format names a datum, such as ``EPSG:4547``.

    Raises
    ------
    DatumError
        If it cannot.

    Examples
    --------
    >>> epsg_of("cgcs2000", ExportFormat.GPKG), epsg_of("EPSG:4547", ExportFormat.SHAPEFILE)
    ('EPSG:4490', 'EPSG:4547')
    >>> epsg_of("gcj02", ExportFormat.GPKG)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.DatumError: datum: GCJ-02 and BD-09 have no EPSG code, so no file can say that it is in them; ...
    """
    name = parse_datum(datum)
    if name in {GCJ02, BD09}:
        raise DatumError(
            "GCJ-02 and BD-09 have no EPSG code, so no file can say that it is in them; readers would take it for "
            "WGS 84, hundreds of metres off.",
            code="datum_unnameable",
            field="datum",
            remedy="Export in wgs84, cgcs2000 or an EPSG code.",
        )
    if form in _WGS84_ONLY and name != WGS84:
        raise DatumError(
            f"{_WGS84_ONLY[form]} is in WGS 84 by its definition.",
            code="datum_fixed",
            field="datum",
            remedy="Leave the datum out, or choose gpkg, flatgeobuf or shapefile.",
        )
    return {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}.get(name, name.upper())
