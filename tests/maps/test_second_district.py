"""Pages of a second district, 德清县, with nothing of the demo: made by the commands of *Your own district*."""

import io
import re

import httpx2
import pypdf
import pytest

from geogrid_maps.map_query import MapKind
from geogrid_maps.vendor import font_file
from tests.support import county

MAPS = [kind.value for kind in MapKind]
PLACE = "wkjd"
CATEGORY = "机动车乱停放"
DESK = {"width": 1366, "height": 768}
NAMES = {"zh": "德清县", "en": "Deqing County"}


@pytest.fixture(scope="module")
def office(run_service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deqing")
    failed = [answer for answer in county.run_page("en", folder) if answer.exit_code]
    assert failed == []
    with county.own_process(), run_service(folder / "deqing") as found:
        yield found


@pytest.fixture
def log_in(office, visit):
    """A function that opens a page as the dispatcher and planner of the county."""

    def open_page(path):
        # A viewport of its own gives a context of its own, in which nobody is logged in.
        page = visit(f"{office.origin}/login?next={path}", viewport=DESK).page
        page.get_by_label("账号").fill("dispatch01")
        page.get_by_label("密码").fill(county.PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page

    return open_page


def assert_own(text, name):
    assert name in text
    assert [word for word in county.DEMO_WORDS if word in text] == []


def figures(office, **query):
    answer = httpx2.get(f"{office.origin}/v1/kpi", params=query, trust_env=False).raise_for_status()
    return answer.json()


@pytest.mark.parametrize("language", NAMES)
def test_maps_and_scripts_have_the_words_of_the_county_alone(office, visit, language):
    for kind in MAPS:
        page = visit(f"{office.origin}/maps/{kind}?lang={language}").page
        page.wait_for_load_state("networkidle")
        assert_own(page.content(), NAMES[language])
        sources = page.evaluate("[...document.scripts].map((one) => one.src).filter(Boolean)")
        for source in sources:
            script = httpx2.get(source, trust_env=False).text
            assert [word for word in county.DEMO_WORDS if word in script] == [], source


@pytest.mark.skipif(not font_file(400), reason="The font has not been fetched. 字体尚未下载。")
@pytest.mark.parametrize("kind", MAPS)
def test_prints_have_the_name_and_the_projection_of_the_county(office, kind):
    answer = httpx2.get(f"{office.origin}/maps/{kind}.pdf", trust_env=False, timeout=120).raise_for_status()
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    assert_own(text, NAMES["zh"])
    assert "EPSG:4549" in text


def test_call_is_dispatched_with_a_category_of_the_national_scheme(office, log_in):
    before = figures(office)["received"]
    page = log_in("/desk")
    page.wait_for_selector("#list")
    assert_own(page.content(), NAMES["zh"])
    page.click("#new")
    page.locator("#find-category:focus").wait_for()
    page.keyboard.type(CATEGORY)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("合成示意：车辆占道")
    page.keyboard.press("Tab")
    page.keyboard.type(PLACE)
    page.keyboard.press("Enter")
    page.wait_for_selector("#grid b")
    assert "DQ-" in page.inner_text("#where")
    page.wait_for_selector("#by-rule")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#incident")
    assert CATEGORY in page.inner_text("#incident")
    assert figures(office)["received"] == before + 1


def test_figures_by_main_category_are_those_of_the_scheme(office, log_in):
    page = log_in("/figures?rows=main_category%26from=2026-01-01%26to=2026-12-31")
    assert_own(page.content(), NAMES["zh"])
    text = page.inner_text("main")
    assert "街面秩序" in text
    assert "市容环境" in text


def test_pages_of_work_and_administration_have_the_words_of_the_county_alone(office, log_in):
    page = log_in("/incidents")
    for path in ("/incidents", "/figures", "/ledger", "/account", "/setup"):
        page.goto(office.origin + path)
        assert [word for word in county.DEMO_WORDS if word in page.content()] == [], path
