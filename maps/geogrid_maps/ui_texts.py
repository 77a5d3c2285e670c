"""Texts of the maps and pages by key, and the names of values, see `geogrid_maps.catalogue`."""

from __future__ import annotations

from typing import Final

from geogrid.constants import Language
from geogrid.incidents.query import HourRange, Standing
from geogrid.model import Duty, IncidentSource, Layer
from geogrid.services.figure_tables import By
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import Method
from geogrid.stats.measures import MEASURES
from geogrid_maps.catalogue import read_names, read_texts
from geogrid_maps.map_query import MapKind, Show

ZH, EN = Language.ZH, Language.EN

TEXTS: Final = read_texts("pages")
#: Names of the maps in the navigation bar, and on their pages and prints.
MAPS: Final = read_names("map_names", MapKind)
TITLES: Final = read_names("map_titles", MapKind)
ROWS: Final = read_names("rows", By)
LEVELS: Final = read_names("levels", AreaLevel)
METHODS: Final = read_names("methods", Method)
MEASURE_NAMES: Final = {measure: {ZH: name, EN: name_en} for measure, (name, name_en) in MEASURES.items()}
#: Names of the strengths of `geogrid.stats.hotspots.HotSpots`.
STRENGTH_NAMES: Final = read_names("strengths", int)
DUTIES: Final = read_names("duties", Duty)
SHOWN: Final = read_names("show", Show)
STEPS: Final = read_names("steps", TimeStep)
PRESETS: Final = read_texts("presets")

LAYERS: Final = {
    Layer.URBAN: {ZH: "城市网格", EN: "Urban grids"},
    Layer.RURAL: {ZH: "农村网格", EN: "Rural grids"},
    Layer.DEDICATED: {ZH: "专属网格", EN: "Dedicated grids"},
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

#: Hours to choose from, without overlap; a URL may hold any others.
HOURS: Final = {
    HourRange(6, 8): {ZH: "早晨", EN: "early"},
    HourRange(9, 11): {ZH: "上午", EN: "morning"},
    HourRange(12, 13): {ZH: "中午", EN: "noon"},
    HourRange(14, 17): {ZH: "下午", EN: "afternoon"},
    HourRange(18, 22): {ZH: "晚间", EN: "evening"},
    HourRange(23, 5): {ZH: "夜间", EN: "night"},
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
    """Return a text of the maps and pages.

    Examples
    --------
    >>> text("street", Language.EN)
    'Street'
    """
    return TEXTS[key][language]


def has_text(key: str) -> bool:
    """Return whether there is a text of this key."""
    return key in TEXTS
