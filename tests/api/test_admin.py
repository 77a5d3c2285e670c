"""Administration area over HTTP: access to pages, forms, and errors as pages."""

import base64
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, EVERY_ROLE, Actor, Bounds, Grant, Permission, Role
from geogrid.permissions import load_roles
from geogrid.services.api_keys import list_keys
from geogrid.services.audit import list_audit
from geogrid.services.layer_generations import activate_generation, generation_at
from geogrid.services.sessions import log_in
from geogrid.services.users import add_user, list_users
from geogrid_api.authentication import SESSION_COOKIE
from geogrid_maps.admin_sections import SECTIONS

PASSWORD = "correct horse battery staple"
OWN = {"Origin": "http://testserver"}
PAGE = {"Accept": "text/html,application/xhtml+xml"}
STREET = "140213051"
LIST = f"编码,职务,姓名,生效日期\n{STREET}003008,网格员,某甲,2026-01-01\n000000,网格员,某乙,2026-01-01\n".encode()


@pytest.fixture
def log_in_as(app, store):
    """Function that logs in with a new account of some roles; returns the client and the login response."""
    with TestClient(app):

        def make(*roles, follow=False, **bounds):
            name = "-".join(sorted(roles))
            grant = Grant(frozenset(roles), Bounds(**bounds))
            add_user(store, load_rules(), CONSOLE, name=name, display_name=name, password=PASSWORD, grant=grant)
            found = TestClient(app, follow_redirects=follow, headers=PAGE)
            response = found.post("/login", data={"name": name, "password": PASSWORD}, headers=OWN)
            return found, response

        yield make


LANDINGS = {
    Role.GRID_WORKER: "/m",
    Role.LEADER: "/desk",
    Role.DISPATCHER: "/desk",
    Role.HANDLER: "/desk",
    Role.SUPERVISOR: "/desk",
    Role.PLANNER: "/maps/heatmap",
    Role.DATA_STEWARD: "/admin",
    Role.ADMINISTRATOR: "/admin",
    Role.AUDITOR: "/admin",
    Role.API_CLIENT: "/maps/heatmap",
}


def test_landing_page_of_every_role_is_accessible(log_in_as):
    assert set(LANDINGS) == EVERY_ROLE == set(load_roles())
    for role, path in LANDINGS.items():
        browser, response = log_in_as(role)
        assert (response.status_code, response.headers["location"]) == (303, path), role
        assert browser.get("/").headers["location"] == path
        assert browser.get("/?lang=en").headers["location"] == f"{path}?lang=en"
        assert browser.get("/login").headers["location"] == path
        assert browser.get(path).status_code == 200, role
        # The login ignores a requested page that the role may not open.
        for asked in (
            "/desk", "/m", "/incidents", "/figures", "/ledger", "/ledger/sites", "/maps/heatmap", "/admin",
            "/admin/keys", "/account",
        ):  # fmt: skip
            led = browser.get("/login", params={"next": asked}).headers["location"]
            assert browser.get(led).status_code == 200, (role, asked, led)


def test_landing_page_of_bounded_account_is_accessible(log_in_as):
    for roles in ((Role.AUDITOR,), (Role.DATA_STEWARD,), (Role.GRID_WORKER, Role.AUDITOR)):
        browser, response = log_in_as(*roles, areas=(STREET,))
        assert browser.get(response.headers["location"]).status_code == 200, roles


@pytest.mark.parametrize("role", sorted(EVERY_ROLE))
def test_role_opens_only_sections_of_its_permissions(log_in_as, role):
    browser, _ = log_in_as(role)
    held = load_roles()[role].permissions
    overview = browser.get("/admin")
    for section in SECTIONS:
        allowed = bool(section.permissions & held)
        response = browser.get(section.path)
        assert response.status_code == (200 if allowed else 403), section.path
        assert (f'href="{section.path}"' in overview.text) == (allowed and overview.status_code == 200)
        if not allowed:
            assert re.search(r'<a id="home" href="[^"]+"', response.text)
            assert any(permission in response.text for permission in section.permissions)
    assert overview.status_code == (200 if any(section.permissions & held for section in SECTIONS) else 403)
    assert browser.get("/account").status_code == 200


FORMS = {
    "/admin/accounts": Permission.USERS_MANAGE,
    "/admin/accounts/x/grant": Permission.USERS_MANAGE,
    "/admin/accounts/x/state": Permission.USERS_MANAGE,
    "/admin/accounts/x/password": Permission.USERS_MANAGE,
    "/admin/keys": Permission.KEYS_MANAGE,
    "/admin/keys/1/revoke": Permission.KEYS_MANAGE,
    "/admin/people/check": Permission.PEOPLE_WRITE,
    "/admin/people/import": Permission.PEOPLE_WRITE,
    "/admin/rules/replay": Permission.RULES_WRITE,
    "/admin/layers/rollback": Permission.LAYERS_WRITE,
    "/admin/layers/1/activate": Permission.LAYERS_WRITE,
    "/admin/layers/1/cancel": Permission.LAYERS_WRITE,
}


def test_forms_need_permission_and_same_origin(log_in_as, app):
    for role in (Role.DISPATCHER, Role.ADMINISTRATOR, Role.DATA_STEWARD, Role.AUDITOR):
        browser, _ = log_in_as(role)
        for path, permission in FORMS.items():
            if permission not in load_roles()[role].permissions:
                response = browser.post(path, headers=OWN)
                assert (response.status_code, permission in response.text) == (403, True), (role, path)
            for headers in ({"Origin": "https://elsewhere.invalid"}, {"Sec-Fetch-Site": "cross-site"}, {}):
                assert browser.post(path, headers=headers).status_code == 403
                assert browser.post("/account", headers=headers).status_code == 403
    nobody = TestClient(app, follow_redirects=False, headers=PAGE)
    for path in (*FORMS, "/account"):
        assert nobody.post(path, headers=OWN).headers["location"].startswith("/login"), path


def test_account_is_added_used_changed_and_disabled(log_in_as, app, store):
    admin, _ = log_in_as(Role.ADMINISTRATOR)
    form = {"name": "Desk.02", "display": "<b>二号", "roles": ["dispatcher"], "street": STREET, "areas": ""}
    response = admin.post("/admin/accounts", data=form, headers=OWN)
    password = re.search(r'<code id="secret">([^<]+)', response.text)[1]
    assert "&lt;b&gt;二号" in response.text
    assert password not in admin.get("/admin/accounts").text
    again = admin.post("/admin/accounts", data=form, headers=OWN)
    assert (again.status_code, "登录名已被使用" in again.text) == (409, True)
    kept = next(user for user in list_users(store, CONSOLE) if user.name == "desk.02")
    assert kept.grant == Grant(frozenset({Role.DISPATCHER}), Bounds(areas=(STREET,)))
    theirs = TestClient(app, follow_redirects=False, headers=PAGE)
    login = {"name": "desk.02", "password": password}
    assert theirs.post("/login", data=login, headers=OWN).headers["location"] == "/desk"
    path = "/admin/accounts/desk.02"
    wrong = admin.post(f"{path}/grant", data={"roles": ["dispatcher"], "areas": "999"}, headers=OWN)
    assert (wrong.status_code, "辖区编码" in wrong.text) == (422, True)
    assert admin.post(f"{path}/state", data={"enabled": "no"}, headers=OWN).status_code == 422
    assert theirs.get("/desk").status_code == 200
    sent = admin.post(f"{path}/state", data={"enabled": "no", "confirm": "yes"}, headers=OWN)
    assert sent.headers["location"] == f"{path}?done=done_disabled"
    assert "账号已停用" in admin.get(sent.headers["location"]).text
    assert theirs.get("/desk").headers["location"].startswith("/login")
    assert theirs.post("/login", data=login, headers=OWN).status_code == 401
    admin.post(f"{path}/state", data={"enabled": "yes"}, headers=OWN)
    reset = admin.post(f"{path}/password?lang=en", data={"confirm": "yes"}, headers=OWN)
    new = re.search(r'<code id="secret">([^<]+)', reset.text)[1]
    assert new != password
    assert log_in(store, "desk.02", new, "test").actor.name == "<b>二号"
    shown = admin.get("/admin/audit?account=desk.02").text
    assert "user.disable" in shown
    assert "user administrator" not in shown


@pytest.mark.parametrize("name", ["", "-", "a", "x" * 60, "a b"])
def test_invalid_account_name_shows_error(log_in_as, name):
    admin, _ = log_in_as(Role.ADMINISTRATOR)
    response = admin.post("/admin/accounts", data={"name": name, "roles": ["planner"]}, headers=OWN)
    assert (response.status_code, "登录名为 2 至 50" in response.text) == (422, True)
    assert 'id="secret"' not in response.text
    roleless = admin.post("/admin/accounts?lang=en", data={"name": "someone"}, headers=OWN)
    assert (roleless.status_code, "Choose at least one role" in roleless.text) == (422, True)


def test_last_administrator_cannot_be_disabled(log_in_as):
    admin, _ = log_in_as(Role.ADMINISTRATOR)
    data = {"enabled": "no", "confirm": "yes"}
    response = admin.post("/admin/accounts/administrator/state", data=data, headers=OWN)
    assert (response.status_code, "最后一个系统管理员" in response.text) == (409, True)


def test_key_is_added_once_and_revoked(log_in_as, store, app):
    admin, _ = log_in_as(Role.ADMINISTRATOR)
    seen = re.search(r'name="seen" value="(\d+)"', admin.get("/admin/keys").text)[1]
    form = {"name": "对接", "roles": ["api_client"], "seen": seen}
    key = re.search(r'<code id="secret">([^<]+)', admin.post("/admin/keys", data=form, headers=OWN).text)[1]
    twice = admin.post("/admin/keys", data=form, headers=OWN)
    assert (twice.status_code, "已建过同名密钥" in twice.text) == (409, True)
    made = [one for one in list_keys(store) if one.name == "对接"]
    assert len(made) == 1
    program = TestClient(app, headers={"Authorization": f"Bearer {key}"})
    assert program.get("/v1/me").status_code == 200
    assert admin.post(f"/admin/keys/{made[0].id}/revoke", headers=OWN).status_code == 422
    sent = admin.post(f"/admin/keys/{made[0].id}/revoke", data={"confirm": "yes"}, headers=OWN)
    assert sent.headers["location"] == "/admin/keys?done=done_revoked"
    assert program.get("/v1/me").status_code == 401


def test_people_list_is_checked_then_imported(log_in_as):
    steward, _ = log_in_as(Role.DATA_STEWARD)
    files = {"list": ("people.csv", io.BytesIO(LIST), "text/csv")}
    tried = steward.post("/admin/people/check", files=files, headers=OWN).text
    assert re.search(r'id="n-added">1<', tried)
    assert "编码不在在用图层内" in tried
    assert "某甲" not in steward.get(f"/admin/people?street={STREET}").text
    content = re.search(r'name="content" value="([^"]+)"', tried)[1]
    for added in ("1", "0"):
        done = steward.post("/admin/people/import", data={"content": content}, headers=OWN).text
        assert f'id="n-added">{added}<' in done
        assert "已导入" in done
    assert "某甲" in steward.get(f"/admin/people?street={STREET}").text
    assert "某甲" in steward.get(f"/admin/people?code={STREET}003008&duty=worker&day=2026-02-01").text
    assert "某甲" not in steward.get("/admin/people?street=140213050").text
    bad = steward.post("/admin/people/check", files={"list": ("x.csv", b"a,b\n1,2\n", "text/csv")}, headers=OWN)
    assert (bad.status_code, "缺少必需的列" in bad.text) == (422, True)


def test_people_page_masks_people_outside_bounds(log_in_as):
    steward, _ = log_in_as(Role.DATA_STEWARD)
    files = {"content": base64.b64encode(LIST).decode()}
    steward.post("/admin/people/import", data=files, headers=OWN)
    near, _ = log_in_as(Role.LEADER, areas=(STREET,))
    far, _ = log_in_as(Role.SUPERVISOR, areas=("140213050",))
    path = f"/admin/people?code={STREET}003008"
    assert "某甲" in near.get(path).text
    assert "某甲" not in far.get(path).text
    assert "某＊" in far.get(path).text


def test_generation_is_activated_after_confirmation_and_rolled_back(log_in_as, store, moved):
    steward, _ = log_in_as(Role.DATA_STEWARD)
    before = generation_at(store).id
    path = f"/admin/layers/{moved}/activate"
    assert "moved" in steward.get(path).text
    form = {"expected": str(before), "moment": ""}
    assert steward.post(path, data=form, headers=OWN).status_code == 422
    past = steward.post(path, data={**form, "confirm": "yes", "moment": "2020-01-01T00:00"}, headers=OWN)
    assert (past.status_code, "生效时间已过" in past.text) == (422, True)
    stale = steward.post(path, data={**form, "confirm": "yes", "expected": "99"}, headers=OWN)
    assert (stale.status_code, "在用版本刚刚变了" in stale.text) == (412, True)
    assert generation_at(store).id == before
    assert steward.post(path, data={**form, "confirm": "yes"}, headers=OWN).headers["location"].startswith("/admin/l")
    assert generation_at(store).id == moved
    steward.post("/admin/layers/rollback", data={"expected": str(moved), "confirm": "yes"}, headers=OWN)
    assert generation_at(store).id == before
    acts = [(one.actor, one.action) for one in list_audit(store, AUDITOR, limit=2)]
    assert acts == [("data_steward", "layers.rollback"), ("data_steward", "layers.activate")]


def test_planned_activation_is_cancelled_after_confirmation(log_in_as, store, moved):
    steward, _ = log_in_as(Role.DATA_STEWARD)
    path = f"/admin/layers/{moved}/cancel"
    assert path not in steward.get("/admin/layers").text
    refused = steward.post(path, data={"confirm": "yes"}, headers=OWN)
    assert (refused.status_code, "没有计划中的启用" in refused.text) == (409, True)
    activate_generation(store, moved, datetime.now(UTC) + timedelta(days=1))
    assert path in steward.get("/admin/layers").text
    assert steward.post(path, headers=OWN).status_code == 422
    done = steward.post(path, data={"confirm": "yes"}, headers=OWN)
    assert "已取消计划启用" in steward.get(done.headers["location"]).text
    assert path not in steward.get("/admin/layers").text
    (act,) = list_audit(store, AUDITOR, limit=1)
    assert (act.actor, act.action) == ("data_steward", "layers.cancel")


AUDITOR = Actor("test", "test", frozenset({Role.AUDITOR}))


def test_rules_page_shows_versions_and_replays_candidate_rules(log_in_as):
    steward, _ = log_in_as(Role.DATA_STEWARD)
    shown = steward.get("/admin/rules").text
    assert "分派规则" in shown
    assert "2026.1" in shown
    rules = load_rules().routing.text.encode()
    period = {"first": "2022-05-01", "last": "2022-05-31"}
    files = {"rules": ("routing.json", rules, "application/json")}
    found = steward.post("/admin/rules/replay", data=period, files=files, headers=OWN)
    assert (found.status_code, 'id="elsewhere">0<' in found.text) == (200, True)
    bad = {"rules": ("routing.json", b"{", "application/json")}
    refused = steward.post("/admin/rules/replay", data=period, files=bad, headers=OWN)
    assert (refused.status_code, "规则有误" in refused.text) == (422, True)


def test_changing_own_password_ends_other_sessions(log_in_as, app, store):
    here, _ = log_in_as(Role.PLANNER)
    there = TestClient(app, follow_redirects=False, headers=PAGE)
    there.post("/login", data={"name": "planner", "password": PASSWORD}, headers=OWN)
    new = "four other plain words"
    form = {"current": PASSWORD, "new": new, "again": new}
    for changed, said in (
        ({"current": "wrong-password-1"}, "当前密码不对"),
        ({"again": "something else entirely"}, "不一致"),
        ({"new": "short", "again": "short"}, "12 至 256"),
        ({"new": "planner planner 1", "again": "planner planner 1"}, "登录名"),
    ):
        response = here.post("/account", data={**form, **changed}, headers=OWN)
        assert (response.status_code, said in response.text) == (422, True), changed
    assert there.get("/account").status_code == 200
    assert here.post("/account", data=form, headers=OWN).headers["location"] == "/account?done=done_password"
    assert here.get("/account").status_code == 200
    assert there.get("/account").headers["location"].startswith("/login")
    assert log_in(store, "planner", new, "test").token


def test_wrong_current_passwords_are_throttled(log_in_as):
    here, _ = log_in_as(Role.PLANNER)
    form = {"current": "wrong-password-1", "new": "four other plain words", "again": "four other plain words"}
    found = [here.post("/account", data=form, headers=OWN).status_code for _ in range(11)]
    assert found == [422] * 10 + [429]


def test_key_cannot_change_a_password(client):
    form = {"current": PASSWORD, "new": "four other plain words", "again": "four other plain words"}
    assert client.post("/account", data=form).status_code == 403
    assert 'name="current"' not in client.get("/account").text


def test_page_errors_are_html_and_api_errors_are_problems(log_in_as, app):
    admin, _ = log_in_as(Role.ADMINISTRATOR)
    for path, status, chinese, english in (
        ("/nowhere", 404, "没有这个页面", "There is no such page"),
        ("/desk", 403, "没有这项权限：查看事件", "lacks the permission: read incidents"),
        ("/incidents/1", 403, "没有这项权限：查看事件", "lacks the permission: read incidents"),
        ("/admin/accounts/nobody", 404, "没有这个账号", "There is no such account"),
    ):
        for lang, said in (("zh", chinese), ("en", english)):
            mark = "&" if "?" in path else "?"
            response = admin.get(f"{path}{mark}lang={lang}")
            assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
            assert said in response.text, (path, lang)
            assert "联系系统管理员" not in response.text
            assert "contact an administrator" not in response.text
            assert f'id="home" href="/admin{"?lang=en" if lang == "en" else ""}"' in response.text
            assert "script-src 'self'" in response.headers["content-security-policy"]
        # A program requests the same URL.
        plain = admin.get(path, headers={"Accept": "*/*"})
        assert plain.headers["content-type"] == "application/problem+json", path
    for path in ("/v1/nowhere", "/v1/incidents?limit=x", "/v1/queue"):
        assert admin.get(path).headers["content-type"] == "application/problem+json"
    planner, _ = log_in_as(Role.PLANNER)
    assert "联系系统管理员" in planner.get("/admin/keys").text
    nobody = TestClient(app, follow_redirects=False, headers=PAGE)
    assert nobody.get("/nowhere").status_code == 404
    assert nobody.get("/incidents/1").headers["location"] == "/login?next=%2Fincidents%2F1"
    assert SESSION_COOKIE not in nobody.cookies


def test_error_page_does_not_contain_the_path(app):
    with TestClient(app, headers=PAGE) as nobody:
        response = nobody.get("/<script>alert(1)</script>?lang=<b>")
        assert (response.status_code, "alert(1)" in response.text) == (404, False)
