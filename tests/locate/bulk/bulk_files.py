"""Test data with unusual columns in every format."""

import datetime as dt
import decimal
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from geogrid.locate.bulk.wkb import write_points

ENDINGS = ["csv", "parquet", "geoparquet", "ndjson", "geojson", "arrow", "arrows"]
TEXTS = ["=1+1", 'a,"b"', "两\n行", "", None, "007", "\t@x", "平城区", "x\r\ny", "140213051003008", "\\", "{}"]


def draw(rows, seed=1):
    rng = np.random.default_rng(seed)
    return rng.uniform(113.2, 113.4, rows).round(7), rng.uniform(39.98, 40.18, rows).round(7)


def awkward(rows, seed=1):
    """A table with columns of unusual types."""
    lon, lat = draw(rows, seed)
    day = dt.datetime(2026, 3, 1, 8, 30, tzinfo=dt.UTC)
    number = range(rows)
    return pa.table(
        {
            "编号": pa.array([f"{row:015d}" for row in number]),
            "text": pa.array([TEXTS[row % len(TEXTS)] for row in number]),
            "big": pa.array([2**63 - 1 - row if row % 5 else None for row in number], pa.int64()),
            "float": pa.array([[0.1, 1e300, None, -0.0, 3.0][row % 5] for row in number]),
            "flag": pa.array([[True, False, None][row % 3] for row in number]),
            "when": pa.array([day + dt.timedelta(microseconds=row) for row in number], pa.timestamp("us", "UTC")),
            "day": pa.array([dt.date(2026, 1, 1 + row % 28) for row in number]),
            "price": pa.array([decimal.Decimal(row) / 100 for row in number], pa.decimal128(20, 2)),
            "bytes": pa.array([bytes([row % 256, 0]) for row in number]),
            "nested": pa.array([{"a": [row, None], "b": "乙"} if row % 4 else None for row in number]),
            "kind": pa.array([["x", "y"][row % 2] for row in number]).dictionary_encode(),
            "lon": lon,
            "lat": lat,
        }
    )


def plain(rows, seed=1):
    """A table with types that every format supports."""
    return awkward(rows, seed).select(["编号", "text", "big", "float", "flag", "lon", "lat"])


def write(table, path):
    """Write a table without the tested code."""
    ending = path.suffix[1:]
    if ending == "csv":
        csv.write_csv(table, path)
    elif ending == "parquet":
        pq.write_table(table, path, row_group_size=max(1, len(table) // 3))
    elif ending == "geoparquet":
        geometry = write_points(table["lon"].to_numpy(), table["lat"].to_numpy())
        geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
        whole = table.drop_columns(["lon", "lat"]).append_column("g", geometry)
        pq.write_table(whole.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    elif ending == "ndjson":
        lines = [json.dumps(record, ensure_ascii=False) for record in table.to_pylist()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif ending == "geojson":
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [record.pop("lon"), record.pop("lat")]},
                "properties": record,
            }
            for record in table.to_pylist()
        ]
        path.write_text(json.dumps({"name": "x", "type": "FeatureCollection", "features": features}), encoding="utf-8")
    elif ending == "arrow":
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table, max_chunksize=1_000)
    else:
        with pa.ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table, max_chunksize=1_000)
    return path


def read(path):
    """Return the records of a file, read without the tested code."""
    ending = path.suffix[1:]
    if ending == "csv":
        texts = csv.ConvertOptions(strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False)
        names = csv.open_csv(path).schema.names
        texts.column_types = dict.fromkeys(names, pa.string())
        lines = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(path, parse_options=lines, convert_options=texts).to_pylist()
    if ending in ("parquet", "geoparquet"):
        return pq.read_table(path).to_pylist()
    if ending == "ndjson":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if ending == "geojson":
        return [feature["properties"] for feature in json.loads(path.read_text(encoding="utf-8"))["features"]]
    if ending == "arrow":
        return pa.ipc.open_file(path).read_all().to_pylist()
    return pa.ipc.open_stream(path).read_all().to_pylist()
