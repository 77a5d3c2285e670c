"""What the pages say is complete in both languages, and said somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import geogrid_maps
from geogrid.model import GRID_LAYERS, IncidentStatus, Source
from geogrid_maps.texts import LAYERS, PRESETS, SOURCES, STATUSES, TEXTS
from geogrid_maps.view import Language

SOURCE = Path(geogrid_maps.__file__).parent
#: Texts that a list of names asks for: those of the popup and of the form.
LISTED = {"name", "layer", "community", "street", "count", "density", "code", "category", "status", "source"}


@pytest.mark.parametrize("table", [TEXTS, LAYERS, PRESETS, SOURCES, STATUSES])
def test_every_text_is_there_in_both_languages(table):
    for key, texts in table.items():
        assert set(texts) == set(Language), key
        assert all(text.strip() for text in texts.values()), key
        assert texts[Language.ZH] != texts[Language.EN], key


def test_every_value_has_a_name():
    assert set(LAYERS) == set(GRID_LAYERS)
    assert set(STATUSES) == set(IncidentStatus)
    assert set(SOURCES) == set(Source)


def test_every_text_is_used_and_every_used_text_is_there():
    files = [*SOURCE.glob("*.py"), *(SOURCE / "templates").glob("*.html")]
    used = {
        key for path in files for key in re.findall(r"""\b(?:t|text)\(\s*"(\w+)\"""", path.read_text(encoding="utf-8"))
    }
    assert used | LISTED == set(TEXTS)
