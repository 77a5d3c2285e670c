"""The pages of the ledger in a real browser: filters, an entry from rectified to struck off, and axe-core."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from geogrid.incidents.rule_set import load_rules
from geogrid.ledger.ledger_filter import LedgerFilter
from geogrid.model import CONSOLE, EntryState, Grant, Role
from geogrid.services.ledger import list_entries, read_entry
from geogrid.services.ledger_lists import count_ledger
from geogrid.services.sessions import log_out
from geogrid.services.users import add_user

PASSWORD = "correct horse battery staple"
STREET = "140213051"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
TEXTS = {
    "zh": ("账号", "密码", "整改清单", "街道", "已销号", "请附佐证材料"),
    "en": ("Name", "Password", "Rectification", "Street", "struck off", "Add evidence"),
}


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("ledger")
    copy_demo(home)

    def fill(store):
        grant = Grant(frozenset({Role.SUPERVISOR}))
        add_user(store, load_rules(), CONSOLE, name="boss", display_name="督办一号", password=PASSWORD, grant=grant)

    with run_service(home, fill) as found:
        yield found


@pytest.fixture
def log_in(town, visit):
    """A function that opens a page through the login page, in a browser of its own."""

    def open_as(path, viewport, lang="zh"):
        name, password = TEXTS[lang][:2]
        found = visit(f"{town.origin}/login?next={path}&lang={lang}", viewport=viewport)
        found.page.get_by_label(name).fill("boss")
        found.page.get_by_label(password).fill(PASSWORD)
        with found.page.expect_navigation():
            found.page.keyboard.press("Enter")
        return found

    return open_as


def photo():
    content = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(content, "PNG")
    return {"name": "after.png", "mimeType": "image/png", "buffer": content.getvalue()}


@pytest.mark.parametrize(("lang", "viewport"), [("zh", DESK), ("en", PHONE)], ids=["desk", "phone"])
def test_problem_is_found_by_filters_and_struck_off(town, log_in, axe, lang, viewport):
    _, _, rectification, street, struck_off, evidence_missing = TEXTS[lang]
    chosen = LedgerFilter(area=STREET, state=EntryState.RECTIFIED)
    entry = list_entries(town.store, CONSOLE, chosen, limit=1).items[0]
    found = log_in(f"/ledger%3Flang={lang}", viewport, lang)
    page = found.page
    if viewport == PHONE:
        page.locator("#rail summary").click()
    with page.expect_navigation():
        page.get_by_label(street).select_option(STREET)
    if viewport == PHONE:
        page.locator("#rail summary").click()
    with page.expect_navigation():
        page.locator("select[name=state]").select_option("rectified")
    assert f"area={STREET}" in page.url
    assert "state=rectified" in page.url
    assert "category" not in page.url
    n = count_ledger(town.store, CONSOLE, chosen).total.found
    assert page.inner_text("#rectified") == f"{n:,} / {n:,}"
    assert axe(page) == []
    with page.expect_navigation():
        page.get_by_role("link", name=entry.number).click()
    form = page.locator("[data-action=strike_off]")
    form.locator("textarea").fill("looks clean")
    form.locator("button").click()
    page.get_by_role("alert").get_by_text(evidence_missing).wait_for()
    assert page.evaluate("document.activeElement.matches('#entry .refused')")
    assert form.locator("textarea").input_value() == "looks clean"
    assert form.locator(".refused").is_visible()
    assert axe(page) == []
    form.locator("[type=file]").set_input_files([photo()])
    form.locator("button").click()
    page.locator("#state", has_text=struck_off).wait_for()
    page.locator(".evidence img").wait_for()
    found.until("document.querySelector('.evidence img').naturalWidth > 0")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    with page.expect_navigation():
        page.get_by_role("link", name=rectification, exact=True).click()
    page.goto(f"{page.url}&area={STREET}&state=struck_off")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=entry.number))
    while not row.count():
        page.locator("a[rel=next]").click()
        page.wait_for_load_state()
    assert struck_off in row.inner_text()
    assert read_entry(town.store, CONSOLE, entry.id).entry.progress.state is EntryState.STRUCK_OFF
    found.problems[:] = [one for one in found.problems if "422" not in one]


@pytest.mark.parametrize(("lang", "viewport"), [("zh", PHONE), ("en", DESK)], ids=["phone", "desk"])
def test_ledger_pages_fit_the_screen_and_pass_axe(log_in, town, axe, lang, viewport):
    entry = list_entries(town.store, CONSOLE, LedgerFilter(state=EntryState.STRUCK_OFF), limit=1).items[0]
    page = log_in("/ledger", viewport).page
    for path in ("/ledger", "/ledger?list=responsibility", "/ledger?list=rectification", "/ledger/sites",
                 "/ledger/rounds", f"/ledger/{entry.id}", "/ledger?category=none"):  # fmt: skip
        page.goto(f"{town.origin}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.locator("main h1").count() == 1, path
        assert page.locator("nav.sections a").count() == 5, path
        assert page.locator("th:not([scope])").count() == 0, path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert axe(page) == [], path
        with page.expect_navigation():
            page.click(".switch")
        assert page.get_attribute("html", "lang") == ("en" if lang == "zh" else "zh-CN"), path
        assert page.url.split("?")[0] == f"{town.origin}{path.split('?')[0]}"


def test_number_of_a_site_leads_to_its_entries(log_in):
    page = log_in("/ledger/sites", DESK).page
    with page.expect_navigation():
        page.locator("select[name=state]").select_option("open")
    row = page.locator("tbody tr").first
    code, n = row.locator("th").inner_text(), row.locator("td a").inner_text()
    with page.expect_navigation():
        row.locator("td a").click()
    assert page.locator("tbody tr").count() == int(n)
    assert set(page.locator("tbody tr td:nth-child(3)").all_inner_texts()) == {code}


def test_typed_note_survives_the_end_of_the_session(town, log_in):
    entry = list_entries(town.store, CONSOLE, LedgerFilter(state=EntryState.OPEN), limit=1).items[0]
    found = log_in(f"/ledger/{entry.id}", DESK)
    page = found.page
    (cookie,) = [one["value"] for one in page.context.cookies() if one["name"] == "geogrid_session"]
    log_out(town.store, cookie)
    page.locator("[data-action=note] summary").click()
    page.locator("[data-action=note] textarea").fill("还在这里")
    page.locator("[data-action=note] button").click()
    page.locator("#session [name=name]").fill("boss")
    page.locator("#session [name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".steps .said", has_text="还在这里").wait_for()
    assert read_entry(town.store, CONSOLE, entry.id).steps[-1].note == "还在这里"
    found.problems[:] = [one for one in found.problems if "401" not in one]
