"""Mapping files of tables: the columns of an office's list by field, and its own words for coded values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.tabular.known_columns import KnownColumns

MAX_MAPPING_BYTES: Final = 65_536
_VALUES: Final = "values"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The columns and values of a list.

    Attributes
    ----------
    columns
        Column names by field.
    values
        By field, the value to read by the word in the file.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def translate(self, known: str | None, cell: object) -> object:
        """Return the value for a cell of a field, or the cell itself if the mapping does not contain it.

        Examples
        --------
        >>> ColumnMapping(values={"source": {"12345": "hotline"}}).translate("source", " 12345 ")
        'hotline'
        """
        words = self.values.get(known or "")
        return words.get(str(cell).strip(), cell) if words else cell


NO_MAPPING: Final = ColumnMapping()


def parse_mapping(content: bytes, columns: KnownColumns) -> ColumnMapping:
    r"""Return the mapping in a TOML file.

    Top-level keys are fields with the name of their column; tables ``values.FIELD`` translate the words of a field.

    Parameters
    ----------
    content
        UTF-8.
    columns
        The list to read.

    Raises
    ------
    FileError
        If the file is not TOML, or has unknown keys or values.

    Examples
    --------
    >>> from geogrid.tabular.known_columns import KnownColumns
    >>> known = KnownColumns({"category": ("类别",), "source": ("来源",)}, (), coded=("category",))
    >>> mapping = parse_mapping('category = "案由"\n[values.category]\n"占道" = "Z01"\n'.encode(), known)
    >>> mapping.columns["category"], mapping.values["category"]["占道"]
    ('案由', 'Z01')
    """
    if len(content) > MAX_MAPPING_BYTES:
        raise FileError("The mapping file is larger than 64 KiB.", code="mapping", remedy="Shorten it.")
    try:
        parsed = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileError(
            "The mapping file is not valid TOML.", code="mapping", remedy='Write lines such as category = "案由".'
        ) from error
    values = parsed.pop(_VALUES, {})
    if not isinstance(values, dict):
        raise _key_error(_VALUES, "Write the values as tables such as [values.category].")
    return ColumnMapping(
        _check_texts(parsed, tuple(columns.names), "Each key is a field with the name of its column"),
        {known: _check_words(known, words, columns) for known, words in values.items()},
    )


def _check_words(known: str, words: object, columns: KnownColumns) -> dict[str, str]:
    if known not in columns.coded or not isinstance(words, dict):
        fields = ", ".join(f"[{_VALUES}.{name}]" for name in columns.coded) or "none"
        raise _key_error(f"{_VALUES}.{known}", f"This list has these tables of values: {fields}.")
    return {word.strip(): value for word, value in _check_texts(words, tuple(words), "Each word has a value").items()}


def _check_texts(table: Mapping[str, object], keys: tuple[str, ...], rule: str) -> dict[str, str]:
    texts = {}
    for key, value in table.items():
        if key not in keys:
            raise _key_error(key, f"{rule}; the fields are {', '.join(keys)}.")
        if not isinstance(value, str) or not value.strip():
            raise _key_error(key, f'{rule}, written as text in "quotes".')
        texts[key] = value
    return texts


def _key_error(key: str, remedy: str) -> FileError:
    return FileError(
        "The mapping file has a key or a value that is not known.", code="mapping", field=key, remedy=remedy
    )
