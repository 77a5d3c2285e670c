"""GeoPackage, read with Python's own SQLite and not through GDAL.

Of the database only plain tables are read, no views and no virtual tables, and no function that a schema names is run.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError, LayerError
from geogrid.layers.files.error_context import at_feature
from geogrid.layers.files.geometry_arrays import Shape, check_budget, read_wkb
from geogrid.layers.files.layer_file import Driver, LayerFile, check_size
from geogrid.layers.files.limits import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_APPLICATION: Final = {0x47504B47, 0x47503130, 0x47503131}  # GPKG, GP10, GP11
_ENVELOPE_BYTES: Final = (0, 32, 48, 48, 64)
_HEADER_BYTES: Final = 8
_EMPTY: Final = 0x10
_ALLOWED: Final = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
_FUNCTIONS: Final = {"count", "sum", "length"}
_STEPS: Final = 10_000_000
_UNDEFINED: Final = (-1, 0)
#: What a cell of an unexpected type or content raises: in SQLite a column promises nothing.
_CELL_FAULTS: Final = (AttributeError, OverflowError, TypeError, ValueError)
#: Numbers that GIS software gives to rows; no attribute of the layer.
_ROW_NUMBERS: Final = {"fid", "ogc_fid", "objectid"}


def read(path: Path, layer: str | None) -> LayerFile:
    """Read one feature table."""
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        raise FileError(
            "Another program has the GeoPackage open, and part of it lies in its -wal file.",
            code="gpkg_open",
            remedy="Close it there, then try again.",
        )
    try:
        with closing(_connect(path)) as database:
            return _read(database, layer)
    except (sqlite3.Error, MemoryError, *_CELL_FAULTS) as error:
        raise FileError(
            "The GeoPackage is damaged or cut off.", code="gpkg_damaged", remedy="Copy or export it again."
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    database.text_factory = bytes
    database.set_authorizer(_authorize)
    # A query is one walk over a table; what takes more steps than any walk is something else.
    database.set_progress_handler(lambda: 1, _STEPS * 100)
    return database


def _authorize(action: int, _first: str | None, second: str | None, *_rest: str | None) -> int:
    allowed = action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _read(database: sqlite3.Connection, layer: str | None) -> LayerFile:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    tables = _tables(database)
    if application not in _APPLICATION and b"gpkg_contents" not in tables:
        raise FileError("This SQLite file is not a GeoPackage.", code="format", remedy="Export it as GeoPackage.")
    table, geometry, srs = _choose(database, layer)
    if not tables.get(table.encode(), b"").lstrip().upper().startswith(b"CREATE TABLE"):
        raise FileError(
            "The layer is not a plain table of the GeoPackage.", code="gpkg_table", remedy="Export it as a table."
        )
    columns, notes = _columns(database, table, geometry)
    quoted = _quote(table)
    (count, size) = database.execute(f"SELECT count(*), sum(length({_quote(geometry)})) FROM {quoted}").fetchone()  # noqa: S608 - quoted
    check_size(count, len(columns))
    check_budget((size or 0) // 16)
    wanted = ", ".join(_quote(column) for column in (geometry, *columns))
    rows = database.execute(f"SELECT {wanted} FROM {quoted}")  # noqa: S608 - quoted
    values: dict[str, list[Any]] = {column: [] for column in columns}
    shapes = []
    for number, (blob, *cells) in enumerate(rows, start=1):
        with at_feature(number):
            shapes.append(_shape(blob))
            for column, cell in zip(columns, cells, strict=True):
                values[column].append(_cell(cell, column))
    return LayerFile(Driver.GPKG, values, shapes, _crs(database, srs), "utf-8", notes)


def _tables(database: sqlite3.Connection) -> dict[bytes, bytes]:
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return {name: sql or b"" for name, sql in rows}


def _choose(database: sqlite3.Connection, layer: str | None) -> tuple[str, str, int]:
    rows = database.execute(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c"
        " JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features'"
    )
    layers = {table.decode(): (column.decode(), int(srs)) for table, column, srs in rows}
    if layer is None and len(layers) == 1:
        (layer,) = layers
    if layer is None or layer not in layers:
        listed = ", ".join(layers) or "none"
        raise FileError(
            f"Name one of the layers of the GeoPackage; it has: {listed}.", code="layer_choice", field="layer"
        )
    return layer, *layers[layer]


def _columns(database: sqlite3.Connection, table: str, geometry: str) -> tuple[list[str], tuple[str, ...]]:
    info = database.execute(f"PRAGMA table_info({_quote(table)})").fetchall()
    rows = [
        (row[1].decode(), row[2].upper()) for row in info if not (row[5] and row[1].decode().lower() in _ROW_NUMBERS)
    ]
    if geometry not in {column for column, _ in rows}:
        raise FileError("The table lacks its geometry column.", code="gpkg_damaged", remedy="Export it again.")
    blobs = [column for column, kind in rows if kind.startswith(b"BLOB") and column != geometry]
    notes = (f"Columns with binary content are left out: {', '.join(blobs)}.",) if blobs else ()
    return [column for column, _ in rows if column != geometry and column not in blobs], notes


def _shape(blob: Any) -> Shape:  # noqa: ANN401 - SQLite's cells have the type that they have
    if blob is None:
        return read_wkb(None)
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < _HEADER_BYTES:
        raise LayerError(
            "The geometry has no GeoPackage header.",
            code="geometry_damaged",
            field="geometry",
            remedy="Export it again.",
        )
    envelope = min((blob[3] >> 1) & 0b111, len(_ENVELOPE_BYTES) - 1)
    return read_wkb(None if blob[3] & _EMPTY else blob[_HEADER_BYTES + _ENVELOPE_BYTES[envelope] :])


def _cell(cell: Any, column: str) -> Any:  # noqa: ANN401 - SQLite's cells have the type that they have
    if not isinstance(cell, bytes):
        return cell
    try:
        return cell.decode()
    except UnicodeDecodeError as error:
        raise FileError("The text is not UTF-8.", code="encoding", field=column, remedy="Type it again.") from error


def _crs(database: sqlite3.Connection, srs: int) -> CRS | None:
    if srs in _UNDEFINED:
        return None
    row = database.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    try:
        if row and row[0].upper() == b"EPSG":
            return CRS.from_epsg(int(row[1]))
        return CRS.from_wkt(row[2].decode()) if row else None
    except (CRSError, UnicodeDecodeError, ValueError, AttributeError) as error:
        raise FileError(
            "The CRS of the layer is not known.",
            code="crs_unknown",
            field="srs_id",
            remedy="Set its CRS, e.g. EPSG:4490.",
        ) from error


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
