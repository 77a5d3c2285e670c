"""Texts of the maps and pages by key, and the names of values, see `geogrid_maps.text_catalogue`."""

from __future__ import annotations

from typing import Final

from geogrid.constants import Language
from geogrid.incidents.query import FIELDS
from geogrid.incidents.query_value_types import HOUR_NAMES, STATUS_NAMES, WEEKDAY_NAMES
from geogrid.services.figure_tables import TableGrouping
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.measures import MEASURE_LABELS
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.text_catalogue import read_names, read_texts

ZH, EN = Language.ZH, Language.EN

TEXTS: Final = {name: field.words for name, field in FIELDS.items()} | read_texts("pages")
#: Names of the maps in the navigation bar, and on their pages and prints.
MAPS: Final = read_names("map_names", MapKind)
TITLES: Final = read_names("map_titles", MapKind)
ROWS: Final = read_names("rows", TableGrouping)
METHODS: Final = read_names("methods", ClassMethod)
MEASURE_NAMES: Final = {measure: {ZH: name, EN: name_en} for measure, (name, name_en) in MEASURE_LABELS.items()}
#: Names of the strengths of `geogrid.stats.hotspots.HotSpots`.
STRENGTH_NAMES: Final = read_names("strengths", int)
SHOWN: Final = read_names("show", Show)
STEPS: Final = read_names("steps", TimeStep)
PRESETS: Final = read_texts("presets")

#: Names of the values of filter fields, see `geogrid.incidents.query`.
WEEKDAYS, HOURS = WEEKDAY_NAMES, HOUR_NAMES
STATUSES = STATUS_NAMES


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
