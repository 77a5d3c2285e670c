"""The columns of a list by their known names in practice, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HAN_GAP: Final = re.compile(r"(?<=[\u3400-\u9fff（）()])\s+(?=[\u3400-\u9fff（）()])")
_MAX_NAMES: Final = 40
_MAX_NAME: Final = 60


def normalize_header(cell: object) -> str:
    r"""Return a header in half-width lower case, without marks of required fields and gaps between Chinese characters.

    Examples
    --------
    >>> normalize_header(" ＊姓名 "), normalize_header("Valid From"), normalize_header("姓名（必填）")
    ('姓名', 'valid_from', '姓名')
    >>> normalize_header("生效\n日期"), normalize_header("职　务"), normalize_header(" Lat")
    ('生效日期', '职务', 'lat')
    """
    text = unicodedata.normalize("NFKC", cell) if isinstance(cell, str) else ""
    text = _HAN_GAP.sub("", text.replace("*", "").strip())
    return "_".join(text.replace("(必填)", "").casefold().split())


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """The columns of a list.

    Attributes
    ----------
    names
        Known names by field, normalized, in the order of the list. Each field also has its own name.
    required
        Required fields, each as a tuple of fields of which one is enough.
    coded
        Fields whose values a mapping file may translate.
    instead_of
        Fields that replace several others, such as one column of both coordinates. They are read only if the mapping
        names them, or if one of the others is missing.
    """

    names: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...]
    coded: tuple[str, ...] = ()
    instead_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _fields: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the fields by their names."""
        self._fields.update({name: known for known, names in self.names.items() for name in names})
        self._fields.update({known: known for known in self.names})

    def match(self, header: Sequence[object], mapped: Mapping[str, str]) -> list[str | None]:
        """Return the field of each column, or None if its header is unknown or another column is preferred.

        A column of the mapping is preferred to the name of the field, and that to other known names.

        Parameters
        ----------
        header
            The cells of the header.
        mapped
            Column names by field, from a mapping file.

        Raises
        ------
        FileError
            If two columns have the same field, or if a column of the mapping is missing.

        Examples
        --------
        >>> columns = KnownColumns({"code": ("编码",), "lon": ("经度", "x")}, (("code",),))
        >>> columns.match(["序号", "编码", "X"], {})
        [None, 'code', 'lon']
        >>> columns.match(["X", "lon", "编码", "新编码"], {"code": "新编码"})
        [None, 'lon', None, 'code']
        """
        names = [normalize_header(cell) for cell in header]
        fields: list[str | None] = [None] * len(names)
        for known in self.names:
            places = self._places(known, names, mapped.get(known))
            if len(places) > 1:
                raise _twice_error(known, [header[place] for place in places])
            for place in places:
                fields[place] = known
        self._check_mapped(mapped, header, fields)
        return [known if known and self._is_read(known, fields, mapped) else None for known in fields]

    def missing(self, fields: Sequence[str | None]) -> list[str]:
        """Return the required fields that no column has.

        Examples
        --------
        >>> KnownColumns({"name": (), "address": ()}, (("name", "address"),)).missing([None])
        ['name']
        """
        return [options[0] for options in self.required if not set(options).intersection(fields)]

    def label(self, known: str) -> str:
        """Return the first known name of a field with the field, such as 网格编码 (code)."""
        first = next(iter(self.names[known]), known)
        return known if first == known else f"{first} ({known})"

    def _is_read(self, known: str, fields: Sequence[str | None], mapped: Mapping[str, str]) -> bool:
        for whole, parts in self.instead_of.items():
            uses_parts = whole not in fields or (whole not in mapped and set(parts) <= set(fields))
            if (known == whole and uses_parts) or (known in parts and not uses_parts):
                return False
        return True

    def _places(self, known: str, names: Sequence[str], mapped: str | None) -> list[int]:
        if mapped is not None:
            return _positions(names, {normalize_header(mapped)})
        exact = _positions(names, {known})
        aliases = {name for name, owner in self._fields.items() if owner == known}
        return exact or _positions(names, aliases)

    def _check_mapped(self, mapped: Mapping[str, str], header: Sequence[object], fields: Sequence[str | None]) -> None:
        for known, name in mapped.items():
            if known not in fields:
                raise FileError(
                    f"The file has no column {clean_name(name)}, which the mapping names; "
                    f"its columns are: {list_names(header)}.",
                    code="column_missing",
                    field=known,
                    remedy="Correct the name in the mapping file.",
                )


def clean_name(cell: object) -> str:
    """Return a column name on one line without control characters, at most 60 characters."""
    text = " ".join(str(cell).split())[:_MAX_NAME]
    return "".join(character if character.isprintable() else "?" for character in text)


def list_names(header: Sequence[object]) -> str:
    r"""Return the filled names of a header, separated by commas, at most forty.

    Examples
    --------
    >>> list_names(["编码", None, "联系\n电话"])
    '编码, 联系 电话'
    """
    names = [clean_name(cell) for cell in header if normalize_header(cell)]
    more = [f"and {len(names) - _MAX_NAMES} more"] if len(names) > _MAX_NAMES else []
    return ", ".join([*names[:_MAX_NAMES], *more]) or "none"


def missing_error(columns: KnownColumns, missing: Sequence[str], header: Sequence[object]) -> FileError:
    """Return the error for a file that lacks required columns, with the columns that it has."""
    labels = ", ".join(columns.label(known) for known in missing)
    words = "column {} is" if len(missing) == 1 else "columns {} are"
    return FileError(
        f"The {words.format(labels)} missing; the file has the columns: {list_names(header)}.",
        code="column_missing",
        field=missing[0],
        remedy=f'Rename the column, or add {missing[0]} = "its name in the file" to a mapping file (--mapping FILE).',
    )


def _positions(names: Sequence[str], wanted: set[str]) -> list[int]:
    return [place for place, name in enumerate(names) if name and name in wanted]


def _twice_error(known: str, cells: Sequence[object]) -> FileError:
    return FileError(
        f"Two columns have the same field: {list_names(cells)}.",
        code="column_twice",
        field=known,
        remedy=f"Remove or rename one of them, or choose one with {known} in a mapping file.",
    )
