"""The catalogues are complete in both languages, and every text is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import geogrid_api
import geogrid_maps
from geogrid.constants import Language
from geogrid.incidents.query import FIELDS, Standing
from geogrid.locate.explanation import BorderRule
from geogrid.model import DedicatedKind, GenerationState, Permission, Urgency
from geogrid.services.figure_tables import TableGrouping
from geogrid.services.initialization import SetupState
from geogrid.stats.animation_frames import TimeStep
from geogrid_api.routes.setup_page import list_steps
from geogrid_maps.admin_sections import SECTIONS
from geogrid_maps.admin_texts import ADMIN, GENERATION_STATES, PERMISSIONS
from geogrid_maps.desk_texts import DESK
from geogrid_maps.ledger_texts import LEDGER_TEXTS, SITE_KINDS
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.step_details import LOCATED
from geogrid_maps.text_catalogue import catalogue, read_texts
from geogrid_maps.ui_texts import (
    HOURS,
    MAPS,
    MEASURE_NAMES,
    ROWS,
    SHOWN,
    STATUSES,
    STEPS,
    TEXTS,
    TITLES,
    WEEKDAYS,
)

SOURCE = Path(geogrid_maps.__file__).parent
#: Tables that are not in the catalogues.
NAMES = (HOURS, MEASURE_NAMES, STATUSES, WEEKDAYS)
SECTIONS_OF_TEXTS = sorted(catalogue(Language.ZH))


def test_catalogues_have_the_same_sections():
    assert list(catalogue(Language.ZH)) == list(catalogue(Language.EN))


@pytest.mark.parametrize("section", SECTIONS_OF_TEXTS)
def test_catalogues_have_the_same_keys_and_placeholders(section):
    chinese, english = (catalogue(language)[section] for language in Language)
    assert list(chinese) == list(english)
    for key, text in chinese.items():
        assert sorted(re.findall(r"\{(\w*)\}", text)) == sorted(re.findall(r"\{(\w*)\}", english[key])), key


@pytest.mark.parametrize("table", [*map(read_texts, SECTIONS_OF_TEXTS), *NAMES])
def test_every_text_is_there_in_both_languages(table):
    for key, texts in table.items():
        assert set(texts) == set(Language), key
        assert all(text.strip() for text in texts.values()), key
        assert texts[Language.ZH] != texts[Language.EN], key


def test_hours_to_choose_from_do_not_overlap():
    hours = [(span.first + offset) % 24 for span in HOURS for offset in range((span.last - span.first) % 24 + 1)]
    assert len(hours) == len(set(hours))


def test_every_value_has_a_name():
    assert set(MAPS) == set(TITLES) == set(MapKind)
    assert set(STATUSES) == set(Standing)
    assert set(LOCATED) == set(BorderRule)
    assert set(PERMISSIONS) == set(Permission)
    assert set(GENERATION_STATES) == set(GenerationState)
    assert list(WEEKDAYS) == [1, 2, 3, 4, 5, 6, 7]
    assert set(ROWS) < set(TableGrouping)
    assert set(STEPS) == set(TimeStep)
    assert set(SHOWN) == set(Show)


def test_every_text_is_used_and_every_used_text_is_there():
    files = [path for path in SOURCE.rglob("*.py") if path.name != "ui_texts.py"]
    content = "\n".join(path.read_text(encoding="utf-8") for path in [*files, *(SOURCE / "templates").glob("*.html")])
    asked = set(re.findall(r"""\b(?:t|text)\(\s*["'](\w+)["']""", content))
    # Some keys are computed: "triage_" + triage.
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
    asked = set(re.findall(r"""\b(?:d|desk_text)\(\s*["'](\w+)["']""", content))
    assert not asked - set(DESK)
    # The key of an urgency is its value.
    assert set(DESK) - asked == {urgency.value for urgency in Urgency}


def test_every_text_of_the_ledger_is_used_and_every_used_text_is_there():
    files = [*SOURCE.glob("ledger*.py"), *(SOURCE / "templates").glob("ledger*.html")]
    files += Path(geogrid_api.__file__).parent.rglob("*ledger*.py")
    content = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "ledger_texts.py")
    asked = set(re.findall(r"""\b(?:l|ledger_text)\(\s*["'](\w+)["']""", content))
    assert not asked - set(LEDGER_TEXTS)
    said = set(re.findall(r"""["'](\w+)["']""", content))
    assert not set(LEDGER_TEXTS) - said
    assert set(SITE_KINDS) == {*DedicatedKind, "street_point"}


def test_every_text_of_the_administration_area_is_used_and_every_used_text_is_there():
    files = [*SOURCE.glob("admin*.py"), *(SOURCE / "templates").glob("admin*.html")]
    files += Path(geogrid_api.__file__).parent.rglob("*.py")
    content = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "admin_texts.py")
    asked = set(re.findall(r"""\b(?:a|admin_text)\(\s*["'](\w+)["'](?!\s*~)""", content))
    assert not asked - set(ADMIN)
    notes = {f"{section.key}_note" for section in SECTIONS}
    setup = SetupState(**dict.fromkeys(SetupState.__dataclass_fields__, False))
    notes |= {f"setup_{step.key}{end}" for step in list_steps(setup) for end in ("", "_how")}
    assert notes <= set(ADMIN)
    said = set(re.findall(r"""["'](\w+)["']""", content))
    assert not set(ADMIN) - notes - said
