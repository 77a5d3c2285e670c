"""Sites from files: points from CSV, XLSX and GeoJSON, areas from any layer file of a GIS office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.errors import DatumError, FileError, InputError
from geogrid.geo import datums
from geogrid.incidents.files import FileFormat, read_rows
from geogrid.layers.files import read_file
from geogrid.model import SiteDraft
from geogrid.people.cells import parse_code, parse_text
from geogrid.people.columns import normalize_header
from geogrid.tabular.delimited import read_csv_rows
from geogrid.tabular.table_rows import Refusal, TableRow
from geogrid.tabular.workbook import MAX_ROWS, read_sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: By field, in any case of letters; an area has its own shape, and no lon and lat.
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
    """The sites of a file: those that can be kept, and the rows that cannot."""

    drafts: list[SiteDraft]
    refused: list[Refusal]


def read_sites(path: Path, datum: str | None) -> SiteList:
    """Read sites.

    Parameters
    ----------
    path
        A ``.csv``, ``.xlsx`` or ``.geojson`` file of points; a GeoJSON file of areas, or any other file that
        `geogrid.layers.files.read_file` reads.
    datum
        The canonical datum of the coordinates; of areas only where the file does not say.

    Raises
    ------
    FileError, LayerError
        If it cannot be read.
    DatumError
        If points have no datum.
    """
    suffix = path.suffix.lower()
    if suffix in {".csv", ".xlsx"}:
        return _from_points(_table(path.read_bytes(), suffix), datum)
    if suffix in {".geojson", ".json"}:
        rows = list(read_rows(path.read_bytes(), FileFormat.GEOJSON))
        if any(row.values.get("lon") is not None for row in rows):
            return _from_points([TableRow(row.number, _named(row.values.items())) for row in rows], datum)
    return _from_areas(path, datum)


def _table(content: bytes, suffix: str) -> list[TableRow]:
    lines: Iterable[tuple[int, Sequence[object]]]
    lines = read_csv_rows(content) if suffix == ".csv" else read_sheet_rows(content)
    filled = [(number, cells) for number, cells in lines if any(cell not in {None, ""} for cell in cells)]
    if len(filled) > MAX_ROWS:
        raise FileError(f"The file has more than {MAX_ROWS:,} rows.", code="too_large", remedy="Divide it.")
    header = filled[0][1] if filled else ()
    known = _named((cell, cell) for cell in header)
    if missing := [field for field in _REQUIRED if field not in known]:
        raise FileError(
            f"The column {COLUMNS[missing[0]][0]} ({missing[0]}) is missing.",
            code="column_missing",
            field=missing[0],
            remedy="Put the names of the columns into the first row.",
        )
    return [TableRow(number, _named(zip(header, cells, strict=False))) for number, cells in filled[1:]]


def _named(cells: Iterable[tuple[object, Any]]) -> dict[str, Any]:
    return {field: value for name, value in cells if (field := _FIELDS.get(normalize_header(name)))}


def _from_points(rows: Sequence[TableRow], datum: str | None) -> SiteList:
    if datum is None:
        raise DatumError("No datum was given.", code="datum_missing", field="datum", remedy="Say wgs84, gcj02, bd09, …")
    taken: list[tuple[str, str, str]] = []
    points: list[tuple[float, float]] = []
    refused = []
    for row in rows:
        try:
            named = _checked(row.values)
            x, y = _number(row.values.get("lon"), "lon"), _number(row.values.get("lat"), "lat")
            datums.check(x, y, datum)
        except InputError as error:
            refused.append(Refusal(row.number, error.field, error.code, error.message))
            continue
        taken.append(named)
        points.append((x, y))
    given = np.array(points, dtype=np.float64).reshape(-1, 2)
    shapes = shapely.points(*datums.to_wgs84(given[:, 0], given[:, 1], datum))
    return _unique([SiteDraft(*named, shape) for named, shape in zip(taken, shapes, strict=True)], refused)


def _from_areas(path: Path, datum: str | None) -> SiteList:
    frame = read_file(path, datum=datum).frame
    drafts, refused = [], []
    records = zip(frame["code"], frame["name"], frame["kind"], frame.geometry, strict=True)
    for number, (code, name, kind, shape) in enumerate(records, start=1):
        try:
            drafts.append(SiteDraft(*_checked({"code": code, "name": name, "kind": kind}), _valid(shape)))
        except InputError as error:
            refused.append(Refusal(number, error.field, error.code, error.message))
    return _unique(drafts, refused)


def _valid(shape: shapely.Geometry) -> shapely.Geometry:
    if not shapely.is_valid(shape):
        raise InputError(
            "A ring crosses itself, or a hole lies outside.",
            code="ring_invalid",
            field="geometry",
            remedy="See: geogrid layers check.",
        )
    return shape


def _checked(values: Mapping[str, Any]) -> tuple[str, str, str]:
    code, name = parse_code(values.get("code"), "code"), parse_text(values.get("name"), "name")
    for field, text in (("code", code), ("name", name)):
        if not text:
            raise InputError("The value is missing.", code="missing", field=field)
    if len(code) > _MAX_CODE:
        raise InputError(f"The code is longer than {_MAX_CODE} characters.", code="code_too_long", field="code")
    kind = parse_text(values.get("kind"), "kind")
    if len(kind) > _MAX_CODE:
        raise InputError(f"The kind is longer than {_MAX_CODE} characters.", code="text_too_long", field="kind")
    return code, name, kind


def _number(cell: object, field: str) -> float:
    if cell is None or cell == "":
        raise InputError("The value is missing.", code="missing", field=field)
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise InputError("The value is not a number.", code="type", field=field)
    try:
        return float(cell)
    except (ValueError, OverflowError) as error:
        raise InputError("The value is not a number.", code="type", field=field) from error


def _unique(drafts: Sequence[SiteDraft], refused: list[Refusal]) -> SiteList:
    if len({draft.code for draft in drafts}) < len(drafts):
        raise FileError("A code stands twice in the file.", code="row_twice", field="code", remedy="Keep one of them.")
    return SiteList(list(drafts), refused)
