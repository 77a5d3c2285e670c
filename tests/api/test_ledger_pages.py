"""Pages of the ledger over HTTP: access, filters, an entry and the forms of its steps."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from geogrid.demo.ledger_problems import make_evidence
from geogrid.incidents.rule_set import load_rules
from geogrid.ledger.ledger_filter import LedgerFilter
from geogrid.ledger.transitions import LedgerStepRequest
from geogrid.model import CONSOLE, EVERY_ROLE, Actor, Bounds, EntryState, Grant, Permission, Role
from geogrid.permissions import load_roles
from geogrid.rules.ledger import load_ledger_rules
from geogrid.services.ledger import list_entries, read_entry, take_entry_step
from geogrid.services.users import add_user

PASSWORD = "correct horse battery staple"
OWN = {"Origin": "http://testserver"}
PAGE = {"Accept": "text/html,application/xhtml+xml"}
STREET = "140213051"
PATHS = ("/ledger", "/ledger?list=responsibility", "/ledger?list=rectification", "/ledger/sites", "/ledger/rounds")
PDF = make_evidence().content
HANDLER = Actor("user:77", "某处置", frozenset({Role.HANDLER}))


@pytest.fixture
def log_in_as(app, store):
    """Function that returns a browser that is logged in with a new account of some roles."""
    with TestClient(app):

        def make(*roles, **bounds):
            name = "-".join(sorted(roles))
            grant = Grant(frozenset(roles), Bounds(**bounds))
            add_user(store, load_rules(), CONSOLE, name=name, display_name=name, password=PASSWORD, grant=grant)
            browser = TestClient(app, follow_redirects=False, headers=PAGE)
            assert browser.post("/login", data={"name": name, "password": PASSWORD}, headers=OWN).status_code == 303
            return browser

        yield make


def find_entry(store, state):
    return list_entries(store, CONSOLE, LedgerFilter(state=state), limit=1).items[0]


def submit(browser, entry, action, *, files=(), version=None, headers=OWN, path="steps", **fields):
    data = {"action": action, "version": str(entry.progress.version if version is None else version), **fields}
    uploads = [("files", ("a", content, "application/octet-stream")) for content in files]
    return browser.post(f"/ledger/{entry.id}/{path}", data=data, files=uploads or None, headers=headers)


def number(html, element):
    return re.search(rf'id="{element}">([^<]*)<', html).group(1)


def test_pages_need_the_permission_to_read_the_ledger(log_in_as, app):
    anonymous = TestClient(app, follow_redirects=False, headers=PAGE)
    for path in (*PATHS, "/ledger/1"):
        response = anonymous.get(path)
        assert response.status_code == 303, path
        assert dict(parse_qsl(urlsplit(response.headers["location"]).query))["next"] == path
    for role in sorted(EVERY_ROLE):
        allowed = Permission.LEDGER_READ in load_roles()[role].permissions
        browser = log_in_as(role)
        for path in (*PATHS, "/ledger/1"):
            assert browser.get(path).status_code == (200 if allowed else 403), (role, path)
        for path in ("/account", "/maps/heatmap", "/figures", "/desk"):
            page = browser.get(path)
            if page.status_code == 200:
                assert ('href="/ledger"' in page.text) == allowed, (role, path)


def test_page_counts_and_rows_are_those_of_the_api(log_in_as):
    browser = log_in_as(Role.PLANNER)
    for query in ("", f"&area={STREET}", "&category=Z06&department=", "&state=struck_off", "&past_due=true", "&site=7"):
        figures = browser.get(f"/v1/ledger/figures?{query.removeprefix('&').replace('&department=', '')}").json()
        for name, n in (("problems", figures["found"]), ("rectification", figures["rectified"])):
            page = browser.get(f"/ledger?list={name}{query}&from=&to=&round=").text
            assert number(page, "rectified") == f"{figures['rectified']:,} / {figures['found']:,}"
            assert number(page, "closed") == f"{figures['struck_off']:,}"
            assert number(page, "past-due") == f"{figures['past_due']:,}"
            assert page.count('<th scope="row">') == min(n, 50), (query, name)


def test_every_page_of_the_rectification_list_has_only_rectified_problems(log_in_as, store):
    browser = log_in_as(Role.PLANNER)
    path, seen, texts = f"/ledger?list=rectification&area={STREET}", [], []
    while path:
        page = browser.get(path).text
        seen += re.findall(r'<th scope="row"><a href="/ledger/(\d+)">', page)
        texts.append(page)
        further = re.search(r'<a href="([^"]+)" rel="next">', page)
        path = unescape(further.group(1)) if further else ""
    expected = browser.get(f"/v1/ledger/figures?area={STREET}").json()["rectified"]
    assert len(seen) == len(set(seen)) == expected > 50
    assert all("待整改</td>" not in page for page in texts)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_downloads_keep_the_filters_of_the_page(log_in_as, lang):
    browser = log_in_as(Role.PLANNER)
    page = browser.get(f"/ledger?list=rectification&area={STREET}&state=rectified&lang={lang}").text
    links = [unescape(link) for link in re.findall(r'href="(/v1/ledger/export[^"]+)"', page)]
    assert len(links) == 3
    csv = next(link for link in links if "format=csv" in link)
    wanted = {"format": "csv", "list": "rectification", "area": STREET, "state": "rectified", "lang": lang}
    assert dict(parse_qsl(urlsplit(csv).query)) == wanted
    figures = browser.get(f"/v1/ledger/figures?area={STREET}&state=rectified").json()
    assert len(browser.get(csv).content.decode("utf-8-sig").splitlines()) == figures["rectified"] + 1
    assert all(browser.get(link).status_code == 200 for link in links)


WRONG = (
    "list=other", "area=x", "state=none", "round=0", "site=x", "from=2022-02-30", "from=2022-02-01&to=2022-01-01",
    "area=1402130", "unknown=1", "past_due=maybe",
)  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_wrong_filter_is_a_page_that_does_not_repeat_it(log_in_as, query):
    response = log_in_as(Role.PLANNER).get(f"/ledger?{query}")
    assert response.status_code == 422
    assert "<html" in response.text


def test_pages_respect_the_bounds_of_the_account(log_in_as, store):
    browser, whole = log_in_as(Role.SUPERVISOR, areas=(STREET,)), log_in_as(Role.PLANNER)
    inside = list_entries(store, CONSOLE, LedgerFilter(area=STREET), limit=1).items[0]
    outside = list_entries(store, CONSOLE, LedgerFilter(area="140213050"), limit=1).items[0]
    own = whole.get(f"/v1/ledger/figures?area={STREET}").json()
    assert number(browser.get("/ledger").text, "rectified") == f"{own['rectified']:,} / {own['found']:,}"
    assert browser.get(f"/ledger/{inside.id}").status_code == 200
    hidden = browser.get(f"/ledger/{outside.id}")
    assert (hidden.status_code, outside.number in hidden.text) == (403, False)
    assert browser.get("/ledger/99999999").status_code == 404
    refused = submit(browser, outside, "note", note="写给别处的备注")
    assert (refused.status_code, "写给别处的备注" in refused.text, outside.number in refused.text) == (403, True, False)
    total = number(browser.get("/ledger/sites").text, "n")
    assert int(total) == len(whole.get(f"/v1/sites?area={STREET}&limit=500").json()["items"]) < 500
    round_row = browser.get("/ledger/rounds").text
    assert f">{total}</a>" in round_row
    assert f"<td>{own['found']:,}</td><td>{own['rectified']:,}</td>" in round_row


def test_entry_masks_names_and_numbers(log_in_as, store):
    entry = find_entry(store, EntryState.OPEN)
    person = Actor("user:1", "甲某某", frozenset({Role.SUPERVISOR}))
    note = LedgerStepRequest("note", "来电 13800138000")
    take_entry_step(store, load_ledger_rules(), load_rules().departments, person, entry.id, note)
    seen = log_in_as(Role.PLANNER).get(f"/ledger/{entry.id}").text
    assert [text in seen for text in ("甲＊", "138****8000", "甲某某", "13800138000")] == [True, True, False, False]
    assert 'class="step"' not in seen, "a planner takes no step"
    told = log_in_as(Role.SUPERVISOR).get(f"/ledger/{entry.id}").text
    assert ("甲某某" in told, "13800138000" in told) == (True, False)


def test_problem_is_rectified_and_struck_off_with_forms(log_in_as, store):
    entry = find_entry(store, EntryState.OPEN)
    handler, supervisor = log_in_as(Role.HANDLER), log_in_as(Role.SUPERVISOR)
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(picture, "PNG")
    done = submit(handler, entry, "rectify", note="已清理", files=[picture.getvalue()])
    assert (done.status_code, done.headers["location"]) == (303, f"/ledger/{entry.id}?done=done")
    page = supervisor.get(f"/ledger/{entry.id}").text
    (piece,) = re.findall(rf'<img src="(/v1/ledger/{entry.id}/evidence/\d+)"', page)
    assert supervisor.get(piece).headers["content-type"] == "image/jpeg"
    evidence = piece.rsplit("/", 1)[1]
    assert f'name="evidence" value="{evidence}" checked' in page
    assert page.index('data-action="strike_off" open') < page.index('data-action="return"')
    rectified = read_entry(store, CONSOLE, entry.id).entry
    struck = submit(supervisor, rectified, "strike_off", evidence=evidence, files=[PDF])
    assert struck.status_code == 303
    history = read_entry(store, CONSOLE, entry.id)
    assert history.entry.progress.state is EntryState.STRUCK_OFF
    assert len(history.steps[-1].details["evidence"]) == history.entry.evidence == 2
    assert "已办理" in supervisor.get(struck.headers["location"]).text


def test_refused_step_shows_the_error_and_keeps_the_input(log_in_as, store):
    browser = log_in_as(Role.SUPERVISOR)
    entry = find_entry(store, EntryState.RECTIFIED)
    bare = submit(browser, entry, "strike_off", note="核对无误")
    assert bare.status_code == 422
    assert 'id="why-strike_off">请附佐证材料' in bare.text
    assert ">核对无误</textarea>" in bare.text
    unreadable = submit(browser, entry, "strike_off", note="核对无误", files=[PDF, b"GIF89a"])
    assert (unreadable.status_code, "文件无法读取" in unreadable.text) == (422, True)
    (kept,) = re.findall(r'name="evidence" value="(\d+)" checked', unreadable.text)
    assert submit(browser, entry, "strike_off", evidence=kept).status_code == 303
    late = submit(browser, entry, "return", version=entry.progress.version + 1, note="仍有堆放")
    assert (late.status_code, "仍有堆放" in late.text, "这一条已不在这一步" in late.text) == (409, True, True)
    assert read_entry(store, CONSOLE, entry.id).entry.progress.state is EntryState.STRUCK_OFF


def test_stale_form_keeps_the_note_in_the_form(log_in_as, store):
    browser, entry = log_in_as(Role.SUPERVISOR), find_entry(store, EntryState.OPEN)
    assert submit(browser, entry, "note", note="第一条").status_code == 303
    stale = submit(browser, entry, "note", note="第二条")
    assert (stale.status_code, ">第二条</textarea>" in stale.text, "别人刚办理过" in stale.text) == (412, True, True)
    assert f'data-version="{entry.progress.version + 1}"' in stale.text
    assert submit(browser, entry, "note", note="x", version="x").status_code == 422


def test_step_of_another_role_or_the_same_user_is_refused(log_in_as, store):
    entry, worker = find_entry(store, EntryState.RECTIFIED), log_in_as(Role.GRID_WORKER)
    before = read_entry(store, CONSOLE, entry.id).entry
    refused = submit(worker, entry, "strike_off", files=[PDF])
    assert (refused.status_code, "您的角色不能办这一步" in refused.text) == (403, True)
    assert read_entry(store, CONSOLE, entry.id).entry == before, "the file of a step that is not possible is not stored"
    both = log_in_as(Role.HANDLER, Role.SUPERVISOR)
    own = find_entry(store, EntryState.OPEN)
    assert submit(both, own, "rectify", note="已清理").status_code == 303
    own = read_entry(store, CONSOLE, own.id).entry
    same = submit(both, own, "strike_off", files=[PDF])
    assert (same.status_code, "整改人不能销号" in same.text) == (409, True)


def test_evidence_is_uploaded_alone_by_users_who_can_take_a_step(log_in_as, store):
    entry = find_entry(store, EntryState.OPEN)
    worker = log_in_as(Role.GRID_WORKER)
    sent = submit(worker, entry, "upload", path="evidence", files=[PDF])
    assert sent.headers["location"] == f"/ledger/{entry.id}?done=evidence_added"
    assert submit(worker, entry, "upload", path="evidence").status_code == 422
    large = submit(worker, entry, "upload", path="evidence", files=[b"%PDF-" + bytes(10_500_000)])
    assert (large.status_code, "不超过 10 MB" in large.text) == (422, True)
    assert submit(log_in_as(Role.PLANNER), entry, "upload", path="evidence", files=[PDF]).status_code == 403
    assert read_entry(store, CONSOLE, entry.id).entry.evidence == 1


def test_forms_of_other_sites_and_ended_sessions_are_refused(log_in_as, store, app):
    entry, browser = find_entry(store, EntryState.OPEN), log_in_as(Role.SUPERVISOR)
    for headers in ({"Origin": "http://elsewhere.invalid"}, {}, {"Sec-Fetch-Site": "cross-site"}):
        assert submit(browser, entry, "note", note="x", headers=headers).status_code == 403
    ended = submit(TestClient(app, follow_redirects=False, headers=PAGE), entry, "note", note="x")
    assert (ended.status_code, ended.headers["location"]) == (303, f"/login?next=%2Fledger%2F{entry.id}")
    assert submit(TestClient(app), entry, "note", note="x", headers=OWN | {"HX-Request": "true"}).status_code == 401
    assert read_entry(store, CONSOLE, entry.id).entry == entry


def test_pages_have_no_inline_script_and_a_strict_policy(log_in_as):
    browser = log_in_as(Role.SUPERVISOR)
    for path in (*PATHS, "/ledger/1"):
        response = browser.get(path)
        (sources,) = re.findall("script-src ([^;]*)", response.headers["Content-Security-Policy"])
        assert sources.strip() == "'self'"
        assert re.search(r"<script(?![^>]*\bsrc=)|\son\w+=", response.text) is None, path
        assert response.headers["Cache-Control"] == "no-store"


def test_sites_are_filtered_by_kind_and_state(log_in_as):
    browser = log_in_as(Role.PLANNER)
    states = {state: browser.get(f"/ledger/sites?state={state}").text for state in ("open", "rectified", "clear")}
    counts = {state: int(number(page, "n")) for state, page in states.items()}
    assert sum(counts.values()) == int(number(browser.get("/ledger/sites").text, "n")) == 500
    assert counts["open"] > 0
    assert counts["clear"] == 13
    schools = browser.get(f"/ledger/sites?kind=school&area={STREET}").text
    assert int(number(schools, "n")) == schools.count("<td>学校</td>") > 0
    assert browser.get("/ledger/sites?kind=castle").text.count('<th scope="row">') == 0
