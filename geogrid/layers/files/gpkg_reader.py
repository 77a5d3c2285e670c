"""Reader of GeoPackage through Python's sqlite3, not through GDAL.

Only ordinary tables are read, no views and no virtual tables. Functions named in the schema are not run.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError, LayerError
from geogrid.layers.files.error_context import at_feature
from geogrid.layers.files.geometry_arrays import Shape, check_budget, faulty_shape, read_wkb
from geogrid.layers.files.layer_file_content import Driver, LayerFile, check_size, choose_layer
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
#: Errors of cells with an unexpected type or content; SQLite does not enforce column types.
_CELL_ERRORS: Final = (AttributeError, OverflowError, TypeError, ValueError)
#: Row id columns of GIS software, which are not attributes.
_ROW_IDS: Final = {"fid", "ogc_fid", "objectid"}


@dataclass(frozen=True, slots=True)
class _FeatureTable:
    """A feature table: its name, geometry column and spatial reference id."""

    name: str
    geometry: str
    srs: int


def read(path: Path, layer: str | None) -> LayerFile:
    """Read one feature table."""
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        raise FileError(
            "The GeoPackage has unsaved changes in its -wal file: a program has it open, or has crashed.",
            code="gpkg_open",
            remedy="Close that program, or open the file in it and close it again, then try again.",
        )
    try:
        with closing(_connect(path)) as database:
            return _read(database, layer)
    except (sqlite3.Error, MemoryError, *_CELL_ERRORS) as error:
        raise FileError(
            "The GeoPackage is damaged or truncated.", code="gpkg_damaged", remedy="Copy or export it again."
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    database.text_factory = bytes
    database.set_authorizer(_authorize)
    # Every query is one scan of a table; abort if it takes more steps.
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
    chosen = _choose_table(database, layer)
    if not tables.get(chosen.name.encode(), b"").lstrip().upper().startswith(b"CREATE TABLE"):
        raise FileError(
            "The layer is not an ordinary table of the GeoPackage.", code="gpkg_table", remedy="Export it as a table."
        )
    columns, notes = _columns(database, chosen)
    quoted, geometry = _quote(chosen.name), _quote(chosen.geometry)
    (count, size) = database.execute(f"SELECT count(*), sum(length({geometry})) FROM {quoted}").fetchone()  # noqa: S608 - quoted
    check_size(count, len(columns))
    check_budget((size or 0) // 16)
    selected = ", ".join([geometry, *map(_quote, columns)])
    rows = database.execute(f"SELECT {selected} FROM {quoted}")  # noqa: S608 - quoted
    values: dict[str, list[Any]] = {column: [] for column in columns}
    shapes = []
    for number, (blob, *cells) in enumerate(rows, start=1):
        shapes.append(_shape(blob))
        with at_feature(number):
            for column, cell in zip(columns, cells, strict=True):
                values[column].append(_cell(cell, column))
    return LayerFile(Driver.GPKG, values, shapes, _crs(database, chosen.srs), "utf-8", notes)


def _tables(database: sqlite3.Connection) -> dict[bytes, bytes]:
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return {name: sql or b"" for name, sql in rows}


def _choose_table(database: sqlite3.Connection, layer: str | None) -> _FeatureTable:
    rows = database.execute(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c"
        " JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features'"
    )
    layers = {table.decode(): _FeatureTable(table.decode(), column.decode(), int(srs)) for table, column, srs in rows}
    return layers[choose_layer(layer, list(layers))]


def _columns(database: sqlite3.Connection, table: _FeatureTable) -> tuple[list[str], tuple[str, ...]]:
    info = database.execute(f"PRAGMA table_info({_quote(table.name)})").fetchall()
    rows = [(row[1].decode(), row[2].upper()) for row in info if not (row[5] and row[1].decode().lower() in _ROW_IDS)]
    if table.geometry not in {column for column, _ in rows}:
        raise FileError("The table has no geometry column.", code="gpkg_damaged", remedy="Export it again.")
    blobs = [column for column, kind in rows if kind.startswith(b"BLOB") and column != table.geometry]
    notes = (f"Columns with binary content are ignored: {', '.join(blobs)}.",) if blobs else ()
    return [column for column, _ in rows if column != table.geometry and column not in blobs], notes


def _shape(blob: Any) -> Shape:  # noqa: ANN401 - a SQLite cell of any type
    if blob is None:
        return read_wkb(None)
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < _HEADER_BYTES:
        return faulty_shape(
            LayerError(
                "The geometry has no GeoPackage header.",
                code="geometry_damaged",
                field="geometry",
                remedy="Export it again.",
            )
        )
    envelope = min((blob[3] >> 1) & 0b111, len(_ENVELOPE_BYTES) - 1)
    return read_wkb(None if blob[3] & _EMPTY else blob[_HEADER_BYTES + _ENVELOPE_BYTES[envelope] :])


def _cell(cell: Any, column: str) -> Any:  # noqa: ANN401 - a SQLite cell of any type
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
            "The CRS of the layer is unknown.",
            code="crs_unknown",
            field="srs_id",
            remedy="Set its CRS, e.g. EPSG:4490.",
        ) from error


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
