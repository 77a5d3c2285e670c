"""Columns of a list of people, with the alternative names used in practice."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Accepted column names by field, case-insensitive, in the order of the template, which uses the first name.
COLUMNS: Final = {
    "layer": ("图层", "layer"),
    "code": ("网格编码", "编码", "网格代码", "code"),
    "duty": ("职务", "岗位", "角色", "duty"),
    "name": ("姓名", "名称", "name"),
    "title": ("职务名称", "title"),
    "organisation": ("单位", "所属单位", "工作单位", "organisation", "organization"),
    "phone": ("电话", "手机", "联系电话", "手机号", "电话号码", "手机号码", "phone"),
    "valid_from": ("生效日期", "起", "开始日期", "任职日期", "valid_from"),
    "valid_to": ("截止日期", "止", "结束日期", "valid_to"),
}
#: Required fields.
REQUIRED: Final = ("code", "duty", "name", "valid_from")
#: Last row in which the header is looked for, since a title and notes may precede it.
MAX_HEADER_ROW: Final = 10
_FIELDS: Final = {name: field for field, names in COLUMNS.items() for name in names}


def normalize_header(cell: object) -> str:
    """Return a header in half-width lower case, without marks of required fields.

    Examples
    --------
    >>> normalize_header(" ＊姓名 "), normalize_header("Valid From"), normalize_header("姓名（必填）")
    ('姓名', 'valid_from', '姓名')
    """
    text = unicodedata.normalize("NFKC", cell) if isinstance(cell, str) else ""
    return "_".join(text.replace("*", "").replace("(必填)", "").casefold().split())


def match_fields(header: Sequence[object]) -> list[str | None]:
    """Return the field of each column, or None if its header is unknown.

    Raises
    ------
    FileError
        If two columns have the same field.

    Examples
    --------
    >>> match_fields(["序号", "编码", "岗位", "姓名", "起"])
    [None, 'code', 'duty', 'name', 'valid_from']
    """
    fields = [_FIELDS.get(normalize_header(cell)) for cell in header]
    for field in COLUMNS:
        if fields.count(field) > 1:
            raise FileError(
                "Two columns have the same field.", code="column_twice", field=field, remedy="Remove one of them."
            )
    return fields


def missing_fields(header: Sequence[object]) -> list[str]:
    """Return the required fields that no column has.

    Examples
    --------
    >>> missing_fields(["编码", "姓名"])
    ['duty', 'valid_from']
    """
    known = {_FIELDS.get(normalize_header(cell)) for cell in header}
    return [field for field in REQUIRED if field not in known]
