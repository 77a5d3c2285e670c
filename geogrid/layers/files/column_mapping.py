"""Which column holds the code, which the name: said by the caller or a small file, or plain from the usual names."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import FileError, LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MAX_MAPPING_BYTES: Final = 65_536
_EXACT_FLOAT: Final = 2**53

#: Columns that every file of ours has: in such a file they are meant, and 网格编码 beside them is an attribute.
_OWN: Final = {"code", "name", "parent", "synthetic"}
#: Names that a column may have, lower case without blanks, hyphens and underscores. Names of three characters are what
#: is left of four in the ten bytes that a Shapefile gives them in UTF-8.
_USUAL: Final = {
    "code": {
        "code", "gridcode", "gridid", "adcode", "编码", "编号", "代码", "网格编码", "网格编号", "网格代码",
        "单元网格编码", "网格编", "网格代", "社区编", "社区代", "街道编", "街道代",
        "社区编码", "社区代码", "街道编码", "街道代码", "行政区划代码", "区划代码", "bm", "dm",
        "wgbm", "wgdm", "wgbh", "sqbm", "sqdm", "jdbm", "jddm", "xzqdm", "qhdm",
    },
    "name": {
        "name", "gridname", "名称", "网格名称", "单元网格名称", "社区名称", "街道名称", "行政区名称", "区划名称",
        "网格名", "社区名", "街道名", "mc", "wgmc", "sqmc", "jdmc", "xzqmc", "qhmc",
    },
    "parent": {
        "parent", "parentcode", "parentid", "上级", "上级编码", "上级代码", "父级编码", "所属社区编码", "所属社区代码",
        "所属街道编码", "所属街道代码", "sjbm", "sjdm", "sssqbm", "ssjdbm",
    },
    "kind": {"kind", "gridtype", "类型", "类别", "网格类型", "专属类型", "lx", "wglx"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """The columns of a file that hold what a layer needs.

    Attributes
    ----------
    code, name, parent, kind
        Names of columns. None leaves it to the usual names, such as 网格编码, WGBM or ``code``.

    Examples
    --------
    >>> FieldMapping(code="WGBH").resolve(["WGBH", "WGMC", "备注"])
    FieldMapping(code='WGBH', name='WGMC', parent=None, kind=None)
    """

    code: str | None = None
    name: str | None = None
    parent: str | None = None
    kind: str | None = None

    def resolve(self, columns: Iterable[str]) -> FieldMapping:
        """Return the mapping with every name settled; only the code must be there.

        Raises
        ------
        LayerError
            If a column is not there or would be used twice, if several could be meant, or if none holds the code.
        """
        columns = list(columns)
        chosen = {field: name or _guess(field, columns) for field, name in asdict(self).items()}
        listed = ", ".join(columns) or "none"
        for field, name in chosen.items():
            if name is not None and name not in columns:
                raise _wrong(field, f"There is no column {name}; the columns are: {listed}.")
        if chosen["code"] is None:
            raise _wrong("code", f"No column is known to hold the code; the columns are: {listed}.")
        names = [name for name in chosen.values() if name is not None]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            field = next(field for field, name in reversed(chosen.items()) if name in twice)
            raise _wrong(field, f"The column {twice.pop()} is mapped twice.")
        return FieldMapping(**chosen)


def read_mappings(path: Path) -> dict[str, FieldMapping]:
    r"""Read a mapping file: TOML with the keys code, name, parent and kind, each the name of a column.

    Keys at the top hold for all layers; those of a table named like a layer hold for that layer, before them.

    Returns
    -------
    dict of str to FieldMapping
        By layer; under the empty name, for all others.

    Raises
    ------
    FileError
        If it is not TOML, or has other keys or values.

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
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(_MAX_MAPPING_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(
            f"{path.name}: The mapping is not a TOML file.", code="mapping", remedy='Write lines such as code = "WGBM".'
        ) from error
    common = {key: value for key, value in content.items() if not isinstance(value, dict)}
    tables = {layer: {**common, **table} for layer, table in content.items() if isinstance(table, dict)}
    return {layer: _mapping(path, keys) for layer, keys in {"": common, **tables}.items()}


def _mapping(path: Path, keys: Mapping[str, object]) -> FieldMapping:
    known = [field.name for field in fields(FieldMapping)]
    columns = {}
    for key, value in keys.items():
        if key not in known or not isinstance(value, str) or not value:
            raise FileError(
                f"{path.name}: The mapping takes the keys {', '.join(known)}, each with the name of a column.",
                code="mapping",
                field=key,
            )
        columns[key] = value
    return FieldMapping(**columns)


def as_code(value: Any) -> str:  # noqa: ANN401 - whatever the column holds
    """Return a code as text; whole numbers are written out.

    Raises
    ------
    LayerError
        If there is none, or if it is a number that has lost digits.

    Examples
    --------
    >>> as_code(140213051001001.0), as_code(" 140213051001001 ")
    ('140213051001001', '140213051001001')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOAT:
        value = int(value)
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int, type(None))):
        raise LayerError(
            "The code is not text, nor a whole number.", code="code_type", field="code", remedy="Store it as text."
        )
    text = "" if value is None else str(value).strip()
    if not text:
        raise LayerError("The code is missing.", code="code_missing", field="code", remedy="Give the feature its code.")
    return text


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever the column holds
    """Return a value as text without blanks around it.

    Examples
    --------
    >>> as_text(" 平城区 "), as_text(7)
    ('平城区', '7')
    """
    return str(value).strip()


def _guess(field: str, columns: list[str]) -> str | None:
    if set(columns) >= _OWN:
        return field if field in columns else None
    usual = [column for column in columns if re.sub(r"[\s_-]", "", column).lower() in _USUAL[field]]
    if len(usual) > 1:
        raise _wrong(field, f"Several columns may hold it: {', '.join(usual)}.")
    return usual[0] if usual else None


def _wrong(field: str, message: str) -> LayerError:
    return LayerError(message, code="mapping", field=field, remedy=f"Name the column that holds the {field}.")
