"""Reading of inspected sites: points from tables and GeoJSON, areas from any layer file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq
import shapely

from geogrid.errors import DatumError, FileError, InputError
from geogrid.geo import datums
from geogrid.geo.coordinate_checks import check_coordinates
from geogrid.layers.files import read_file
from geogrid.layers.point_features import read_point_features
from geogrid.model import SiteDraft
from geogrid.tabular.cell_parsing import parse_code, parse_text
from geogrid.tabular.known_columns import KnownColumns
from geogrid.tabular.point_columns import INSTEAD_OF, LAT_NAMES, LON_NAMES, POINT_NAMES, read_point
from geogrid.tabular.row_model import LeftOutRow, Refusal
from geogrid.tabular.table_reader import DEFAULT_OPTIONS, ReadOptions, TabularFormat, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geogrid.tabular.row_model import TableRow

#: Areas have a geometry instead of coordinates.
SITE_COLUMNS: Final = KnownColumns(
    names={
        "code": ("点位编码", "编码", "编号"),
        "name": ("点位名称", "名称"),
        "kind": ("点位类型", "类型", "类别", "type"),
        "lon": LON_NAMES,
        "lat": LAT_NAMES,
        "point": POINT_NAMES,
    },
    required=(("code",), ("name",), ("lon", "point"), ("lat", "point")),
    instead_of=INSTEAD_OF,
)
_TABLES: Final = {f".{file_format}" for file_format in TabularFormat}
_MAX_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class SiteList:
    """The valid sites of a file, the refused rows, and the rows that are no records."""

    drafts: list[SiteDraft]
    refused: list[Refusal]
    left_out: list[LeftOutRow] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Identity:
    code: str
    name: str
    kind: str


def read_sites(path: Path, datum: str | None, options: ReadOptions = DEFAULT_OPTIONS) -> SiteList:
    """Return the sites of a file.

    Parameters
    ----------
    path
        A table or ``.geojson`` file of points; or a file of areas that `geogrid.layers.files.read_file`
        reads.
    datum
        Canonical datum of the coordinates; for areas only used if the file states none.
    options
        Options for tables, and the mapping for GeoJSON.

    Raises
    ------
    FileError, LayerError
        If the file cannot be read.
    DatumError
        If `datum` is None and the file contains points.
    """
    suffix = path.suffix.lower()
    if suffix in _TABLES and not _has_geometry(path):
        table = read_table(path.read_bytes(), TabularFormat.of_file(path), SITE_COLUMNS, options)
        return replace(_build_point_sites(list(table.rows), datum), left_out=table.left_out)
    if suffix in {".geojson", ".json"}:
        features = read_point_features(path.read_bytes(), SITE_COLUMNS, options.mapping)
        rows = list(features.rows)
        if any(row.values.get("lon") is not None for row in rows):
            return _build_point_sites(rows, features.resolve_datum(datum))
    return _build_area_sites(path, datum)


def _has_geometry(path: Path) -> bool:
    """Return whether a file is GeoParquet, whose sites are areas."""
    return path.suffix.lower() == ".parquet" and b"geo" in (pq.read_schema(path).metadata or {})


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
            point = read_point(row.values)
            check_coordinates(point.lon, point.lat, datum)
        except InputError as error:
            refused.append(Refusal.of(row.number, error))
            continue
        identities.append(identity)
        points.append((point.lon, point.lat))
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
            refused.append(Refusal.of(number, error))
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


def _check_unique(drafts: Sequence[SiteDraft], refused: list[Refusal]) -> SiteList:
    if len({draft.code for draft in drafts}) < len(drafts):
        raise FileError(
            "A site code occurs twice in the file.", code="row_twice", field="code", remedy="Remove one of the rows."
        )
    return SiteList(list(drafts), refused)
