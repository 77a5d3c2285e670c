"""The columns of an export: the standard columns, and the attributes of the imported file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    Kind = type[bool | int | float | str]

STANDARD: Final = ("code", "name", "parent", "kind", "synthetic")
#: Column names that are reserved by geogrid or by the formats.
_TAKEN: Final = (*STANDARD, "geometry", "geom", "fid", "ogc_fid")
_EXACT_FLOAT: Final = 2**53
_INT64: Final = 2**63


@dataclass(frozen=True, slots=True)
class Column:
    """A column with values of one type.

    Attributes
    ----------
    name
        The name, unique in its table regardless of case.
    kind
        The type of the values; values may also be None.
    values
        One value per feature.
    """

    name: str
    kind: Kind
    values: Sequence[Any]


def layer_columns(layer: str, frame: gpd.GeoDataFrame) -> list[Column]:
    """Return the columns of a layer, the standard ones first.

    Parameters
    ----------
    layer
        The layer name, for error messages.
    frame
        The standard columns and optionally ``attributes``, a dict per row. If the name of an attribute is taken,
        regardless of case, a number is appended.

    Raises
    ------
    LayerError
        If a value or a name cannot be written; the error names the layer, the code and the field.

    Examples
    --------
    >>> import geopandas as gpd
    >>> rows = {"code": ["1"], "name": ["a"], "parent": [None], "kind": [None], "synthetic": [True]}
    >>> frame = gpd.GeoDataFrame({**rows, "attributes": [{"户数": 120, "Name": "b"}]}, geometry=[None])
    >>> [(column.name, column.kind.__name__) for column in layer_columns("urban", frame)][4:]
    [('synthetic', 'bool'), ('户数', 'int'), ('Name_2', 'str')]
    """
    codes = [str(code) for code in frame["code"]]
    records = [record or {} for record in frame["attributes"]] if "attributes" in frame else [{} for _ in codes]
    standard = [Column(name, _STANDARD_KIND.get(name, str), _python_values(frame[name])) for name in STANDARD]
    others = _attributes(records)
    names = unique_names([_checked_name(layer, name) for name in others], _TAKEN)
    columns = [*standard, *(_typed_column(name, values) for name, values in zip(names, others.values(), strict=True))]
    for column in columns:
        _check_values(layer, codes, column)
    return columns


_STANDARD_KIND: Final[Mapping[str, Kind]] = {"synthetic": bool}


def unique_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return the names, with a number appended to those that are taken.

    Examples
    --------
    >>> unique_names(["Code", "户数", "code", ""], ["code"])
    ['Code_2', '户数', 'code_3', 'column']
    """
    used = {name.casefold() for name in taken}
    unique = []
    for name in names:
        base = chosen = name if name.strip() else "column"
        number = 1
        while chosen.casefold() in used:
            number += 1
            chosen = f"{base}_{number}"
        used.add(chosen.casefold())
        unique.append(chosen)
    return unique


def as_text(value: object) -> str:
    """Return a value as text; booleans, numbers, lists and dicts as JSON.

    Examples
    --------
    >>> as_text("甲"), as_text(True), as_text(1.5), as_text([1, "乙"])
    ('甲', 'true', '1.5', '[1, "乙"]')
    """
    if isinstance(value, bool | int | float | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def printable(text: str, most: int = 40) -> str:
    r"""Return the first `most` characters of a text, with � in place of unprintable characters.

    Examples
    --------
    >>> printable("a\0b")
    'a�b'
    """
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:most])


def _attributes(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(str(name) for record in records for name in record)
    return {name: _python_values(record.get(name) for record in records) for name in names}


def _python_values(values: Iterable[Any]) -> list[Any]:
    """Return NumPy and pandas scalars as Python values, and missing values as None."""
    values_ = (value.item() if isinstance(value, np.generic) else value for value in values)
    return [None if _is_missing(value) else value for value in values_]


def _is_missing(value: object) -> bool:
    # pandas.NA cannot be compared, so its type is checked by name.
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and math.isnan(value))


def _typed_column(name: str, values: list[Any]) -> Column:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return Column(name, bool, values)
    if kinds == {int} and all(value is None or -_INT64 <= value < _INT64 for value in values):
        return Column(name, int, values)
    if kinds in ({float}, {int, float}) and all(
        value is None or isinstance(value, float) or abs(value) <= _EXACT_FLOAT for value in values
    ):
        return Column(name, float, [None if value is None else float(value) for value in values])
    return Column(name, str, [None if value is None else as_text(value) for value in values])


def _checked_name(layer: str, name: str) -> str:
    if _is_storable(name):
        return name
    raise LayerError(
        f"{layer}: A column name has a NUL or an incomplete character.",
        code="column_name",
        field=printable(name),
        remedy="Rename the column.",
    )


def _check_values(layer: str, codes: Sequence[str], column: Column) -> None:
    for code, value in zip(codes, column.values, strict=True):
        if isinstance(value, str) and not _is_storable(value):
            fault = "The text has a NUL or an incomplete character"
        elif isinstance(value, float) and not math.isfinite(value):
            fault = "The number is not finite"
        else:
            continue
        raise LayerError(
            f"{layer}, {printable(code)}: {fault}.",
            code="value",
            field=printable(column.name),
            remedy="Correct the value.",
        )


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
