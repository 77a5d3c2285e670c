"""Cards as documents, in both languages, with whatever stands in the data."""

import re
from datetime import UTC, datetime

import pytest

from geogrid.constants import Language
from geogrid.incidents.rule_set import load_rules
from geogrid.model import (
    Card,
    CardKind,
    Incident,
    LocateStatus,
    Placement,
    Point,
    Progress,
    Report,
)
from geogrid_maps.card_pdf import card_pdf
from geogrid_maps.supervision_card_page import card_html, describe_card

WHEN = datetime(2026, 9, 15, 8, tzinfo=UTC)
EVIL = "<script>alert(1)</script> ${x} {{7*7}} 𠮷 \n13800000000"


def make(language, answer=None, whistle=None):
    placement = Placement(Point(113.3, 40.09), LocateStatus.INSIDE, 1, "140213051001001", None, None, None, None)
    report = Report(WHEN, "Z06", "resident", Point(113.3, 40.09), "wgs84", description=EVIL, synthetic=True)
    card = Card(
        1, CardKind.SUPERVISION, 2026, 7, 4711, WHEN, "交通运输", "grid", WHEN, "geogrid", "", WHEN,
        answer and WHEN, answer and "甲某", answer, whistle,
    )  # fmt: skip
    incident = Incident(4711, report, placement, WHEN, Progress("grid"))
    return describe_card(card, incident, load_rules(), None, language)


@pytest.mark.parametrize(("language", "title"), [(Language.ZH, "督办卡"), (Language.EN, "Supervision card")])
def test_card_page_shows_its_text_and_runs_no_script(language, title):
    html = card_html(make(language, answer="=cmd <b>"))
    assert title in html
    assert "督办-2026-0007" in html
    assert "<script" not in html
    assert "&lt;b&gt;" in html
    assert "13800000000" not in html
    assert "138****0000" in html
    assert "2026-09-15 16:00" in html


def test_card_about_a_whistle_asks_the_department_to_report_in():
    document = make(Language.ZH, whistle=3)
    assert "请立即报到" in document.duty
    assert ("报到时限", "2026-09-15 16:00") in document.rows
    assert "办理时限" not in dict(document.rows)
    assert "请立即报到" not in make(Language.ZH).duty


def test_card_pdf_embeds_its_font_and_marks_missing_characters(caplog):
    content = card_pdf(make(Language.ZH, answer="已办结" * 400))
    assert content.startswith(b"%PDF")
    assert b"/FontFile2" in content
    assert re.search(rb"/Count [2-9]", content), "a long answer goes on over a page"
    assert not caplog.records, "each character has a sign, or a mark in its place"
    assert len(content) < 300_000
