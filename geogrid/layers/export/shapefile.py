"""Shapefiles, zipped: names of ten bytes, texts of 254, in UTF-8 or GBK."""

from __future__ import annotations

import math
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import LayerError
from geogrid.layers.export.columns import Column, as_text, shown
from geogrid.layers.export.formats import Encoding
from geogrid.layers.export.gdal_writers import write_table
from geogrid.layers.files.encodings import decode_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.export.checked_layer import LayerTable

_NAME_BYTES: Final = 10
_TEXT_BYTES: Final = 254
_MAX_COLUMNS: Final = 255
#: A whole number has 18 places, one of them for its sign.
_MAX_WHOLE: Final = 10**17
#: Another number has 24, 15 of them behind the point; of what it holds, all but the last digits come back.
_NUMBER_PLACES: Final = 24
_ROUNDED: Final = 1e-12
#: What ArcGIS, QGIS and GDAL all take for GBK; and its mark in the table, for those that do not look into a .cpg file.
_CPG: Final = {Encoding.UTF8: b"UTF-8", Encoding.GBK: b"936"}
_LANGUAGE: Final = {Encoding.UTF8: 0x00, Encoding.GBK: 0x4D}
_LANGUAGE_AT: Final = 29
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_NOTICE: Final = "notice.txt"


def write_shapefile(path: Path, table: LayerTable, crs: str, encoding: Encoding) -> tuple[str, ...]:
    """Write a zip archive with one Shapefile and its notice; returns notes of what was cut.

    Raises
    ------
    LayerError
        If the encoding lacks a character, or there are too many columns.
    """
    fitted, notes = fit(table, encoding)
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        shp = Path(name, f"{table.name}.shp")
        notes += write_table(shp, "ESRI Shapefile", fitted, crs, encoding=encoding.value)
        shp.with_suffix(".cpg").write_bytes(_CPG[encoding])
        _mark(shp.with_suffix(".dbf"), _LANGUAGE[encoding])
        Path(name, _NOTICE).write_text(f"{table.notice}\n", encoding="utf-8", newline="\n")
        _zip(path, sorted(Path(name).iterdir()))
    return notes


def fit(table: LayerTable, encoding: Encoding) -> tuple[LayerTable, tuple[str, ...]]:
    """Return a table whose names, texts and numbers a Shapefile holds, and notes of what had to change."""
    if len(table.columns) > _MAX_COLUMNS:
        raise LayerError(
            f"{table.name}: A Shapefile has at most {_MAX_COLUMNS} columns.",
            code="too_large",
            remedy="Export a GeoPackage.",
        )
    codes = [str(code) for code in table.columns[0].values]
    notes: list[str] = []
    columns: list[Column] = []
    for column in map(_narrow, table.columns):
        name = _short_name(table.name, column.name, [other.name for other in columns], encoding)
        if name != column.name:
            notes.append(f"{table.name}: the column {shown(column.name)} is called {shown(name)}.")
        values = _fitted(table.name, codes, column, encoding)
        cut = sum(new != old for new, old in zip(values, column.values, strict=True))
        if cut:
            notes.append(f"{table.name}: {cut:,} texts of {shown(column.name)} are cut to {_TEXT_BYTES} bytes.")
        columns.append(Column(name, column.kind, values))
    return replace(table, columns=columns), tuple(notes)


def _narrow(column: Column) -> Column:
    """Write numbers out as text where the table would round them."""
    if column.kind in {int, float} and not all(value is None or _is_held(value) for value in column.values):
        return Column(column.name, str, [None if value is None else as_text(value) for value in column.values])
    return column


def _is_held(value: float) -> bool:
    if isinstance(value, int):
        return abs(value) < _MAX_WHOLE
    return math.isclose(float(f"{value:.15f}"[:_NUMBER_PLACES]), value, rel_tol=_ROUNDED)


def _short_name(layer: str, name: str, taken: Sequence[str], encoding: Encoding) -> str:
    """Return a name of at most ten bytes that is not taken, if need be with a number at its end."""
    # A table of old has no line ends in its names.
    plain = "".join(sign if sign.isprintable() else "_" for sign in name).strip()
    data = _encode(layer, "a column's name", plain, name, encoding)
    used = {other.casefold() for other in taken}
    short, number = decode_start(data[:_NAME_BYTES], encoding).rstrip(), 0
    while short.casefold() in used:
        number += 1
        end = f"_{number}"
        short = decode_start(data[: _NAME_BYTES - len(end)], encoding) + end
    return short


def _fitted(layer: str, codes: Sequence[str], column: Column, encoding: Encoding) -> Sequence[Any]:
    """Return the values of a column, its texts cut to what the table holds."""
    if column.kind is not str:
        return column.values
    values = []
    for code, value in zip(codes, column.values, strict=True):
        data = None if value is None else _encode(layer, shown(code), value, column.name, encoding)
        values.append(None if data is None else decode_start(data[:_TEXT_BYTES], encoding))
    return values


def _encode(layer: str, where: str, text: str, field: str, encoding: Encoding) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise LayerError(
            f"{layer}, {where}: GBK lacks the character U+{ord(text[error.start]):04X}.",
            code="encoding",
            field=shown(field),
            remedy="Export it in UTF-8.",
        ) from error


def _mark(dbf: Path, language: int) -> None:
    with dbf.open("r+b") as file:
        file.seek(_LANGUAGE_AT)
        file.write(bytes([language]))


def _zip(path: Path, parts: Sequence[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            entry = zipfile.ZipInfo(part.name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part.read_bytes())
