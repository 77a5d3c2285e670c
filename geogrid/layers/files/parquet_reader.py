"""Reader of GeoParquet through pyarrow, in small batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError
from geogrid.layers.files.geometry_arrays import Shape, check_budget, read_wkb
from geogrid.layers.files.layer_file_content import Driver, LayerFile, check_size
from geogrid.layers.files.limits import MAX_UNPACKED_BYTES

if TYPE_CHECKING:
    from pathlib import Path

_BATCH: Final = 256


def read(path: Path) -> LayerFile:
    """Read a GeoParquet file."""
    try:
        with pq.ParquetFile(path) as file:
            return _read(file)
    except (pa.ArrowException, OSError, MemoryError, OverflowError, UnicodeDecodeError) as error:
        raise FileError(
            "The Parquet file is damaged or truncated.", code="file_damaged", remedy="Copy or export it again."
        ) from error


def _read(file: pq.ParquetFile) -> LayerFile:
    geometry, crs = _geometry_column(file)
    kept = [field.name for field in file.schema_arrow if _is_attribute(field.type)]
    ignored = [field.name for field in file.schema_arrow if field.name not in kept and field.name != geometry]
    check_size(file.metadata.num_rows, len(kept))
    groups = range(file.metadata.num_row_groups)
    if sum(file.metadata.row_group(group).total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
        raise FileError("The file is too large when unpacked.", code="too_large", remedy="Split the layer.")
    columns: dict[str, list[Any]] = {column: [] for column in kept}
    shapes: list[Shape] = []
    vertices = 0
    for batch in file.iter_batches(_BATCH, columns=[geometry, *kept]):
        for data in batch.column(geometry):
            shapes.append(read_wkb(data.as_py()))
            vertices += shapes[-1].vertices
            check_budget(vertices)
        for column in kept:
            columns[column] += batch.column(column).to_pylist()
    notes = (f"Columns with binary or nested content are ignored: {', '.join(ignored)}.",) if ignored else ()
    return LayerFile(Driver.GEOPARQUET, columns, shapes, crs, "utf-8", notes)


def _is_attribute(kind: pa.DataType) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not (binary or pa.types.is_nested(kind))


def _geometry_column(file: pq.ParquetFile) -> tuple[str, CRS | None]:
    """Return the geometry column and its CRS; the default CRS of GeoParquet is WGS 84."""
    try:
        geo = json.loads((file.schema_arrow.metadata or {})[b"geo"])
        column = geo["columns"][geo["primary_column"]]
        named = column.get("crs", "OGC:CRS84")
        crs = None if named is None else CRS.from_user_input(named)
        if column["encoding"] != "WKB" or geo["primary_column"] not in file.schema_arrow.names:
            raise FileError(
                "The geometry column is not in WKB.", code="format", field="geometry", remedy="Export it with WKB."
            )
    except CRSError as error:
        raise FileError("The CRS of the file is unknown.", code="crs_unknown", field="crs") from error
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise FileError(
            "This Parquet file has no GeoParquet metadata.", code="format", remedy="Export it as GeoParquet."
        ) from error
    return str(geo["primary_column"]), crs
