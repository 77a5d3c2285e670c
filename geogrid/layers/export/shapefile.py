"""Writer of zipped Shapefiles in UTF-8 or GBK: column names of 10 bytes, texts of 254 bytes."""

from __future__ import annotations

import math
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import LayerError
from geogrid.layers.export.columns import Column, as_text, printable
from geogrid.layers.export.formats import Encoding
from geogrid.layers.export.gdal_writers import describe_file, write_table
from geogrid.layers.files.encodings import decode_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.export.layer_table import LayerTable
    from geogrid.model.provenance import Provenance

_NAME_BYTES: Final = 10
_TEXT_BYTES: Final = 254
_MAX_COLUMNS: Final = 255
#: An integer has 18 characters, one of them for the sign.
_MAX_INTEGER: Final = 10**17
#: A float has 24 characters, 15 of them decimals; the relative error that is tolerated.
_FLOAT_CHARACTERS: Final = 24
_FLOAT_TOLERANCE: Final = 1e-12
#: The .cpg content that ArcGIS, QGIS and GDAL accept; and the language byte of the .dbf, for software without .cpg.
_CPG: Final = {Encoding.UTF8: b"UTF-8", Encoding.GBK: b"936"}
_LANGUAGE: Final = {Encoding.UTF8: 0x00, Encoding.GBK: 0x4D}
_LANGUAGE_AT: Final = 29
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_NOTICE: Final = "notice.txt"


def write_shapefile(
    path: Path, table: LayerTable, crs: str, encoding: Encoding, provenance: Provenance | None = None
) -> tuple[str, ...]:
    """Write a zip archive with one Shapefile and its notice, and return notes on changed names and texts.

    Raises
    ------
    LayerError
        If a character is not in the encoding, or if there are too many columns.
    """
    fitted, notes = fit_table(table, encoding)
    with tempfile.TemporaryDirectory(prefix="geogrid-") as name:
        shp = Path(name, f"{table.name}.shp")
        notes += write_table(shp, "ESRI Shapefile", fitted, crs, encoding=encoding.value)
        shp.with_suffix(".cpg").write_bytes(_CPG[encoding])
        _write_language(shp.with_suffix(".dbf"), _LANGUAGE[encoding])
        Path(name, _NOTICE).write_text(f"{describe_file(table, provenance)}\n", encoding="utf-8", newline="\n")
        _zip(path, sorted(Path(name).iterdir()))
    return notes


def fit_table(table: LayerTable, encoding: Encoding) -> tuple[LayerTable, tuple[str, ...]]:
    """Return a table within the limits of a Shapefile, and notes on the changes."""
    if len(table.columns) > _MAX_COLUMNS:
        raise LayerError(
            f"{table.name}: A Shapefile can have at most {_MAX_COLUMNS} columns.",
            code="too_large",
            remedy="Export a GeoPackage.",
        )
    codes = [str(code) for code in table.columns[0].values]
    notes: list[str] = []
    columns: list[Column] = []
    for column in map(_text_if_rounded, table.columns):
        name = _short_name(table.name, column.name, [other.name for other in columns], encoding)
        if name != column.name:
            notes.append(f"{table.name}: the column {printable(column.name)} is renamed to {printable(name)}.")
        values = _truncated_values(table.name, codes, column, encoding)
        truncated = sum(new != old for new, old in zip(values, column.values, strict=True))
        if truncated:
            notes.append(
                f"{table.name}: {truncated:,} texts of {printable(column.name)} are truncated to {_TEXT_BYTES} bytes."
            )
        columns.append(Column(name, column.kind, values))
    return replace(table, columns=columns), tuple(notes)


def _text_if_rounded(column: Column) -> Column:
    """Return the column as text if the table would round its numbers."""
    if column.kind in {int, float} and not all(value is None or _is_exact(value) for value in column.values):
        return Column(column.name, str, [None if value is None else as_text(value) for value in column.values])
    return column


def _is_exact(value: float) -> bool:
    if isinstance(value, int):
        return abs(value) < _MAX_INTEGER
    return math.isclose(float(f"{value:.15f}"[:_FLOAT_CHARACTERS]), value, rel_tol=_FLOAT_TOLERANCE)


def _short_name(layer: str, name: str, taken: Sequence[str], encoding: Encoding) -> str:
    """Return an unused name of at most ten bytes, with a number appended if necessary."""
    # Column names of a .dbf cannot contain line ends.
    plain = "".join(sign if sign.isprintable() else "_" for sign in name).strip()
    data = _encode(layer, "a column's name", plain, name, encoding)
    used = {other.casefold() for other in taken}
    short, number = decode_start(data[:_NAME_BYTES], encoding).rstrip(), 0
    while short.casefold() in used:
        number += 1
        end = f"_{number}"
        short = decode_start(data[: _NAME_BYTES - len(end)], encoding) + end
    return short


def _truncated_values(layer: str, codes: Sequence[str], column: Column, encoding: Encoding) -> Sequence[Any]:
    """Return the values of a column, with texts truncated to 254 bytes."""
    if column.kind is not str:
        return column.values
    values = []
    for code, value in zip(codes, column.values, strict=True):
        data = None if value is None else _encode(layer, printable(code), value, column.name, encoding)
        values.append(None if data is None else decode_start(data[:_TEXT_BYTES], encoding))
    return values


def _encode(layer: str, where: str, text: str, field: str, encoding: Encoding) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise LayerError(
            f"{layer}, {where}: The character U+{ord(text[error.start]):04X} does not exist in GBK.",
            code="encoding",
            field=printable(field),
            remedy="Export it in UTF-8.",
        ) from error


def _write_language(dbf: Path, language: int) -> None:
    with dbf.open("r+b") as file:
        file.seek(_LANGUAGE_AT)
        file.write(bytes([language]))


def _zip(path: Path, parts: Sequence[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            entry = zipfile.ZipInfo(part.name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part.read_bytes())
