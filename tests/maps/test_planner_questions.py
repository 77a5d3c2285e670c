"""The planner's questions of the documentation: each link opens a page with the answer that the text gives."""

import re
from pathlib import Path

import httpx2
import pytest

DOCS = Path(__file__).parents[2] / "docs"
LINK = re.compile(r"\]\(http://127\.0\.0\.1:8000([^)]+)\)")
#: What each page shows, by question. Texts in both languages; the numbers are those of the demo.
ANSWERS = [
    [r"\+1\.6 %", r"−1\.0 … \+4\.2"],
    [r"2022-06-01 – 2022-06-10", r"−2\.9 … \+6\.1"],
    [r"17–18", r"永泰街道: 1,033 / 1,206 = 85\.66%"],
    [r"street=140213050[^\"]*figure=overdue"],
    [r"data-area=\"\d{15}\"", r"\+361"],
    [r"\"hour\"|value=\"hour\" selected"],
    [r"median_hours\" selected"],
    [r"overdue"],
    [r"2022-01-01 – 2022-01-31 → 2022-06-01 – 2022-06-30"],
    [r"城市管理", r"交通运输"],
]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_links_of_the_page_answer_its_questions(service, language):
    text = (DOCS / language / "how-to" / "planner-questions.md").read_text(encoding="utf-8")
    links = LINK.findall(text)
    assert len(links) == len(ANSWERS)
    for link, answers in zip(links, ANSWERS, strict=True):
        page = httpx2.get(service.origin + link, trust_env=False, timeout=60).raise_for_status().text
        for answer in answers:
            assert re.search(answer, page), (link, answer)


def test_both_languages_link_to_the_same_pages():
    links = {
        language: LINK.findall((DOCS / language / "how-to" / "planner-questions.md").read_text(encoding="utf-8"))
        for language in ("en", "zh")
    }
    assert [link.replace("&lang=en", "") for link in links["en"]] == links["zh"]
