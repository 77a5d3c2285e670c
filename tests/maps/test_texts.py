"""What the pages say is complete in both languages, and said somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import geogrid_api
import geogrid_maps
from geogrid.constants import Language
from geogrid.incidents.query import FIELDS, Standing
from geogrid.locate.explanation import BorderRule
from geogrid.model import GRID_LAYERS, GenerationState, IncidentSource, Permission, Urgency
from geogrid_maps.admin_refusals import ADMIN_REFUSALS
from geogrid_maps.admin_sections import SECTIONS
from geogrid_maps.admin_texts import ADMIN, GENERATION_STATES, PERMISSIONS, STATUS_TEXTS
from geogrid_maps.desk_refusals import REFUSALS
from geogrid_maps.desk_texts import DESK
from geogrid_maps.map_query import MapKind
from geogrid_maps.step_details import LABELS, LOCATED
from geogrid_maps.ui_texts import (
    HOURS,
    LAYERS,
    LEVELS,
    MAPS,
    MEASURE_NAMES,
    METHODS,
    PRESETS,
    SOURCES,
    STATUSES,
    STRENGTH_NAMES,
    TEXTS,
    TITLES,
    WEEKDAYS,
)

CLOCK, OFFICE = (WEEKDAYS, HOURS), [DESK, REFUSALS, LABELS, LOCATED]
AREAL = (LEVELS, METHODS, MEASURE_NAMES, STRENGTH_NAMES)
OFFICE += [ADMIN, ADMIN_REFUSALS, GENERATION_STATES, PERMISSIONS, STATUS_TEXTS]
SOURCE = Path(geogrid_maps.__file__).parent


@pytest.mark.parametrize("table", [TEXTS, TITLES, MAPS, LAYERS, PRESETS, SOURCES, STATUSES, *CLOCK, *OFFICE, *AREAL])
def test_every_text_is_there_in_both_languages(table):
    for key, texts in table.items():
        assert set(texts) == set(Language), key
        assert all(text.strip() for text in texts.values()), key
        assert texts[Language.ZH] != texts[Language.EN], key


def test_every_value_has_a_name():
    assert set(LAYERS) == set(GRID_LAYERS)
    assert set(MAPS) == set(TITLES) == set(MapKind)
    assert set(STATUSES) == set(Standing)
    assert set(SOURCES) == set(IncidentSource)
    assert set(LOCATED) == set(BorderRule)
    assert set(PERMISSIONS) == set(Permission)
    assert set(GENERATION_STATES) == set(GenerationState)
    assert list(WEEKDAYS) == [1, 2, 3, 4, 5, 6, 7]


def test_every_text_is_used_and_every_used_text_is_there():
    files = [path for path in SOURCE.rglob("*.py") if path.name != "ui_texts.py"]
    content = "\n".join(path.read_text(encoding="utf-8") for path in [*files, *(SOURCE / "templates").glob("*.html")])
    asked = set(re.findall(r"""\b(?:t|text)\(\s*["'](\w+)["']""", content))
    # A table of texts is asked for by its words: "level_" + level.
    beginnings = tuple(re.findall(r"""["'](\w+_)(?:\{|["'] [+~])""", content))
    said = set(re.findall(r"""["'](\w+)["']|\b(\w+)=""", content))
    assert not asked - set(TEXTS) - set(beginnings)
    said = {word for pair in said for word in pair}
    # The panel reads the labels of its fields from their table.
    assert not {key for key in TEXTS if key not in said | set(FIELDS) and not key.startswith(beginnings)}


def test_every_text_of_the_desk_is_used_and_every_used_text_is_there():
    files = [*SOURCE.glob("desk*.py"), *(SOURCE / "templates").glob("desk*.html")]
    files += Path(geogrid_api.__file__).parent.rglob("*.py")
    content = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "desk_texts.py")
    asked = set(re.findall(r"""\b(?:d|say)\(\s*["'](\w+)["']""", content))
    assert not asked - set(DESK)
    # The key of an urgency is its value.
    assert set(DESK) - asked == {urgency.value for urgency in Urgency}


def test_every_text_of_the_administration_area_is_used_and_every_used_text_is_there():
    files = [*SOURCE.glob("admin*.py"), *(SOURCE / "templates").glob("admin*.html")]
    files += Path(geogrid_api.__file__).parent.rglob("*.py")
    content = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "admin_texts.py")
    asked = set(re.findall(r"""\b(?:a|admin_text)\(\s*["'](\w+)["']""", content))
    assert not asked - set(ADMIN)
    notes = {f"{section.key}_note" for section in SECTIONS}
    assert notes <= set(ADMIN)
    said = set(re.findall(r"""["'](\w+)["']""", content))
    assert not set(ADMIN) - notes - said
