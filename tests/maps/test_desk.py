"""The dispatch desk in a real browser that reaches nothing but the service: by keyboard, by itself, on a telephone."""

from __future__ import annotations

import io
import time

import httpx2
import pytest
from PIL import Image

from geogrid.incidents.rulebook import load_rules
from geogrid.model import CONSOLE, EVERY_ROLE, Bounds, Grant, Role
from geogrid.services.keys import create_key
from geogrid.services.users import add_user

PASSWORD = "correct horse battery staple"
STREET = "140213051"
CAST = {
    "hotline": (Role.DISPATCHER, Bounds()),
    "worker": (Role.GRID_WORKER, Bounds(areas=(STREET,))),
}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HERE = {"lon": 113.2994, "lat": 40.0909, "datum": "wgs84"}
PAYLOADS = [
    "<img src=x onerror=ran('html')>",
    "</script><script>ran('script')</script>",
    "\"><svg onload=ran('svg')>",
    "{{7*7}}{{ran('jinja')}}${ran('literal')}",
    "' hx-on:load='ran(1)' hx-get='javascript:ran(2)' x='",
]
WATCH = "window.ran = (what) => { (window.caught ??= []).push(what) }"


class Api:
    """A program with a key that does everything."""

    def __init__(self, origin, key):
        self.client = httpx2.Client(
            base_url=origin, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {key}"}
        )

    def report(self, **said):
        answer = self.client.post("/v1/incidents", json={**HERE, "category": "Z06", "source": "resident", **said})
        return answer.raise_for_status().json()["id"]

    def step(self, number, action, **wish):
        path = f"/v1/incidents/{number}"
        tag = self.client.get(path).headers["etag"]
        answer = self.client.post(f"{path}/transitions", json={"action": action, **wish}, headers={"If-Match": tag})
        assert answer.is_success, answer.text

    def get(self, path):
        return self.client.get(path).raise_for_status().json()


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("desk")
    copy_demo(home, "full")

    def fill(store):
        for name, (role, bounds) in CAST.items():
            grant = Grant(frozenset({role}), bounds)
            add_user(store, load_rules(), CONSOLE, name=name, display_name=name, password=PASSWORD, grant=grant)

    with run_service(home, fill) as found:
        yield found


@pytest.fixture(scope="module")
def api(town):
    found = Api(town.origin, create_key(town.store, "tests", Grant(EVERY_ROLE)))
    yield found
    found.client.close()


@pytest.fixture
def log_in(town, visit):
    """A function that opens a page as somebody, through the login page."""

    def open_as(name, path, viewport, **options):
        found = visit(town.origin + path, viewport=viewport, **options)
        page = found.page
        page.get_by_label("账号" if "lang=en" not in path else "Name").fill(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#list")
        found.until("Boolean(window.geogridDesk && geogridDesk.map)")
        return found

    return open_as


def new_report(page):
    """Open the form of a new report, and wait until it is ready for the hand."""
    page.click("#new")
    page.locator("#category:focus").wait_for()


def picture():
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_call_is_dispatched_by_keyboard_in_seconds(api, log_in):
    before = api.report(category="Z05", description="餐厨垃圾堆放")
    page = log_in("hotline", "/desk", DESK).page
    keys = page.keyboard
    began = time.perf_counter()
    keys.press("n")
    page.locator("#category:focus").wait_for()
    keys.type("Z05")
    keys.press("Tab")
    keys.type("餐厨垃圾堆放在路口，请尽快清理")
    keys.press("Tab")
    keys.type("gcjd")
    keys.press("Enter")
    page.wait_for_selector("#grid b")
    page.wait_for_selector("#duplicates li")
    assert "古城街道" in page.inner_text("#where")
    assert str(before) in page.inner_text("#duplicates")
    page.wait_for_selector("#by-rule")
    assert page.inner_text("#by-rule").startswith("按规则：环境卫生 · ")
    page.focus("#level")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    assert page.inner_text("#level option:checked").startswith("网格长 · 1 工作日，")
    keys.press("Control+Enter")
    page.wait_for_selector("#incident")
    took = time.perf_counter() - began
    print(f"from the first key to dispatched: {took:.2f} s of the machine's own")  # noqa: T201 - a figure
    assert took < 15
    number = int(page.get_attribute("#incident", "data-number"))
    kept = api.get(f"/v1/incidents/{number}")
    assert (kept["status"], kept["department"], kept["source"]) == ("dispatched", "环境卫生", "hotline")
    assert kept["level"] == "leader"
    assert "地点：古城街道" in kept["description"]
    page.wait_for_url(f"**/desk?incident={number}")


def test_enter_waits_for_the_answer_to_all_that_was_typed(log_in):
    """On a slow line the answer to the first letters comes after the last ones have been typed."""
    page = log_in("hotline", "/desk", DESK).page
    held = []
    page.route("**/desk/places?place=g&**", lambda route: held.append(route))  # noqa: PLW0108 - its parameters are asked for
    page.keyboard.press("n")
    page.locator("#category:focus").wait_for()
    page.focus("#place")
    with page.expect_request("**/desk/places?place=g&**"):
        page.keyboard.type("g")
    page.keyboard.type("cjd")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    held[0].continue_()
    page.wait_for_selector("#grid b")
    assert "古城街道" in page.inner_text("#where")
    assert page.input_value("#place") == "古城街道"


def test_keys_walk_the_queue_open_leave_and_tell_themselves(log_in):
    found = log_in("hotline", "/desk?lang=en", DESK)
    page, keys = found.page, found.page.keyboard
    numbers = [int(one.get_attribute("data-number")) for one in page.locator("#list .item").all()]
    keys.press("j")
    keys.press("j")
    keys.press("k")
    keys.press("ArrowDown")
    assert page.get_attribute("#list [aria-current]", "data-number") == str(numbers[1])
    keys.press("Enter")
    page.wait_for_selector(f"#incident[data-number='{numbers[1]}']")
    assert page.get_attribute("html", "lang") == "en"
    assert "Timeline" in page.inner_text("#incident")
    keys.press("?")
    assert page.locator("#help").is_visible()
    keys.press("Escape")
    keys.press("/")
    page.wait_for_selector("#report")
    found.until("document.activeElement.id === 'place'")
    keys.type("40.0909, 113.2994")
    page.wait_for_selector("#suggestions .note")
    page.select_option("#datum", "wgs84")
    page.focus("#place")
    keys.type(" ")
    page.wait_for_selector("#place-0")
    assert "latitude stood first" in page.inner_text("#suggestions")
    keys.press("Enter")
    page.wait_for_selector("#grid b")
    keys.press("Escape")
    found.until("document.activeElement.classList.contains('item')")


def test_what_comes_in_shows_by_itself_and_takes_nothing_away(api, log_in):
    found = log_in("hotline", "/desk?category=Z08&status=reported", DESK)
    page = found.page
    page.keyboard.press("n")
    page.locator("#category:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("正在记录")
    number = api.report(category="Z08", description="圈地")
    page.wait_for_selector(f"#q{number}", timeout=5_000)
    # What is read out.
    found.until(r"/^超时 \d+ 临期 \d+ 正常 \d+$/.test(document.getElementById('told').textContent)")
    assert page.evaluate("document.activeElement.name") == "description"
    assert page.input_value("[name=description]") == "正在记录"
    page.keyboard.press("Escape")
    page.click(f"#q{number}")
    page.wait_for_selector(f"#incident[data-number='{number}']")
    api.step(number, "note", note="现场已看")
    page.wait_for_selector(".moved", state="visible", timeout=5_000)
    found.until(f"document.querySelector('#q{number}')?.getAttribute('aria-current') === 'true'")
    page.click(".moved button")
    page.get_by_text("现场已看").wait_for()


def test_who_comes_too_late_is_told_what_to_do_and_loses_nothing(api, log_in):
    number = api.report(category="Z02")
    found = log_in("hotline", f"/desk?incident={number}", DESK)
    page = found.page
    page.locator(".step", has_text="升级").locator("summary").click()
    page.locator(".step", has_text="升级").get_by_label("说明").fill("反复来电")
    api.step(number, "note", note="另一位派遣员已联系")
    page.locator(".step", has_text="升级").get_by_role("button").click()
    page.wait_for_selector("#incident .refused")
    assert "别人刚办理过" in page.inner_text(".refused")
    again = page.locator(".step[open]", has_text="升级")
    assert again.get_by_label("说明").input_value() == "反复来电"
    again.get_by_role("button").click()
    page.wait_for_selector("#incident .refused", state="detached")
    assert api.get(f"/v1/incidents/{number}")["level"] != "grid"
    # The refusal itself is what was asked for.
    found.problems[:] = [one for one in found.problems if "412" not in one]


def test_every_step_of_a_role_is_a_form_that_works(api, log_in):
    other, number = api.report(category="Z03"), api.report(category="Z03")
    page = log_in("hotline", f"/desk?incident={number}", DESK).page

    def take(name, status, **fields):
        form = page.locator(".step").filter(has=page.locator("summary", has_text=name)).first
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        for label, value in fields.items():
            box = form.get_by_label(label)
            box.select_option(value) if label == "派往部门" else box.fill(value)
        version = int(page.get_attribute("#incident", "data-version"))
        form.get_by_role("button").click()
        page.wait_for_selector(f"#incident[data-version='{version + 1}']")
        assert page.inner_text("#status") == status

    take("核实", "核实")
    take("立案", "立案")
    take("派遣", "派遣", 派往部门="城市管理")
    take("延期", "派遣", 说明="等待材料")
    take("挂账", "挂账", 说明="等待施工")
    take("恢复", "处置")
    take("改派", "立案", 派往部门="园林绿化", 说明="属绿化带")
    assert api.get(f"/v1/incidents/{number}")["department"] == "园林绿化"
    assert str(other) in page.locator(".step").filter(has=page.locator("summary", has_text="合并")).inner_html()
    take("合并", "合并", 事件号=str(other))
    assert api.get(f"/v1/incidents/{number}")["merged_into"] == other


def test_a_grid_worker_reports_and_feeds_back_with_a_telephone(api, log_in):
    place = {"latitude": HERE["lat"], "longitude": HERE["lon"], "accuracy": 8}
    found = log_in("worker", "/m", PHONE, geolocation=place, permissions=["geolocation"], has_touch=True)
    page = found.page
    new_report(page)
    page.locator("#category").select_option("Z10")
    page.locator("#report [name=description]").fill("行道树倒伏")
    page.click("#here")
    page.wait_for_selector("#grid b")
    assert "± 8 m" in page.inner_text("#point")
    page.set_input_files("#report [name=photos]", picture())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="上报", exact=True).click()
    page.wait_for_selector("#incident")
    number = int(page.get_attribute("#incident", "data-number"))
    kept = api.get(f"/v1/incidents/{number}")
    assert (kept["source"], kept["accuracy_m"], kept["datum"]) == ("patrol", 8.0, "wgs84")
    assert len(api.get(f"/v1/incidents/{number}/photos")) == 1
    api.step(number, "file")
    api.step(number, "dispatch", department="园林绿化")
    page.wait_for_selector(".moved", state="visible")
    page.wait_for_timeout(1_000)
    page.goto(page.url.split("?")[0] + f"?incident={number}")
    page.locator(".step[open]", has_text="接单").get_by_role("button").click()
    page.locator("#status", has_text="处置").wait_for()
    form = page.locator(".step[open]", has_text="反馈")
    form.get_by_label("说明").fill("已扶正")
    form.locator("[name=photos]").set_input_files(picture())
    form.locator("button").click()
    page.locator("#status", has_text="反馈").wait_for()
    assert page.locator(".photo img").count() == 1
    assert api.get(f"/v1/incidents/{number}")["status"] == "fed_back"


@pytest.mark.parametrize(("viewport", "path"), [(DESK, "/desk"), (PHONE, "/m")], ids=["desk", "phone"])
def test_what_people_write_runs_nothing(api, log_in, viewport, path):
    page = log_in("hotline", path, viewport, script=WATCH).page
    for payload in PAYLOADS:
        new_report(page)
        page.locator("#category").select_option("Z09")
        page.locator("#report [name=description]").fill(payload)
        page.fill("#place", payload[:100])
        page.wait_for_selector("#suggestions li", state="attached")
        page.evaluate("(at) => geogridDesk.setPoint({ ...at, name: at.text })", {**HERE, "text": payload})
        page.wait_for_selector("#grid b")
        page.locator("[name=caller]").fill(payload[:40])
        page.locator("#report button[value='']").click()
        page.wait_for_selector("#incident")
        form = page.locator(".step").filter(has=page.locator("summary", has_text="备注"))
        form.locator("summary").click()
        form.get_by_label("说明").fill(payload)
        form.get_by_role("button").click()
        page.locator(".steps .said", has_text=payload[:12]).wait_for()
        assert payload in page.inner_text(".facts")
    assert page.evaluate("window.caught ?? []") == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("viewport", "path"), [(DESK, "/desk"), (PHONE, "/m")], ids=["desk", "phone"])
def test_the_pages_keep_nobody_out(town, api, visit, log_in, axe, viewport, path, lang):
    number = api.report(category="Z04", description="扬尘")
    page = visit(f"{town.origin}/login?lang={lang}", viewport=viewport).page
    assert axe(page) == []
    page = log_in("hotline", f"{path}?lang={lang}&incident={number}", viewport).page
    assert axe(page) == []
    new_report(page)
    page.evaluate("(at) => geogridDesk.setPoint({ ...at, name: '' })", HERE)
    page.wait_for_selector("#grid b")
    page.fill("#place", "gc")
    page.wait_for_selector("#place-0")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_a_place_that_is_settled_is_not_asked_for_first(api, log_in):
    number = api.report(category="Z06")
    api.step(number, "file")
    page = log_in("hotline", f"/desk?incident={number}", DESK).page
    first = page.locator(".step").first
    assert first.locator("summary").inner_text().strip() == "派遣"
    first.get_by_label("由哪一级办、时限").select_option("street")
    first.get_by_role("button").click()
    page.locator("#status", has_text="派遣").wait_for()
    assert api.get(f"/v1/incidents/{number}")["level"] == "street"
    timeline = page.inner_text("#incident .steps")
    assert "规则: " in timeline
    assert "定位: 在网格内" in timeline
    # What a program reads there, people do not.
    assert "located" not in timeline


def test_what_the_service_does_not_answer_is_told_and_kept(api, log_in):
    number = api.report(category="Z06")
    found = log_in("hotline", f"/desk?incident={number}", DESK)
    page = found.page
    form = page.locator(".step").filter(has=page.locator("summary", has_text="备注"))
    form.locator("summary").click()
    form.get_by_label("说明").fill("线路中断")
    page.context.set_offline(True)
    form.get_by_role("button").click()
    page.locator("#failed").wait_for()
    assert "没有应答" in page.inner_text("#failed")
    assert form.get_by_label("说明").input_value() == "线路中断"
    page.context.set_offline(False)
    form.get_by_role("button").click()
    page.locator(".steps .said", has_text="线路中断").wait_for()
    assert page.locator("#failed").is_hidden()
    # Being offline was what was asked for.
    found.problems.clear()


def test_a_report_that_is_refused_comes_back_with_its_point(log_in):
    place = {"latitude": 40.20, "longitude": 113.40, "accuracy": 8}
    found = log_in("worker", "/m?lang=en", PHONE, geolocation=place, permissions=["geolocation"], has_touch=True)
    page = found.page
    new_report(page)
    page.locator("#category").select_option("Z10")
    page.click("#here")
    page.wait_for_selector("#where .refused")
    page.locator("#report button[value='']").click()
    page.wait_for_selector("#report > .refused")
    page.wait_for_selector("#where .refused")
    assert "113.400000, 40.200000 (wgs84) ± 8 m" in page.inner_text("#point")
    found.problems.clear()


def test_a_device_without_a_position_says_what_to_do_instead(log_in):
    page = log_in("worker", "/m?lang=en", PHONE, has_touch=True).page
    new_report(page)
    page.click("#here")
    page.locator("#point", has_text="click on the map, or type a place").wait_for()


def test_what_is_handed_to_another_street_leaves_by_itself(api, log_in):
    number = api.report(category="Z09", source="resident")
    found = log_in("worker", f"/m?incident={number}", PHONE)
    page = found.page
    page.wait_for_selector(f"#mine #q{number}")
    api.step(number, "place", note="归口移交", grid="140213050001001")
    page.wait_for_selector(f"#q{number}", state="detached", timeout=10_000)
    page.wait_for_selector(".moved", state="visible")
    page.click(".moved button")
    page.locator("#work .refused", has_text="不在您的管辖范围内").wait_for()
    # That it is out of reach is what was asked for.
    found.problems[:] = [one for one in found.problems if "403" not in one]


def test_a_report_that_is_begun_waits_while_something_else_is_looked_at(api, log_in):
    number = api.report(category="Z07", source="resident")
    page = log_in("hotline", "/desk?category=Z07&lang=en", DESK).page
    keys = page.keyboard
    keys.press("n")
    page.locator("#category:focus").wait_for()
    keys.press("Tab")
    keys.type("the caller's words")
    page.evaluate("(at) => geogridDesk.setPoint({ ...at, name: '' })", HERE)
    page.wait_for_selector("#grid b")
    key = page.input_value("#report [name=key]")
    page.click(f"#q{number}")
    page.wait_for_selector("#incident")
    assert page.locator("#draft").is_visible()
    keys.press("n")
    page.locator("#category:focus").wait_for()
    assert page.input_value("#report [name=description]") == "the caller's words"
    assert page.input_value("#report [name=key]") == key
    assert page.locator("#draft").is_hidden()
    # It still asks what is known of the place, and is sent as if nothing had been.
    page.locator("#category").select_option("Z09")
    page.wait_for_selector("#by-rule")
    keys.press("Escape")
    keys.press("n")
    assert page.input_value("#report [name=description]") == "the caller's words"
    page.locator("#report button[value='']").click()
    page.wait_for_selector("#incident")
    assert page.locator("#draft").is_hidden()
    page.click("#new")
    page.wait_for_selector("#report")
    assert page.input_value("#report [name=description]") == ""
    page.locator("#report [name=description]").fill("another")
    page.click("#discard")
    page.wait_for_selector("#report")
    page.locator("#category:focus").wait_for()
    assert page.input_value("#report [name=description]") == ""
