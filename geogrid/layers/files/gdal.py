"""Shapefile and FlatGeobuf, read by GDAL from a folder that holds nothing but files whose signature has been checked.

GDAL's drivers go by content, and some follow what that content names, over the network too. Files that begin with the
signatures of these two formats are opened by their own drivers only.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
from pyogrio.errors import CRSError as GdalCRSError
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError
from geogrid.layers.files.encodings import decode_start, detect_encoding, is_mojibake, named_encoding
from geogrid.layers.files.error_context import at_feature
from geogrid.layers.files.geometry_arrays import read_wkb
from geogrid.layers.files.layer_file import Driver, LayerFile, check_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SMALL_BYTES: Final = 10_000
# An UnboundLocalError comes out of pyogrio where GDAL does not understand the CRS of the file.
_FAULTS: Final = (
    DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, GdalCRSError,
    IndexError, UnboundLocalError, OSError, ValueError, RuntimeError, MemoryError,
)  # fmt: skip


def read_flatgeobuf(path: Path) -> LayerFile:
    """Read a FlatGeobuf file that lies in a folder of ours."""
    columns, geometries, crs, notes = _read(path)
    return LayerFile(Driver.FLATGEOBUF, columns, _shapes(geometries), _parse_crs(crs), "utf-8", notes)


def read_shapefile(path: Path) -> LayerFile:
    """Read a Shapefile set that lies in a folder of ours."""
    declared, prj = _take(path, ".cpg"), _take(path, ".prj")
    # Latin-1 gives every byte back, so that the encoding can be settled over the whole table.
    raw, geometries, _, notes = _read(path, encoding="ISO-8859-1")
    columns, encoding = _decode(raw, declared.strip() if declared else None)
    if any(_is_cut(value, encoding) for values in raw.values() for value in values if isinstance(value, str)):
        notes = (*notes, "The table has cut texts inside a character; what was left of it is left out.")
    return LayerFile(Driver.SHAPEFILE, columns, _shapes(geometries), _parse_crs(prj), encoding, notes)


def _read(path: Path, **options: str) -> tuple[dict[str, list[Any]], Sequence[Any], str | None, tuple[str, ...]]:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            info = pyogrio.read_info(path, force_feature_count=True, **options)
            check_size(info["features"], len(info["fields"]))
            meta, _, geometries, data = pyogrio.raw.read(path, **options)
    except _FAULTS as error:
        raise _damaged() from error
    if geometries is None or len(geometries) != info["features"]:
        raise _damaged()
    columns = {str(column): _plain(values) for column, values in zip(meta["fields"], data, strict=True)}
    return columns, geometries, meta["crs"], tuple(dict.fromkeys(_note(path, item.message) for item in caught))


def _note(path: Path, message: object) -> str:
    # The folder is ours, and nobody's concern.
    return f"GDAL: {message}".replace(f"{path.parent}/", "")


def _damaged() -> FileError:
    return FileError("The file is damaged or cut off.", code="file_damaged", remedy="Copy or export it again.")


def _plain(values: Any) -> list[Any]:  # noqa: ANN401 - an array of any type
    if np.issubdtype(values.dtype, np.datetime64):
        return [None if np.isnat(value) else str(value) for value in values]
    if np.issubdtype(values.dtype, np.floating):
        return [None if np.isnan(value) else value for value in values.tolist()]
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _shapes(geometries: Sequence[bytes | None]) -> list[Any]:
    shapes = []
    for number, data in enumerate(geometries, start=1):
        with at_feature(number):
            shapes.append(read_wkb(data))
    return shapes


def _take(path: Path, suffix: str) -> str | None:
    """Read a small file of the set and remove it: GDAL need not see it."""
    other = path.with_suffix(suffix)
    if not other.is_file():
        return None
    text = other.read_bytes()[:_SMALL_BYTES].decode("utf-8-sig", "replace")
    other.unlink()
    return text


def _parse_crs(text: str | None) -> CRS | None:
    if not text or not text.strip():
        return None
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise FileError(
            "The CRS that the file names cannot be read.", code="crs_unknown", field="crs", remedy="Set its CRS again."
        ) from error


def _decode(raw: dict[str, list[Any]], declared: str | None) -> tuple[dict[str, list[Any]], str]:
    texts = [column.encode("latin-1", "replace") for column in raw]
    texts += [_bytes(value) for values in raw.values() for value in values if isinstance(value, str)]
    found = detect_encoding(texts)
    named = named_encoding(declared) if declared else None
    encoding = named or found
    if encoding is None:
        raise FileError(
            "The text of the attribute table is neither UTF-8 nor GB18030.",
            code="encoding",
            remedy="Bring a .cpg file that names its encoding.",
        )
    names = {column: decode_start(column.encode("latin-1", "replace"), encoding) for column in raw}
    if named and found and found != named and not all(text.isascii() for text in texts):
        _contradict(raw, names, found, declared or "")
    columns = {
        names[column]: [decode_start(_bytes(value), encoding) if isinstance(value, str) else value for value in values]
        for column, values in raw.items()
    }
    if len(columns) != len(raw):
        raise FileError("Two columns have the same name.", code="column_twice", remedy="Rename one of them.")
    return columns, encoding


def _contradict(raw: dict[str, list[Any]], names: dict[str, str], found: str, declared: str) -> None:
    for column, values in raw.items():
        for number, value in enumerate(values, start=1):
            if isinstance(value, str) and not value.isascii():
                with at_feature(number):
                    raise FileError(
                        f"The .cpg file says {declared[:20]}, but the text reads as {found.upper()}.",
                        code="mojibake",
                        field=names[column] if not is_mojibake(names[column]) else None,
                        remedy="Correct the .cpg file, or leave it out.",
                    )


def _is_cut(value: str, encoding: str) -> bool:
    whole = decode_start(_bytes(value), encoding)
    return "\ufffd" not in whole and len(whole.encode(encoding)) < len(value)


def _bytes(value: str) -> bytes:
    return value.encode("latin-1", "replace")
