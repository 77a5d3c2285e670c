"""Columns of a list of people, with the alternative names used in practice."""

from __future__ import annotations

from typing import Final

from geogrid.tabular.known_columns import KnownColumns

#: The template uses the first name of each field.
PEOPLE_COLUMNS: Final = KnownColumns(
    names={
        "layer": ("图层", "layer"),
        "code": ("网格编码", "编码", "网格代码", "code"),
        "duty": ("职务", "岗位", "角色", "duty"),
        "name": ("姓名", "名称", "name"),
        "title": ("职务名称", "title"),
        "organisation": ("单位", "所属单位", "工作单位", "organisation", "organization"),
        "phone": ("电话", "手机", "联系电话", "手机号", "电话号码", "手机号码", "phone"),
        "valid_from": ("生效日期", "起", "开始日期", "任职日期", "valid_from"),
        "valid_to": ("截止日期", "止", "结束日期", "valid_to"),
    },
    required=(("code",), ("duty",), ("name",), ("valid_from",)),
    coded=("layer", "duty"),
)
