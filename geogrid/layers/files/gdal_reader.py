"""Readers through GDAL, from a folder that contains only files with checked signatures.

GDAL selects the driver by content, and some drivers open other files or URLs named in the content. Binary files with
the signatures of their formats are opened by their own drivers only. Text files (MapInfo, DXF) must not contain markup,
by which GDAL recognises its virtual formats.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
from pyogrio.errors import CRSError as GdalCRSError
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import FileError
from geogrid.layers.files.encodings import contradicts, decode_start, detect_encoding, is_mojibake, named_encoding
from geogrid.layers.files.error_context import at_feature
from geogrid.layers.files.geometry_arrays import read_wkb
from geogrid.layers.files.layer_file_content import Driver, LayerFile, check_size, choose_layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SMALL_BYTES: Final = 10_000
# pyogrio raises an UnboundLocalError if GDAL does not understand the CRS of the file.
_GDAL_ERRORS: Final = (
    DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, GdalCRSError,
    IndexError, UnboundLocalError, OSError, ValueError, RuntimeError, MemoryError,
)  # fmt: skip


#: The encoding that preserves every byte, so that the encoding can be detected from the whole table.
LATIN1: Final = "ISO-8859-1"
_MARKUP: Final = re.compile(rb"<[a-z?!]", re.IGNORECASE)
#: More than any driver reads of a file to recognise it.
_MARKUP_BYTES: Final = 2**20
#: A TAB file with its own data; a view or a seamless table names other files.
_TAB_NATIVE: Final = re.compile(rb"definition\s+table\s+type\s+native\b", re.IGNORECASE)
_TAB_LINKS: Final = re.compile(rb"open\s+table|create\s+view|isseamless", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GdalTable:
    """A table as GDAL returns it: columns, geometries as WKB, the text of the CRS, and warnings."""

    columns: dict[str, list[Any]]
    geometries: Sequence[bytes | None]
    crs: str | None
    notes: tuple[str, ...]


def read_flatgeobuf(path: Path) -> LayerFile:
    """Read a FlatGeobuf file in a private folder."""
    table = read_table(path)
    shapes = list(map(read_wkb, table.geometries))
    return LayerFile(Driver.FLATGEOBUF, table.columns, shapes, _parse_crs(table.crs), "utf-8", table.notes)


def read_shapefile(path: Path) -> LayerFile:
    """Read a Shapefile in a private folder, with its .cpg and .prj files."""
    declared, prj = _read_and_delete(path, ".cpg"), _read_and_delete(path, ".prj")
    table = read_table(path, encoding=LATIN1)
    columns, encoding = decode_columns(table.columns, declared.strip() if declared else None)
    notes = table.notes
    texts = (value for values in table.columns.values() for value in values if isinstance(value, str))
    if any(_is_truncated(text, encoding) for text in texts):
        notes = (*notes, "Some texts are truncated inside a character; the incomplete character is removed.")
    return LayerFile(Driver.SHAPEFILE, columns, list(map(read_wkb, table.geometries)), _parse_crs(prj), encoding, notes)


def read_mapinfo(path: Path) -> LayerFile:
    """Read a MapInfo layer, TAB or MIF, in a private folder."""
    check_markup(path)
    is_tab = path.suffix == ".tab"
    text = path.read_bytes()[:_SMALL_BYTES] if is_tab else b""
    if is_tab and (not _TAB_NATIVE.search(text) or _TAB_LINKS.search(text)):
        raise FileError(
            "The TAB file is not a native table of MapInfo.", code="format", remedy="Save a copy of the table as TAB."
        )
    table = read_table(path, encoding=LATIN1)
    columns, encoding = decode_columns(table.columns, None)
    shapes = list(map(read_wkb, table.geometries))
    driver = Driver.MAPINFO_TAB if is_tab else Driver.MAPINFO_MIF
    return LayerFile(driver, columns, shapes, _parse_crs(table.crs), encoding, table.notes)


def read_geodatabase(path: Path, layer: str | None) -> LayerFile:
    """Read a feature class of a file geodatabase in a private folder."""
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind]
    except _GDAL_ERRORS as error:
        raise _damaged_error() from error
    table = read_table(path, layer=choose_layer(layer, layers))
    shapes = list(map(read_wkb, table.geometries))
    return LayerFile(Driver.GEODATABASE, table.columns, shapes, _parse_crs(table.crs), "utf-8", table.notes)


def check_markup(path: Path) -> None:
    """Raise if a text file contains markup, as virtual formats of GDAL do."""
    with path.open("rb") as file:
        if _MARKUP.search(file.read(_MARKUP_BYTES)):
            raise FileError("The file contains markup.", code="format", remedy="Export it again without comments.")


def read_table(path: Path, **options: str) -> GdalTable:
    """Read a file with its options of pyogrio: the layer and the encoding.

    Raises
    ------
    FileError
        If the file is damaged or too large.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            info = pyogrio.read_info(path, force_feature_count=True, **options)
            check_size(info["features"], len(info["fields"]))
            meta, _, geometries, data = pyogrio.raw.read(path, **options)
    except _GDAL_ERRORS as error:
        raise _damaged_error() from error
    if geometries is None or len(geometries) != info["features"]:
        raise _damaged_error()
    columns = {str(column): _python_values(values) for column, values in zip(meta["fields"], data, strict=True)}
    notes = tuple(dict.fromkeys(_note(path, item.message) for item in caught))
    return GdalTable(columns, geometries, meta["crs"], notes)


def _note(path: Path, message: object) -> str:
    # Do not show the private folder.
    return f"GDAL: {message}".replace(f"{path.parent}/", "")


def _damaged_error() -> FileError:
    return FileError("The file is damaged or truncated.", code="file_damaged", remedy="Copy or export it again.")


def _python_values(values: Any) -> list[Any]:  # noqa: ANN401 - an array of any type
    if np.issubdtype(values.dtype, np.datetime64):
        return [None if np.isnat(value) else str(value) for value in values]
    if np.issubdtype(values.dtype, np.floating):
        return [None if np.isnan(value) else value for value in values.tolist()]
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _read_and_delete(path: Path, suffix: str) -> str | None:
    """Read a small file of the Shapefile and delete it, so that GDAL ignores it."""
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
            "The CRS of the file is invalid.", code="crs_unknown", field="crs", remedy="Set its CRS again."
        ) from error


def decode_columns(raw: dict[str, list[Any]], declared: str | None) -> tuple[dict[str, list[Any]], str]:
    """Return columns read as Latin-1 with their text decoded, and its encoding: the declared or the detected one.

    Raises
    ------
    FileError
        If the text is not in the declared encoding, or if its encoding is unknown.
    """
    texts = [column.encode("latin-1", "replace") for column in raw]
    texts += [_encode_latin1(value) for values in raw.values() for value in values if isinstance(value, str)]
    named = named_encoding(declared) if declared else None
    is_wrong = named is not None and contradicts(named, texts)
    detected = detect_encoding(texts) if named is None or is_wrong else None
    encoding = named or detected
    if encoding is None:
        raise FileError(
            "The text of the attribute table is neither UTF-8 nor GB18030.",
            code="encoding",
            remedy="Add a .cpg file that names its encoding.",
        )
    names = {column: decode_start(column.encode("latin-1", "replace"), encoding) for column in raw}
    if is_wrong and detected not in {None, named}:
        _raise_contradiction(raw, names, str(detected), declared or "")
    columns = {
        names[column]: [
            decode_start(_encode_latin1(value), encoding) if isinstance(value, str) else value for value in values
        ]
        for column, values in raw.items()
    }
    if len(columns) != len(raw):
        raise FileError("Two columns have the same name.", code="column_twice", remedy="Rename one of them.")
    return columns, encoding


def _raise_contradiction(raw: dict[str, list[Any]], names: dict[str, str], detected: str, declared: str) -> None:
    for column, values in raw.items():
        for number, value in enumerate(values, start=1):
            if isinstance(value, str) and not value.isascii():
                with at_feature(number):
                    raise FileError(
                        f"The .cpg file names {declared[:20]}, but the text is {detected.upper()}.",
                        code="mojibake",
                        field=names[column] if not is_mojibake(names[column]) else None,
                        remedy="Correct the .cpg file or remove it.",
                    )


def _is_truncated(value: str, encoding: str) -> bool:
    whole = decode_start(_encode_latin1(value), encoding)
    return "\ufffd" not in whole and len(whole.encode(encoding)) < len(value)


def _encode_latin1(value: str) -> bytes:
    return value.encode("latin-1", "replace")
