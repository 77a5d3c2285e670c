"""Read and write points as well-known binary, without GEOS, which may fail on untrusted input."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import pyarrow as pa

from geogrid.locate.bulk.refusal_codes import RefusalReason

_POINT: Final = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
_SRID: Final = 0x20000000
#: Types of points with and without Z and M, in ISO and EWKB.
_KINDS: Final = {1, 1001, 2001, 3001, 0x80000001, 0x40000001, 0xC0000001}
_HEAD: Final = 5


def read_points(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the longitudes, latitudes and `RefusalReason` values of a binary column.

    Examples
    --------
    >>> point = write_points(np.array([1.5]), np.array([2.5]))[0].as_py()
    >>> lon, lat, reasons = read_points(pa.array([point, None, b"?"]))
    >>> lon[0], lat[0], reasons.tolist()
    (np.float64(1.5), np.float64(2.5), [0, 20, 22])
    """
    points = _read_plain(column)
    if points is not None:
        return points
    lon, lat = np.full(len(column), np.nan), np.full(len(column), np.nan)
    reasons = np.zeros(len(column), dtype=np.uint8)
    for row, value in enumerate(column.to_pylist()):
        if value is None:
            reasons[row] = RefusalReason.MISSING
        elif (pair := _read_one(value)) is None:
            reasons[row] = RefusalReason.NOT_A_POINT
        else:
            lon[row], lat[row] = pair
    return lon, lat, _mark_empty(lon, lat, reasons)


def _read_plain(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return lon, lat and the refusal reasons of a column of little-endian 2D points; None for other columns."""
    if (
        column.null_count
        or not len(column)
        or not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type))
    ):
        return None
    wide = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    offsets = np.frombuffer(column.buffers()[1], dtype=wide)[column.offset : column.offset + len(column) + 1]
    if (np.diff(offsets) != _POINT.itemsize).any():
        return None
    points = np.frombuffer(column.buffers()[2], dtype=_POINT, count=len(column), offset=int(offsets[0]))
    if (points["order"] != 1).any() or (points["kind"] != 1).any():
        return None
    lon, lat = points["x"].astype(np.float64), points["y"].astype(np.float64)
    return lon, lat, _mark_empty(lon, lat, np.zeros(len(column), dtype=np.uint8))


def _mark_empty(lon: np.ndarray, lat: np.ndarray, reasons: np.ndarray) -> np.ndarray:
    """Return the reasons with empty points, which are encoded as NaN, marked as missing."""
    reasons[(reasons == RefusalReason.NONE) & np.isnan(lon) & np.isnan(lat)] = RefusalReason.MISSING
    return reasons


def _read_one(value: bytes) -> tuple[float, float] | None:
    if len(value) < _HEAD or value[0] > 1:
        return None
    order = "<" if value[0] else ">"
    (kind,) = struct.unpack_from(f"{order}I", value, 1)
    begin = _HEAD + 4 * bool(kind & _SRID)
    if kind & ~_SRID not in _KINDS or len(value) < begin + 16:
        return None
    x, y = struct.unpack_from(f"{order}dd", value, begin)
    return x, y


def write_points(lon: np.ndarray, lat: np.ndarray) -> pa.Array:
    """Return a binary column of points; null for coordinates that are not finite."""
    points = np.empty(len(lon), dtype=_POINT)
    points["order"], points["kind"], points["x"], points["y"] = 1, 1, lon, lat
    offsets = np.arange(len(lon) + 1, dtype=np.int32) * _POINT.itemsize
    column = pa.Array.from_buffers(pa.binary(), len(lon), [None, pa.py_buffer(offsets), pa.py_buffer(points)])
    finite = np.isfinite(lon) & np.isfinite(lat)
    if finite.all():
        return column
    return pa.compute.if_else(pa.array(finite), column, pa.scalar(None, pa.binary()))
