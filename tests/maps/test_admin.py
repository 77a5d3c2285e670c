"""The administration area in a real browser: accounts and keys from their form to their end, and axe-core."""

from __future__ import annotations

import re

import httpx2
import pytest

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, EVERY_ROLE, Grant, Role
from geogrid.services.users import add_user

PASSWORD = "correct horse battery staple"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
WIDE = {"width": 1920, "height": 1080}
PAGES = (
    "/admin",
    "/admin/accounts",
    "/admin/accounts/whole",
    "/admin/keys",
    "/admin/people",
    "/admin/rules",
    "/admin/layers",
    "/admin/audit",
    "/account",
)


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("admin")
    copy_demo(home)

    def fill(store):
        for name, roles in (("chief", frozenset({Role.ADMINISTRATOR})), ("whole", EVERY_ROLE)):
            grant = Grant(roles)
            add_user(store, load_rules(), CONSOLE, name=name, display_name=name, password=PASSWORD, grant=grant)

    with run_service(home, fill) as found:
        yield found


@pytest.fixture
def log_in(town, visit):
    """A function that opens a page as somebody, through the login page, in a browser of its own."""

    def open_as(name, path, viewport, password=PASSWORD):
        found = visit(f"{town.origin}/login?next={path}", viewport=viewport)
        enter(found.page, name, password)
        return found.page

    return open_as


def enter(page, name, password=PASSWORD):
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def send(page, button):
    with page.expect_navigation():
        button.click()


def test_account_can_be_added_used_and_disabled(town, log_in):
    page = log_in("chief", "", DESK)
    assert page.url == f"{town.origin}/admin"
    send(page, page.get_by_role("link", name="新建、停用账号"))
    page.get_by_text("新建账号").first.click()
    page.get_by_label("登录名").fill("hotline")
    page.get_by_label("显示名称").fill("热线一号")
    page.get_by_label("派遣员").check()
    page.get_by_label("街道").select_option("140213051")
    send(page, page.get_by_role("button", name="新建账号"))
    password = page.inner_text("#secret")
    theirs = log_in("hotline", "/admin/accounts", DESK, password)
    assert theirs.url == f"{town.origin}/desk", "they are led to a page that they may open"
    assert theirs.inner_text(".bar .who") == "热线一号"
    theirs.goto(f"{town.origin}/account")
    send(page, page.get_by_role("link", name="hotline"))
    page.get_by_label("确认停用").check()
    send(page, page.get_by_role("button", name="停用"))
    assert page.inner_text("#state") == "已停用"
    theirs.goto(f"{town.origin}/desk")
    assert theirs.url == f"{town.origin}/login?next=%2Fdesk"
    assert theirs.get_by_label("密码").is_visible()


def test_key_can_be_added_and_revoked_on_a_phone(town, log_in):
    page = log_in("chief", "/admin/keys", PHONE)
    page.get_by_text("新建密钥").first.click()
    page.get_by_label("名称").fill("对接系统")
    page.get_by_label("接口客户端").check()
    send(page, page.get_by_role("button", name="新建密钥"))
    headers = {"Authorization": f"Bearer {page.inner_text('#secret')}"}
    with httpx2.Client(base_url=town.origin, trust_env=False, headers=headers) as program:
        assert program.get("/v1/me").json()["name"] == "对接系统"
        row = page.get_by_role("row", name=re.compile("对接系统"))
        row.get_by_role("checkbox").check()
        send(page, row.get_by_role("button"))
        assert "已吊销" in page.get_by_role("row", name=re.compile("对接系统")).inner_text()
        assert program.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("viewport", "lang"), [(PHONE, "zh"), (DESK, "en"), (WIDE, "zh")], ids=["phone", "desk", "wide"]
)
def test_admin_pages_fit_the_screen_and_pass_axe(town, log_in, axe, viewport, lang):
    page = log_in("whole", "/account", viewport)
    for path in PAGES:
        page.goto(f"{town.origin}{path}?lang={lang}")
        assert page.locator("main h1").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert axe(page) == [], path


def test_skip_link_is_first_and_filters_stay_on_the_page(town, log_in):
    page = log_in("whole", "/admin/audit", DESK)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.evaluate("window.stays = true")
    page.get_by_label("按账号筛选").fill("nobody")
    page.keyboard.press("Tab")
    page.get_by_text("没有记录").wait_for()
    assert page.evaluate("window.stays"), "htmx replaces the rows alone"
    assert page.url.endswith("/admin/audit?account=nobody")


def test_error_page_passes_axe_and_has_links(town, visit, axe):
    found = visit(f"{town.origin}/login", viewport=PHONE)
    page = found.page
    enter(page, "chief")
    page.goto(f"{town.origin}/desk?lang=en")
    assert "read incidents" in page.inner_text("main")
    assert axe(page) == []
    send(page, page.locator("#home"))
    assert page.url == f"{town.origin}/admin?lang=en"
    assert found.problems, "the browser tells of the response that was asked for"
    found.problems[:] = [one for one in found.problems if "403" not in one]
