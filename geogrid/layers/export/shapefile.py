"""Shapefiles, zipped: names of ten bytes, texts of 254, in UTF-8 or GBK."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geogrid.errors import LayerError
from geogrid.layers.export.columns import Column, shown, unique_names
from geogrid.layers.export.formats import Encoding
from geogrid.layers.export.gdal import write_table
from geogrid.layers.files.texts import decode_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.export.tables import LayerTable

_NAME_BYTES: Final = 10
_TEXT_BYTES: Final = 254
_MAX_COLUMNS: Final = 255
#: A whole number has 18 places, one of them for its sign.
_MAX_WHOLE: Final = 10**17
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
    names = _short_names(table, encoding)
    notes: list[str] = []
    columns = []
    for column, name in zip(table.columns, names, strict=True):
        if name != column.name:
            notes.append(f"{table.name}: the column {shown(column.name)} is called {shown(name)}.")
        values = _fitted(table.name, codes, _narrow(column), encoding)
        cut = sum(new != old for new, old in zip(values.values, _narrow(column).values, strict=True))
        if cut:
            notes.append(f"{table.name}: {cut:,} texts of {shown(column.name)} are cut to {_TEXT_BYTES} bytes.")
        columns.append(replace(values, name=name))
    return replace(table, columns=columns), tuple(notes)


def _short_names(table: LayerTable, encoding: Encoding) -> list[str]:
    """Return names of at most ten bytes, all different."""
    found: list[str] = []
    for column in table.columns:
        # A table of old has no line ends in its names.
        plain = "".join(sign if sign.isprintable() else "_" for sign in column.name)
        _encode(table.name, "a column's name", plain, column.name, encoding)
        whole, room = plain, _NAME_BYTES
        for number in range(2, _MAX_COLUMNS + 2):
            short = decode_start(whole.encode(encoding)[:room], encoding)
            chosen = short if room == _NAME_BYTES else f"{short}_{number - 1}"
            if unique_names([chosen], found) == [chosen]:
                break
            room = _NAME_BYTES - len(f"_{number}")
        found.append(chosen)
    return found


def _narrow(column: Column) -> Column:
    """Write whole numbers out as text where the table would round them."""
    if column.kind is int and any(value is not None and abs(value) >= _MAX_WHOLE for value in column.values):
        return Column(column.name, str, [None if value is None else str(value) for value in column.values])
    return column


def _fitted(layer: str, codes: Sequence[str], column: Column, encoding: Encoding) -> Column:
    if column.kind is not str:
        return column
    values = []
    for code, value in zip(codes, column.values, strict=True):
        data = None if value is None else _encode(layer, shown(code), value, column.name, encoding)
        values.append(None if data is None else decode_start(data[:_TEXT_BYTES], encoding))
    return replace(column, values=values)


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
