"""Columns of an incident file, with the names used in practice."""

from __future__ import annotations

from typing import Final

from geogrid.tabular.known_columns import KnownColumns
from geogrid.tabular.point_columns import DATUM_NAMES, INSTEAD_OF, LAT_NAMES, LON_NAMES, POINT_NAMES

INCIDENT_COLUMNS: Final = KnownColumns(
    names={
        "reported_at": ("上报时间", "上报日期", "登记时间", "举报时间", "来电时间", "报案时间"),
        "category": (
            "类别", "事件类别", "案件类别", "问题类别", "问题类型", "事件类型", "案件类型", "小类", "小类名称",
            "事件小类", "问题小类",
        ),
        "lon": LON_NAMES,
        "lat": LAT_NAMES,
        "point": POINT_NAMES,
        "source": ("来源", "问题来源", "事件来源", "案件来源", "上报来源", "信息来源"),
        "datum": DATUM_NAMES,
        "description": ("问题描述", "描述", "事件描述", "案件描述", "事件内容", "问题内容", "诉求内容"),
        "external_id": (
            "事件编号", "事件编码", "案件编号", "案卷编号", "工单编号", "工单号", "任务号", "受理编号",
        ),
        "grid_code": ("网格编码", "网格代码", "网格编号", "所属网格编码", "单元网格编码"),
        "verified_at": ("核实时间",),
        "filed_at": ("立案时间",),
        "dispatched_at": ("派遣时间", "派单时间"),
        "due_at": ("处置截止时间", "截止时间", "办理期限", "处置期限"),
        "handled_at": ("处置时间", "处置完成时间", "办理完成时间"),
        "checked_at": ("核查时间",),
        "closed_at": ("结案时间", "办结时间"),
        "department": ("责任部门", "处置部门", "承办单位", "主责部门"),
    },
    required=(("reported_at",), ("category",), ("lon", "point"), ("lat", "point")),
    coded=("category", "source", "department"),
    instead_of=INSTEAD_OF,
)  # fmt: skip
