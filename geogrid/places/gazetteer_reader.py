"""Reading of gazetteers (标准地名地址) from tables."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import FileError, InputError
from geogrid.geo import datums
from geogrid.geo.coordinate_checks import check_coordinates
from geogrid.model import Address, Point
from geogrid.tabular.cell_parsing import parse_text
from geogrid.tabular.known_columns import KnownColumns
from geogrid.tabular.point_columns import DATUM_NAMES, INSTEAD_OF, LAT_NAMES, LON_NAMES, POINT_NAMES, read_point
from geogrid.tabular.row_model import LeftOutRow, Refusal
from geogrid.tabular.table_reader import DEFAULT_OPTIONS, ReadOptions, TabularFormat, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.tabular.row_model import TableRow

PLACE_COLUMNS: Final = KnownColumns(
    names={
        "name": ("标准名称", "地名", "名称"),
        "address": ("标准地址", "地址", "详细地址"),
        "kind": ("地名类别", "类别", "类型", "type"),
        "lon": LON_NAMES,
        "lat": LAT_NAMES,
        "point": POINT_NAMES,
        "datum": DATUM_NAMES,
    },
    required=(("name", "address"), ("lon", "point"), ("lat", "point")),
    instead_of=INSTEAD_OF,
)
MAX_KIND: Final = 40
MAX_SOURCE: Final = 100


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The valid places of a file, the refused rows, and the rows that are no records."""

    places: list[Address]
    refused: list[Refusal]
    left_out: list[LeftOutRow] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _PlaceRow:
    name: str
    address: str
    kind: str
    point: Point
    datum: str


def read_gazetteer(
    content: bytes,
    file_format: TabularFormat,
    datum: str,
    source: str,
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    synthetic: bool = False,
) -> Gazetteer:
    r"""Return the places of a gazetteer. An invalid row is refused alone.

    Parameters
    ----------
    content
        Content of the file.
    file_format, options
        See `geogrid.tabular.table_reader.read_table`.
    datum
        Canonical datum of rows without one.
    source
        Name of the gazetteer.
    synthetic
        Whether the places are synthetic.

    Raises
    ------
    FileError
        If the content does not have this format, is too long, lacks a required column, or `source` is not valid.

    Examples
    --------
    >>> content = "名称,地址,经度,纬度\n示例商店,示例路1号,113.3058,40.0912\n,,113.3,40.09\n".encode()
    >>> gazetteer = read_gazetteer(content, TabularFormat.CSV, "gcj02", "示例", synthetic=True)
    >>> gazetteer.places[0].name, round(gazetteer.places[0].wgs84.lon, 4), gazetteer.refused[0].field
    ('示例商店', 113.2988, 'name')
    """
    _check_source(source)
    rows: list[_PlaceRow] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    table = read_table(content, file_format, PLACE_COLUMNS, options)
    for row in table.rows:
        try:
            place = _parse_row(row, datum)
            if (place.name, place.address) in seen:
                raise InputError(  # noqa: TRY301 - all errors are handled below
                    "An earlier row has the same name and address.",
                    code="row_twice",
                    field="name",
                    remedy="Remove one of them, or add different addresses.",
                )
        except InputError as error:
            refused.append(Refusal.of(row.number, error))
            continue
        seen.add((place.name, place.address))
        rows.append(place)
    return Gazetteer(_build_addresses(rows, source, synthetic=synthetic), refused, table.left_out)


def _check_source(source: str) -> None:
    if not parse_text(source, "source") or len(source) > MAX_SOURCE:
        raise FileError(
            "The source has no name, or a name of more than 100 characters.",
            code="source",
            field="source",
            remedy="Add --source with a short name.",
        )


def _parse_row(row: TableRow, default_datum: str) -> _PlaceRow:
    values = row.values
    name, address, kind = (parse_text(values.get(field), field) for field in ("name", "address", "kind"))
    if not (name or address):
        raise InputError("The value is missing.", code="missing", field="name", remedy="Add a name or an address.")
    if len(kind) > MAX_KIND:
        raise InputError(
            f"The text is longer than {MAX_KIND} characters.", code="text_too_long", field="kind", remedy="Shorten it."
        )
    datum_name = parse_text(values.get("datum"), "datum")
    datum = datums.parse_datum(datum_name) if datum_name else default_datum
    point = read_point(values)
    check_coordinates(point.lon, point.lat, datum)
    return _PlaceRow(name or address, address, kind, point, datum)


def _build_addresses(rows: Sequence[_PlaceRow], source: str, *, synthetic: bool) -> list[Address]:
    """Return the rows with their points in WGS 84, converted with one call per datum."""
    lon = np.array([row.point.lon for row in rows], dtype=np.float64)
    lat = np.array([row.point.lat for row in rows], dtype=np.float64)
    names = np.array([row.datum for row in rows], dtype=str)
    for datum in np.unique(names).tolist():
        same = names == datum
        lon[same], lat[same] = datums.to_wgs84(lon[same], lat[same], datum)
    return [
        Address(row.name, row.address, row.kind, Point(x, y), row.point, row.datum, source, synthetic)
        for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True)
    ]
