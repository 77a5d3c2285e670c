"""Reading of inspected sites: points from CSV, XLSX and GeoJSON, areas from any layer file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.errors import DatumError, FileError, InputError
from geogrid.geo import datums
from geogrid.incidents.incident_file_reader import FileFormat, read_rows
from geogrid.layers.files import read_file
from geogrid.model import SiteDraft
from geogrid.people.cell_parsing import parse_code, parse_text
from geogrid.people.column_aliases import normalize_header
from geogrid.tabular.csv_format import read_csv_rows
from geogrid.tabular.row_model import Refusal, TableRow
from geogrid.tabular.xlsx_reader import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: Accepted column names by field, case-insensitive. Areas have a geometry instead of lon and lat.
COLUMNS: Final = {
    "code": ("点位编码", "编码", "编号", "code"),
    "name": ("点位名称", "名称", "name"),
    "kind": ("点位类型", "类型", "类别", "kind", "type"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
}
_FIELDS: Final = {name: field for field, names in COLUMNS.items() for name in names}
_REQUIRED: Final = ("code", "name", "lon", "lat")
_MAX_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class SiteList:
    """The valid sites of a file and the refused rows."""

    drafts: list[SiteDraft]
    refused: list[Refusal]


@dataclass(frozen=True, slots=True)
class _Identity:
    code: str
    name: str
    kind: str


def read_sites(path: Path, datum: str | None) -> SiteList:
    """Return the sites of a file.

    Parameters
    ----------
    path
        A ``.csv``, ``.xlsx`` or ``.geojson`` file of points; or a file of areas that `geogrid.layers.files.read_file`
        reads.
    datum
        Canonical datum of the coordinates; for areas only used if the file states none.

    Raises
    ------
    FileError, LayerError
        If the file cannot be read.
    DatumError
        If `datum` is None and the file contains points.
    """
    suffix = path.suffix.lower()
    if suffix in {".csv", ".xlsx"}:
        return _build_point_sites(_read_table(path.read_bytes(), suffix), datum)
    if suffix in {".geojson", ".json"}:
        rows = list(read_rows(path.read_bytes(), FileFormat.GEOJSON))
        if any(row.values.get("lon") is not None for row in rows):
            return _build_point_sites([TableRow(row.number, _rename_fields(row.values.items())) for row in rows], datum)
    return _build_area_sites(path, datum)


def _read_table(content: bytes, suffix: str) -> list[TableRow]:
    lines: Iterable[tuple[int, Sequence[object]]]
    lines = read_csv_rows(content) if suffix == ".csv" else read_sheet_rows(content)
    filled = [(number, cells) for number, cells in lines if any(cell not in {None, ""} for cell in cells)]
    if len(filled) > MAX_ROWS:
        raise FileError(
            f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Split it into several files."
        )
    header = filled[0][1] if filled else ()
    known = _rename_fields((cell, cell) for cell in header)
    if missing := [field for field in _REQUIRED if field not in known]:
        raise FileError(
            f"The column {COLUMNS[missing[0]][0]} ({missing[0]}) is missing.",
            code="column_missing",
            field=missing[0],
            remedy="The first row must contain the column names.",
        )
    return [TableRow(number, _rename_fields(zip(header, cells, strict=False))) for number, cells in filled[1:]]


def _rename_fields(cells: Iterable[tuple[object, Any]]) -> dict[str, Any]:
    return {field: value for name, value in cells if (field := _FIELDS.get(normalize_header(name)))}


def _build_point_sites(rows: Sequence[TableRow], datum: str | None) -> SiteList:
    if datum is None:
        raise DatumError(
            "No datum was given.",
            code="datum_missing",
            field="datum",
            remedy="Add --datum, such as wgs84, gcj02 or bd09.",
        )
    identities: list[_Identity] = []
    points: list[tuple[float, float]] = []
    refused = []
    for row in rows:
        try:
            identity = _check_identity(row.values)
            x, y = _parse_number(row.values.get("lon"), "lon"), _parse_number(row.values.get("lat"), "lat")
            datums.check_coordinates(x, y, datum)
        except InputError as error:
            refused.append(Refusal(row.number, error.field, error.code, error.message))
            continue
        identities.append(identity)
        points.append((x, y))
    coordinates = np.array(points, dtype=np.float64).reshape(-1, 2)
    shapes = shapely.points(*datums.to_wgs84(coordinates[:, 0], coordinates[:, 1], datum))
    return _check_unique(
        [_build_draft(identity, shape) for identity, shape in zip(identities, shapes, strict=True)], refused
    )


def _build_area_sites(path: Path, datum: str | None) -> SiteList:
    frame = read_file(path, datum=datum).frame
    drafts, refused = [], []
    records = zip(frame["code"], frame["name"], frame["kind"], frame.geometry, strict=True)
    for number, (code, name, kind, shape) in enumerate(records, start=1):
        try:
            drafts.append(
                _build_draft(_check_identity({"code": code, "name": name, "kind": kind}), _check_shape(shape))
            )
        except InputError as error:
            refused.append(Refusal(number, error.field, error.code, error.message))
    return _check_unique(drafts, refused)


def _check_shape(shape: shapely.Geometry) -> shapely.Geometry:
    if not shapely.is_valid(shape):
        raise InputError(
            "The polygon is invalid: a ring crosses itself, or a hole lies outside.",
            code="ring_invalid",
            field="geometry",
            remedy="Run: geogrid layers check.",
        )
    return shape


def _build_draft(identity: _Identity, shape: shapely.Geometry) -> SiteDraft:
    return SiteDraft(identity.code, identity.name, identity.kind, shape)


def _check_identity(values: Mapping[str, Any]) -> _Identity:
    code, name = parse_code(values.get("code"), "code"), parse_text(values.get("name"), "name")
    for field, text in (("code", code), ("name", name)):
        if not text:
            raise InputError("The value is missing.", code="missing", field=field)
    if len(code) > _MAX_CODE:
        raise InputError(f"The code is longer than {_MAX_CODE} characters.", code="code_too_long", field="code")
    kind = parse_text(values.get("kind"), "kind")
    if len(kind) > _MAX_CODE:
        raise InputError(f"The kind is longer than {_MAX_CODE} characters.", code="text_too_long", field="kind")
    return _Identity(code, name, kind)


def _parse_number(cell: object, field: str) -> float:
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field=field)
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise InputError("The value is not a number.", code="type", field=field)
    try:
        return float(cell)
    except (ValueError, OverflowError) as error:
        raise InputError("The value is not a number.", code="type", field=field) from error


def _check_unique(drafts: Sequence[SiteDraft], refused: list[Refusal]) -> SiteList:
    if len({draft.code for draft in drafts}) < len(drafts):
        raise FileError(
            "A site code occurs twice in the file.", code="row_twice", field="code", remedy="Remove one of the rows."
        )
    return SiteList(list(drafts), refused)
