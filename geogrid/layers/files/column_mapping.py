"""Mapping of file columns to code, name, parent and kind: given by the caller or a TOML file, or by known names."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import FileError, LayerError
from geogrid.layers.files.encodings import GB18030, UTF8, decode_start

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_MAX_MAPPING_BYTES: Final = 65_536
#: The key of the rule for dedicated grids, see `geogrid.layers.dedicated_nesting`.
NESTING_KEY: Final = "nested_in"
_EXACT_FLOAT: Final = 2**53

#: Columns of every file written by geogrid; in such a file other known names, such as 网格编码, are attributes.
_STANDARD_COLUMNS: Final = {"code", "name", "parent", "synthetic"}
#: Known column names, in lower case without blanks, hyphens and underscores. BGID is the unit grid's in GB/T 30428.
_KNOWN_NAMES: Final = {
    "code": {
        "code", "gridcode", "gridid", "adcode", "编码", "编号", "代码", "网格编码", "网格编号", "网格代码",
        "单元网格编码", "单元网格编号", "单元网格代码", "bgid", "社区编码", "社区代码", "街道编码", "街道代码",
        "行政区划代码", "区划代码", "bm", "dm",
        "wgbm", "wgdm", "wgbh", "sqbm", "sqdm", "jdbm", "jddm", "xzqdm", "qhdm",
    },
    "name": {
        "name", "gridname", "名称", "网格名称", "单元网格名称", "社区名称", "街道名称", "行政区名称", "行政区划名称",
        "区划名称", "mc", "wgmc", "sqmc", "jdmc", "xzqmc", "qhmc",
    },
    "parent": {
        "parent", "parentcode", "parentid", "上级", "上级编码", "上级代码", "父级编码", "所属社区编码", "所属社区代码",
        "所属街道编码", "所属街道代码", "sjbm", "sjdm", "sssqbm", "ssjdbm",
    },
    "kind": {"kind", "gridtype", "类型", "类别", "网格类型", "专属类型", "lx", "wglx"},
}  # fmt: skip
#: Maximum length of a column name in a Shapefile, in bytes.
_SHAPEFILE_NAME_BYTES: Final = 10


def _truncated_names() -> dict[str, str]:
    """Return the field of each name that a Shapefile truncates; names that two fields share are left out."""
    truncated: dict[str, set[str]] = {}
    for field, names in _KNOWN_NAMES.items():
        for name, encoding in product(names, (UTF8, GB18030)):
            short = decode_start(name.encode(encoding)[:_SHAPEFILE_NAME_BYTES], encoding)
            if short != name:
                truncated.setdefault(short, set()).add(field)
    return {short: fields.pop() for short, fields in truncated.items() if len(fields) == 1}


_TRUNCATED: Final = _truncated_names()


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """The columns of a file that contain the code, name, parent and kind.

    Attributes
    ----------
    code, name, parent, kind
        Column names. None selects a column by its known names, such as 网格编码, WGBM or ``code``.

    Examples
    --------
    >>> FieldMapping(code="WGBH").resolve(["WGBH", "WGMC", "备注"])
    FieldMapping(code='WGBH', name='WGMC', parent=None, kind=None)
    """

    code: str | None = None
    name: str | None = None
    parent: str | None = None
    kind: str | None = None

    def resolve(self, columns: Iterable[str], skipped: Collection[str] = ()) -> FieldMapping:
        """Return the mapping with the actual columns; only the code is required.

        Parameters
        ----------
        columns
            The columns of the file.
        skipped
            Columns that are not selected by their known names, such as those with objects and lists.

        Raises
        ------
        LayerError
            If a column is missing, used twice or ambiguous, or if no column contains the code.
        """
        columns = list(columns)
        given = {name for name in asdict(self).values() if name is not None}
        free = [column for column in columns if column not in given and column not in skipped]
        chosen = {
            field: name or _find_column(field, free, standard=set(columns) >= _STANDARD_COLUMNS)
            for field, name in asdict(self).items()
        }
        listed = ", ".join(columns) or "none"
        for field, name in chosen.items():
            if name is not None and name not in columns:
                raise _mapping_error(field, f"The file has no column {name}; its columns are: {listed}.")
        if chosen["code"] is None:
            raise _mapping_error("code", f"No column has a known name for the code; the columns are: {listed}.")
        names = [name for name in chosen.values() if name is not None]
        duplicates = {name for name in names if names.count(name) > 1}
        if duplicates:
            field = next(field for field, name in reversed(chosen.items()) if name in duplicates)
            raise _mapping_error(field, f"The column {duplicates.pop()} is mapped twice.")
        return FieldMapping(**chosen)


def read_mappings(path: Path) -> dict[str, FieldMapping]:
    r"""Read column mappings from a TOML file with the keys code, name, parent and kind.

    Top-level keys apply to all layers; the keys of a table named like a layer take precedence for that layer.

    Returns
    -------
    dict of str to FieldMapping
        By layer; the empty key applies to all other layers.

    Raises
    ------
    FileError
        If the file is not TOML, or has unknown keys or values.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mapping.toml")
    ...     _ = path.write_text('code = "网格编码"\n[lanes]\ncode = "巷编号"\n', encoding="utf-8")
    ...     mappings = read_mappings(path)
    >>> mappings[""].code, mappings["lanes"].code
    ('网格编码', '巷编号')
    """
    content = read_mapping_file(path)
    common = {key: value for key, value in content.items() if not isinstance(value, dict)}
    tables = {layer: {**common, **table} for layer, table in content.items() if isinstance(table, dict)}
    return {layer: _mapping(path, keys) for layer, keys in {"": common, **tables}.items()}


def read_mapping_file(path: Path) -> dict[str, Any]:
    """Return the content of a mapping file.

    Raises
    ------
    FileError
        If the file is not TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_MAX_MAPPING_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(
            f"{path.name}: The mapping file is not valid TOML.",
            code="mapping",
            remedy='Write lines such as code = "WGBM".',
        ) from error


def _mapping(path: Path, keys: Mapping[str, object]) -> FieldMapping:
    known = [field.name for field in fields(FieldMapping)]
    columns = {}
    for key, value in keys.items():
        if key == NESTING_KEY:
            continue
        if key not in known or not isinstance(value, str) or not value:
            raise FileError(
                f"{path.name}: A mapping may have only the keys {', '.join(known)}, each with a column name.",
                code="mapping",
                field=key,
            )
        columns[key] = value
    return FieldMapping(**columns)


def as_code(value: Any) -> str:  # noqa: ANN401 - a cell of any type
    """Return a code as text; integral numbers are written without exponent or decimals.

    Raises
    ------
    LayerError
        If the code is missing, or is a floating-point number that has lost digits.

    Examples
    --------
    >>> as_code(140213051001001.0), as_code(" 140213051001001 ")
    ('140213051001001', '140213051001001')
    """
    if isinstance(value, float) and _EXACT_FLOAT < abs(value) < math.inf:
        raise LayerError(
            "The code is a floating-point number, which keeps 15 digits; the last digits are lost.",
            code="code_digits",
            field="code",
            remedy="Export the file again with the code as text.",
        )
    if isinstance(value, (float, Decimal)) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int, type(None))):
        raise LayerError(
            "The code is neither a text nor a whole number.", code="code_type", field="code", remedy="Store it as text."
        )
    text = "" if value is None else str(value).strip()
    if not text:
        raise LayerError(
            "The code is missing.", code="code_missing", field="code", remedy="Add the code of the feature."
        )
    return text


def as_text(value: Any) -> str:  # noqa: ANN401 - a cell of any type
    """Return a value as text, stripped.

    Examples
    --------
    >>> as_text(" 平城区 "), as_text(7)
    ('平城区', '7')
    """
    return str(value).strip()


def _find_column(field: str, columns: list[str], *, standard: bool) -> str | None:
    if standard:
        return field if field in columns else None
    candidates = [column for column in columns if _is_known(column, field)]
    if len(candidates) > 1:
        raise _mapping_error(field, f"Several columns may contain the {field}: {', '.join(candidates)}.")
    return candidates[0] if candidates else None


def _is_known(column: str, field: str) -> bool:
    name = re.sub(r"[\s_-]", "", column).lower()
    return name in _KNOWN_NAMES[field] or _TRUNCATED.get(name) == field


def _mapping_error(field: str, message: str) -> LayerError:
    return LayerError(
        message, code="mapping", field=field, remedy=f"Name the column that contains the {field}: --{field} COLUMN."
    )
