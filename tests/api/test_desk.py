"""Desk over HTTP: login, access, forms and errors, without scripts."""

import io
import re
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, Bounds, Grant, Role
from geogrid.services.users import add_user
from geogrid_api.authentication import SESSION_COOKIE

PASSWORD = "correct horse battery staple"
OWN = {"Origin": "http://testserver"}
REPORT = {"category": "Z06", "lon": "113.2988", "lat": "40.0901", "point_datum": "wgs84", "source": "hotline"}
HERE = {"lon": 113.2988, "lat": 40.0901, "datum": "wgs84", "category": "Z06"}
OTHER_STREET = "140213050"


@pytest.fixture
def browser(app, store):
    """Function that returns a client, logged in with a role or anonymous."""
    with TestClient(app) as running:

        def make(role=None, **bounds):
            found = TestClient(app, follow_redirects=False)
            if role is not None:
                grant = Grant(frozenset({role}), Bounds(**bounds))
                add_user(store, load_rules(), CONSOLE, name=role, display_name=role, password=PASSWORD, grant=grant)
                response = found.post("/login", data={"name": role, "password": PASSWORD}, headers=OWN)
                homes = {Role.GRID_WORKER: "/m", Role.PLANNER: "/maps/heatmap", Role.ADMINISTRATOR: "/admin"}
                assert (response.status_code, response.headers["location"]) == (303, homes.get(role, "/desk"))
            return found

        assert running.get("/v1/kpi").status_code == 200
        yield make


def test_anonymous_user_is_redirected_to_login_and_back(browser):
    nobody = browser()
    response = nobody.get("/desk?incident=1&lang=en")
    assert response.status_code == 303
    assert response.headers["location"] == "/login?next=%2Fdesk%3Fincident%3D1%26lang%3Den&lang=en"
    part = nobody.get("/desk/queue", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/m"})
    assert (part.status_code, "hx-redirect" in part.headers) == (401, False), "the open page asks for the login itself"
    # A fragment or a form redirects to its page.
    for path, back in (
        ("/desk/report", "/login?next=%2Fdesk"),
        ("/desk/incidents/7/steps", "/login?next=%2Fdesk%3Fincident%3D7"),
    ):
        assert nobody.post(path, data=REPORT, headers=OWN).headers["location"] == back


@pytest.mark.parametrize(
    "path", ["/incidents/7?lang=en", "/v1/cards/7.html?lang=en", "/incidents?lang=en", "/m?lang=en"]
)
def test_page_without_session_redirects_to_login_with_reason(browser, path):
    nobody = browser()
    response = nobody.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 303
    login = nobody.get(response.headers["location"]).text
    assert "Log in to open the page" in login
    assert f'name="next" value="{path}"' in login
    # The link to the other language keeps the requested page.
    assert f"?lang=zh&amp;next={quote(path, safe='')}" in login
    nobody.cookies.set(SESSION_COOKIE, "gse_ended")
    assert "The session has ended" in nobody.get(response.headers["location"]).text
    # Programs get a problem. The login page without a requested page shows no reason.
    assert nobody.get("/incidents/7").status_code == 401
    assert nobody.get("/incidents/7", headers={"Accept": "text/html", "Authorization": "Bearer x"}).status_code == 401
    assert nobody.get("/incidents/7", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"}).status_code == 401
    assert "said-now" not in nobody.get("/login?lang=en").text


def test_script_login_returns_no_redirect(browser):
    browser(Role.DISPATCHER)
    nobody = browser()
    form = {"name": "dispatcher", "password": PASSWORD}
    script = {**OWN, "HX-Request": "true"}
    assert nobody.post("/login", data={**form, "password": "a wrong password"}, headers=script).status_code == 401
    response = nobody.post("/login", data=form, headers=script)
    assert (response.status_code, SESSION_COOKIE in response.cookies) == (204, True)
    assert nobody.get("/v1/me").json()["name"] == "dispatcher"


def test_login_redirects_only_within_the_service(browser):
    somebody = browser(Role.DISPATCHER)
    for led in ("https://elsewhere.invalid", "//elsewhere.invalid", "/\\elsewhere", "javascript:1", "/v1"):
        assert somebody.get("/login", params={"next": led}).headers["location"] == "/desk"
        form = {"name": "dispatcher", "password": PASSWORD, "next": led}
        assert somebody.post("/login", data=form, headers=OWN).headers["location"] == "/desk"


def test_incident_page_links_to_the_desk(browser, client):
    number = client.post("/v1/incidents", json=HERE).json()["id"]
    path = f"/incidents/{number}"
    assert 'id="desk"' not in client.get(path).text, "a key is in no link"
    assert f'id="desk" href="/desk?incident={number}"' in browser(Role.DISPATCHER).get(path).text
    assert f'id="desk" href="/m?incident={number}&amp;lang=en"' in browser(Role.GRID_WORKER).get(f"{path}?lang=en").text


def test_wrong_password_shows_error_without_the_password(browser):
    nobody = browser()
    response = nobody.post("/login", data={"name": "no<b>body", "password": "wrong-password-1"}, headers=OWN)
    assert response.status_code == 401
    assert "账号或密码错误" in response.text
    assert "wrong-password-1" not in response.text
    assert "<b>body" not in response.text
    assert SESSION_COOKIE not in response.cookies


def test_cross_site_forms_are_refused(browser):
    somebody = browser(Role.DISPATCHER)
    form = {**REPORT, "name": "dispatcher", "password": PASSWORD, "action": "note", "note": "x", "version": "1"}
    for path in ("/login", "/logout", "/desk/report", "/desk/where", "/desk/incidents/1/steps"):
        for headers in ({"Origin": "https://elsewhere.invalid"}, {"Sec-Fetch-Site": "cross-site"}, {}):
            assert somebody.post(path, data=form, headers=headers).json()["code"] == "cross_site", (path, headers)


def test_logout_ends_the_session(browser):
    somebody = browser(Role.DISPATCHER)
    token = somebody.cookies[SESSION_COOKIE]
    assert somebody.get("/desk").status_code == 200
    assert somebody.post("/logout", headers=OWN).status_code == 303
    somebody.cookies.set(SESSION_COOKIE, token)
    assert somebody.get("/desk").status_code == 303


def test_desk_works_without_scripts_and_saves_a_report_once(browser, client):
    desk = browser(Role.DISPATCHER)
    key = re.search(r'name="key" value="([^"]+)"', desk.get("/desk/new").text)[1]
    form = {
        **REPORT,
        "key": key,
        "then": "dispatch",
        "department": "交通运输",
        "level": "leader",
        "phone": "13800138000",
    }
    first, again = (desk.post("/desk/report", data=form, headers=OWN) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    number = int(first.headers["location"].split("=")[1])
    kept = client.get(f"/v1/incidents/{number}").json()
    assert (kept["status"], kept["department"], kept["level"]) == ("dispatched", "交通运输", "leader")
    page = desk.get(f"/desk?incident={number}").text
    assert "138****8000" in page
    assert "13800138000" not in page
    step = {"action": "suspend", "note": "等待", "version": str(kept["version"])}
    assert desk.post(f"/desk/incidents/{number}/steps", data=step, headers=OWN).status_code == 303
    stale = desk.post(f"/desk/incidents/{number}/steps", data=step, headers=OWN)
    assert stale.status_code == 412
    assert "别人刚办理过" in stale.text
    late = desk.post(f"/desk/incidents/{number}/steps", data={**step, "version": str(kept["version"] + 1)}, headers=OWN)
    assert late.status_code == 409
    assert "已不在这一步" in late.text


def test_rejected_report_form_keeps_its_input(browser):
    desk = browser(Role.DISPATCHER)
    for changed, said in (
        ({"lon": ""}, "请先选定地点"),
        ({"lon": "x"}, "请填写数字"),
        ({"lon": "40.09", "lat": "113.3"}, "wrong way round"),
        ({"category": "Z99"}, "请选择类别"),
        ({"point_datum": ""}, "请选择坐标系"),
    ):
        response = desk.post("/desk/report", data={**REPORT, "description": "<i>写好的", **changed}, headers=OWN)
        assert (response.status_code, said in response.text) == (422, True), changed
        assert "&lt;i&gt;写好的" in response.text


def test_report_form_shows_level_and_time_limit(browser, client):
    desk = browser(Role.DISPATCHER)
    form = {**REPORT, "source": "resident", "lang": "en"}
    asked = desk.post("/desk/where?lang=en", data=form, headers=OWN).text
    # The due time of each limit, if dispatched now, follows.
    assert "By the rules: <b>交通运输</b> · grid worker · 4 working hours, by " in asked
    assert "district · 2 working days, by " in asked
    unplaced = desk.post("/desk/where", data={**form, "lon": ""}, headers=OWN).text
    assert 'id="by-rule"' not in unplaced
    assert "街道 · 1 工作日" in unplaced
    # Incidents dispatched by a rule, and reports of users who may not dispatch, can only be escalated.
    at_once = desk.post("/desk/where", data={**form, "source": "inspection", "level": "street"}, headers=OWN).text
    assert "按规则直接派遣" in at_once
    assert 'name="department"' not in at_once
    assert "按规则</option>" in at_once
    assert re.findall(r'<option value="(\w+)"( selected)?>', at_once) == [("street", " selected"), ("district", "")]
    for sent, kept in (
        ({"then": "dispatch"}, ("dispatched", "交通运输", "grid")),
        ({"then": "dispatch", "level": "district", "department": "城市管理"}, ("dispatched", "城市管理", "district")),
        ({"then": "dispatch", "source": "inspection", "level": "street"}, ("dispatched", "交通运输", "street")),
        ({"level": "street"}, ("reported", "交通运输", "street")),
    ):
        response = desk.post("/desk/report", data={**form, **sent}, headers=OWN)
        found = client.get(f"/v1/incidents/{response.headers['location'].split('=')[1]}").json()
        assert (found["status"], found["department"], found["level"]) == kept


def test_level_can_be_set_on_dispatch_transfer_and_escalation(browser, client):
    number = client.post("/v1/incidents", json={**HERE, "source": "resident"}).json()["id"]
    desk, path = browser(Role.DISPATCHER), f"/desk/incidents/{number}"

    def step(action, **wish):
        kept = client.get(f"/v1/incidents/{number}").json()
        data = {"action": action, "version": str(kept["version"]), **wish}
        response = desk.post(f"{path}/steps", data=data, headers={**OWN, "HX-Request": "true"})
        return response, client.get(f"/v1/incidents/{number}").json()

    step("file")
    assert "网格员 · 4 工作时，" in desk.get(path).text
    _, kept = step("dispatch", department="交通运输", level="street")
    due = kept["due_at"]
    assert (kept["level"], kept["status"]) == ("street", "dispatched")
    # The deadline is running and does not change.
    assert not re.search(r"· [0-9]+ 工作日", desk.get(path).text)
    response, kept = step("escalate", note="x", level="leader")
    assert (response.status_code, "更高一级" in response.text, kept["level"]) == (422, True, "street")
    assert step("escalate", note="x", level="palace")[0].status_code == 422
    assert step("escalate", note="x", level="district")[1]["level"] == "district"
    _, kept = step("reroute", note="x", department="城市管理", level="leader")
    assert (kept["department"], kept["level"], kept["due_at"]) == ("城市管理", "leader", due)


def test_desk_enforces_bounds_and_roles(browser, client):
    number = client.post("/v1/incidents", json=HERE).json()["id"]
    worker = browser(Role.GRID_WORKER, areas=(OTHER_STREET,))
    shown = worker.get(f"/desk/incidents/{number}")
    assert (shown.status_code, "不在您的管辖范围内" in shown.text) == (403, True)
    assert f'id="q{number}"' not in worker.get("/desk/queue?status=reported").text
    form = {"action": "note", "note": "x", "version": "1"}
    assert worker.post(f"/desk/incidents/{number}/steps", data=form, headers=OWN).status_code == 403
    assert worker.post("/desk/report", data=REPORT, headers=OWN).status_code == 403
    assert "不在您的管辖范围内" in worker.post("/desk/where", data=REPORT, headers=OWN).text
    planner = browser(Role.PLANNER)
    page = planner.get(f"/desk?incident={number}").text
    assert 'id="incident"' in page
    assert 'name="action"' not in page
    assert 'id="new"' not in page
    assert planner.post(f"/desk/incidents/{number}/steps", data=form, headers=OWN).status_code == 403
    administrator = browser(Role.ADMINISTRATOR)
    closed = administrator.get("/desk", headers={"Accept": "text/html"})
    assert (closed.status_code, "没有这项权限" in closed.text) == (403, True)


def test_desk_has_forms_for_whistles_cards_and_places(browser, client):
    def step(who, action, *, said, **fields):
        version = str(client.get(f"/v1/incidents/{number}").json()["version"])
        form = {"action": action, "version": version, **fields}
        response = who.post(f"/desk/incidents/{number}/steps", data=form, headers={**OWN, "HX-Request": "true"})
        assert (response.status_code, response.headers.get("hx-trigger")) == (200, "news"), response.text
        assert said in response.text
        return response.text

    def choice(who, action):
        """Return the first choice in the form of a step."""
        page = who.get(f"/desk/incidents/{number}").text.split(f'value="{action}"')[1]
        return re.search(r'name="(?:number|grid)" required><option value="(\d+)"', page)[1]

    outside = {**HERE, "lon": 113.6, "lat": 40.3}
    number = client.post("/v1/incidents", json=outside).json()["id"]
    desk, overseer = browser(Role.DISPATCHER), browser(Role.SUPERVISOR)
    held = desk.post(
        f"/desk/incidents/{number}/steps",
        data={"action": "file", "version": "1"},
        headers={**OWN, "HX-Request": "true"},
    )
    assert (held.status_code, "先办理“定位”" in held.text) == (409, True)
    step(desk, "place", said="立案", note="来电人说明", grid="140213051003008")
    step(desk, "file", said="派遣")
    step(desk, "dispatch", said="延期", department="交通运输")
    waiting = step(overseer, "whistle", said="吹哨未报到", note="请支援", departments=["城市管理", "生态环境"])
    assert len(re.findall(r"<li>(?:城市管理|生态环境) · 报到时限 \d{4}-[^<]+</li>", waiting)) == 2
    handler = browser(Role.HANDLER, departments=("交通运输", "城市管理"))
    step(handler, "report_in", said="已到场", number=choice(handler, "report_in"), note="已到场", joined="1")
    assert re.findall(r"<li>(\w+) · 报到时限", overseer.get(f"/desk/incidents/{number}").text) == ["生态环境"]
    step(overseer, "rate", said="评价", number=choice(overseer, "rate"), rating="4", note="及时")
    step(overseer, "supervise", said="督办", note="三次来电")
    step(handler, "answer", said="今日办结", number=choice(handler, "answer"), note="今日办结")
    told = client.get(f"/v1/incidents/{number}/timeline").json()["steps"]
    assert [one["action"] for one in told] == [
        "report", "place", "file", "dispatch", "whistle", "report_in", "rate", "supervise", "answer",
    ]  # fmt: skip


def test_dispute_is_mediated_at_the_desk_with_its_kind(browser, client):
    number = client.post("/v1/incidents", json={**HERE, "category": "J01"}).json()["id"]
    worker = browser(Role.GRID_WORKER, areas=("140213051",))
    page = worker.get(f"/desk/incidents/{number}?lang=en").text
    assert '<option value="judicial">judicial mediation</option>' in page
    version = str(client.get(f"/v1/incidents/{number}").json()["version"])
    form = {"action": "mediate", "version": version, "note": "谈过", "outcome": "unsettled"}

    def send():
        return worker.post(f"/desk/incidents/{number}/steps", data=form, headers={**OWN, "HX-Request": "true"})

    refused = send()
    assert (refused.status_code, "请选择调解方式" in refused.text) == (422, True)
    form["mediation"] = "people"
    shown = send().text
    assert "人民调解" in shown
    assert re.search(r"<li>司法行政 · 报到时限", shown)
    assert 'value="mediate"' not in shown, "the street is responsible now"


def test_desk_splits_a_report_and_links_its_parts(browser, client):
    number = client.post("/v1/incidents", json=HERE).json()["id"]
    tag = client.get(f"/v1/incidents/{number}").headers["etag"]
    client.post(f"/v1/incidents/{number}/transitions", json={"action": "file"}, headers={"If-Match": tag})
    desk = browser(Role.DISPATCHER)
    page = desk.get(f"/desk/incidents/{number}").text
    assert "拆分派遣" in page
    assert all(f'name="department-{row}"' in page for row in range(1, 11))
    assert 'name="department-11"' not in page
    form = {"action": "split", "version": "2", "note": "", "department-1": "交通运输", "category-1": "Z06"}
    refused = desk.post(f"/desk/incidents/{number}/steps", data=form | {"note-1": "挪走单车"}, headers=OWN)
    assert refused.status_code == 422
    assert "2 至 10 个部分" in refused.text
    assert 'value="挪走单车"' in refused.text
    form |= {"note-1": "挪走单车", "department-2": "", "department-4": "环境卫生", "category-4": "Z01"}
    response = desk.post(f"/desk/incidents/{number}/steps", data=form, headers=OWN | {"HX-Request": "true"})
    assert response.status_code == 200, response.text
    first, second = client.get(f"/v1/incidents/{number}").json()["parts"]
    assert [(part["department"], part["category"]) for part in (first, second)] == [
        ("交通运输", "Z06"),
        ("环境卫生", "Z01"),
    ]
    for part in (first, second):
        assert f'hx-get="/desk/incidents/{part["id"]}"' in response.text
        shown = desk.get(f"/desk/incidents/{part['id']}").text
        assert f"事件 {number} 的第 {part['part']} 部分" in shown
        assert f'hx-get="/desk/incidents/{number}"' in shown
        assert f'href="/incidents/{part["id"]}?lang=en"' in desk.get(f"/incidents/{number}?lang=en").text
    assert f"事件 {number} 的第 1 部分" in desk.get("/incidents").text


def test_page_by_department_says_that_its_rows_exceed_the_total(browser, client):
    reported = {**HERE, "reported_at": "2026-03-02T09:00:00+08:00"}
    number = client.post("/v1/incidents", json=reported).json()["id"]
    client.post(f"/v1/incidents/{number}/transitions", json={"action": "file"}, headers={"If-Match": '"1"'})
    days = {"from": "2026-03-02", "to": "2026-03-02", "rows": "department"}
    desk = browser(Role.SUPERVISOR)
    assert 'id="parts"' not in desk.get("/figures", params=days).text
    parts = [{"department": "交通运输"}, {"department": "环境卫生"}]
    client.post(f"/v1/incidents/{number}/parts", json={"parts": parts}, headers={"If-Match": '"2"'})
    assert "各行合计受理 2 件" in desk.get("/figures", params=days).text
    assert 'id="parts"' not in desk.get("/figures", params=days | {"rows": "street"}).text


@pytest.mark.full_demo
def test_phone_queue_lists_own_incidents_first(browser, client):
    here = {**HERE, "source": "resident"}
    fresh, filed = (client.post("/v1/incidents", json=here).json()["id"] for _ in range(2))
    tag = client.get(f"/v1/incidents/{filed}").headers["etag"]
    client.post(f"/v1/incidents/{filed}/transitions", json={"action": "file"}, headers={"If-Match": tag})
    worker = browser(Role.GRID_WORKER, areas=("140213051003008",))

    def lists(path):
        mine, others = worker.get(path).text.split('<section id="others"')
        return [set(map(int, re.findall(r'data-number="(\d+)"', part))) for part in (mine, others)]

    for path in ("/m", "/m/queue", "/m/queue?category=Z06"):
        mine, others = lists(path)
        assert (fresh in mine, filed in others) == (True, True)
        assert not mine & others
    assert f'href="/m?incident={fresh}"' in worker.get("/m/queue").text
    over_api = worker.get("/v1/queue", params={"mine": True, "limit": 1000}).json()
    assert lists("/m/queue")[0] <= {one["id"] for one in over_api["items"]}
    # The demo's incidents are years overdue, yet an incident due in half an hour is listed above them.
    page = browser(Role.LEADER).get("/m/queue?lang=en").text
    assert page.index(f'data-number="{fresh}"') < page.index('data-urgency="overdue"')
    assert re.search(r"More at the desk: \d+", page)


def test_invalid_photo_is_refused_and_form_keeps_note(browser, client):
    number = client.post("/v1/incidents", json=HERE).json()["id"]
    desk = browser(Role.DISPATCHER)
    version = str(client.get(f"/v1/incidents/{number}").json()["version"])
    response = desk.post(
        f"/desk/incidents/{number}/steps",
        data={"action": "note", "note": "写好的", "version": version},
        files={"photos": ("x.jpg", b"no picture", "image/jpeg")},
        headers=OWN,
    )
    assert response.status_code == 422
    assert "照片无法读取" in response.text
    assert "写好的" in response.text


def test_desk_corrects_a_report_and_keeps_the_form_of_a_refused_one(browser, client):
    number = client.post("/v1/incidents", json=HERE).json()["id"]
    dispatcher, path = browser(Role.DISPATCHER), f"/desk/incidents/{number}/steps"
    shown = dispatcher.get(f"/desk/incidents/{number}").text
    assert 'name="coordinates"' in shown

    def send(**fields):
        data = {"action": "correct", "version": "1", "note": "填错", **fields}
        return dispatcher.post(path, data=data, headers=OWN)

    for fields, said in (
        ({}, "没有改动任何内容"),
        ({"coordinates": "somewhere", "point_datum": "wgs84"}, "坐标无法识别"),
        ({"coordinates": "113.2994, 40.0909"}, "请选择坐标系"),
        ({"coordinates": "113.2994, 40.0909", "point_datum": "wgs84", "grid": "140213051003008"}, "二者取一"),
    ):
        refused = send(**fields)
        assert refused.status_code == 422
        assert said in refused.text
        assert f'value="{fields.get("coordinates", "")}"' in refused.text
    assert send(category="Z10", coordinates="113.2994, 40.0909", point_datum="wgs84").status_code == 303
    found = client.get(f"/v1/incidents/{number}").json()
    assert (found["category"], found["department"], found["point"]["lon"]) == ("Z10", "园林绿化", 113.2994)
    assert found["description"] == "", "an empty field keeps the description"


def test_desk_reports_what_was_handled_on_the_spot(browser, client):
    worker, dispatcher = browser(Role.GRID_WORKER), browser(Role.DISPATCHER)
    assert 'name="on_spot"' in worker.get("/desk/new").text
    assert 'name="on_spot"' not in dispatcher.get("/desk/new").text
    image = io.BytesIO()
    Image.new("RGB", (8, 8)).save(image, "PNG")
    photo = ("x.png", image.getvalue(), "image/png")
    data = {**REPORT, "on_spot": "1", "handling": "已清运", "key": "k1"}
    refused = worker.post("/desk/report", data=data, files={"before": photo}, headers=OWN)
    assert refused.status_code == 422
    assert "请附照片" in refused.text
    assert "已清运" in refused.text
    assert re.search(r'name="on_spot" value="1" checked', refused.text)
    responses = [
        worker.post("/desk/report", data=data, files={"before": photo, "after": photo}, headers=OWN) for _ in range(2)
    ]
    assert [response.status_code for response in responses] == [303, 303]
    assert responses[0].headers["location"] == responses[1].headers["location"]
    number = int(responses[0].headers["location"].rpartition("=")[2])
    found = client.get(f"/v1/incidents/{number}").json()
    assert found["status"] == {"closed": "closed", "drawn": "fed_back"}[found["on_spot"]]
    (step,) = client.get(f"/v1/incidents/{number}/timeline").json()["steps"]
    assert (step["note"], len(step["details"]["photos"])) == ("已清运", 2)
