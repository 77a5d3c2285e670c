"""One incident, from a telephone to its end, by the people who have to do with it; then followed on one page."""

from __future__ import annotations

import io
from datetime import datetime

import httpx2
import pytest
import shapely
from PIL import Image

from geogrid.geo import datums
from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import local_zone
from geogrid.model import CONSOLE, Bounds, Grant, Layer, Role
from geogrid.services.users import add_user

PASSWORD = "correct horse battery staple"
STREETS = ("140213051", "140213053")
#: Who takes part: name, role, and where that reaches. Nobody is a person.
CAST = {
    "hotline": (Role.DISPATCHER, Bounds()),
    "street": (Role.LEADER, Bounds(areas=STREETS)),
    "traffic": (Role.HANDLER, Bounds(departments=("交通运输",))),
    "city": (Role.HANDLER, Bounds(departments=("城市管理",))),
    "overseer": (Role.SUPERVISOR, Bounds()),
    "worker": (Role.GRID_WORKER, Bounds(areas=STREETS)),
    "planner": (Role.PLANNER, Bounds()),
}


@pytest.fixture(scope="module")
def town(run_service, copy_demo, tmp_path_factory):
    home = tmp_path_factory.mktemp("town")
    copy_demo(home, "full")

    def fill(store):
        for name, (role, bounds) in CAST.items():
            grant = Grant(frozenset({role}), bounds)
            add_user(store, load_rules(), CONSOLE, name=name, display_name=name, password=PASSWORD, grant=grant)

    with run_service(home, fill) as found:
        yield found


class Person:
    """Somebody who is logged in."""

    def __init__(self, town, name):
        self.client = httpx2.Client(base_url=town.origin, trust_env=False, timeout=30)
        answer = self.client.post("/v1/sessions", json={"name": name, "password": PASSWORD})
        self.client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"

    def send(self, path, body, **headers):
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path):
        return self.client.get(path).raise_for_status()

    def step(self, number, action, **wish):
        tag = self.get(f"/v1/incidents/{number}").headers["etag"]
        return self.send(f"/v1/incidents/{number}/transitions", {"action": action, **wish}, **{"If-Match": tag})

    def photo(self, number):
        out = io.BytesIO()
        Image.new("RGB", (320, 240), "teal").save(out, "JPEG")
        answer = self.client.post(f"/v1/incidents/{number}/photos", content=out.getvalue())
        return answer.raise_for_status().json()["id"]


@pytest.fixture(scope="module")
def cast(town):
    people = {name: Person(town, name) for name in CAST}
    yield people
    for person in people.values():
        person.client.close()


def on_the_border(layers):
    """A point on the border of two streets, as a telephone gives it."""
    shapes = layers[Layer.STREET].set_index("code").geometry
    shared = shapely.line_merge(shapes[STREETS[0]].intersection(shapes[STREETS[1]]))
    point = max(shapely.get_parts(shared), key=shapely.length).interpolate(0.5, normalized=True)
    x, y = datums.from_wgs84([point.x], [point.y], "gcj02")
    return {"lon": float(x[0]), "lat": float(y[0]), "datum": "gcj02", "accuracy_m": 20.0}


@pytest.fixture(scope="module")
def closed(cast, layers):
    """The number of an incident that has gone all the way."""
    hotline, street, traffic, city, overseer, worker = (
        cast[name] for name in ("hotline", "street", "traffic", "city", "overseer", "worker")
    )
    said = {"category": "Z06", "source": "hotline", "description": "两街交界处单车堵路，来电 13800138000"}
    number = hotline.send("/v1/incidents", on_the_border(layers) | said)["id"]
    waiting = hotline.get("/v1/triage?limit=1000").json()["items"]
    assert number in [incident["id"] for incident in waiting]
    possible = hotline.get(f"/v1/incidents/{number}/candidates").json()["candidates"]
    assert {one["street"]["code"] for one in possible} >= set(STREETS)
    grid = next(one["grid"]["code"] for one in possible if one["street"]["code"] == STREETS[0])
    hotline.step(number, "place", note="来电人说在路东侧", grid=grid)
    worker.step(number, "verify", note="现场属实")
    hotline.step(number, "file")
    hotline.step(number, "dispatch", department="交通运输")
    tag = street.get(f"/v1/incidents/{number}").headers["etag"]
    [call] = street.send(
        f"/v1/incidents/{number}/whistles", {"departments": ["城市管理"], "note": "需城管一同清理"}, **{"If-Match": tag}
    )
    city.send(f"/v1/whistles/{call['id']}/report_in", {"answer": "已派两人到场", "joined": True})
    street.send(f"/v1/whistles/{call['id']}/rate", {"rating": 4, "note": "到场及时"})
    traffic.step(number, "accept")
    overseer.step(number, "extend", note="停放点维修")
    card = overseer.send(f"/v1/incidents/{number}/cards", {"reason": "群众第三次来电"})
    traffic.send(f"/v1/cards/{card['id']}/answer", {"answer": "今日清理完毕"})
    traffic.step(number, "feed_back", note="已清理", photos=[traffic.photo(number)])
    worker.step(number, "rework", note="北侧仍有十余辆")
    traffic.step(number, "feed_back", note="北侧也已清理", photos=[traffic.photo(number)])
    worker.step(number, "check")
    assert overseer.step(number, "close")["status"] == "closed"
    return number


def test_history_page_shows_every_step(closed, cast, visit, town):
    page = visit(
        f"{town.origin}/incidents/{closed}",
        extra_http_headers={"Authorization": cast["overseer"].client.headers["Authorization"]},
    ).page
    shown = page.locator(".steps li").all_inner_texts()
    told = (
        ("上报", "hotline"), ("定位", "来电人说在路东侧"), ("核实", "worker"), ("立案", "立案"), ("派遣", "派遣"),
        ("吹哨", "需城管一同清理"), ("报到", "已派两人到场"), ("4", "到场及时"), ("接单", "traffic"),
        ("延期", "停放点维修"),
        ("督办", "群众第三次来电"), ("答复", "今日清理完毕"), ("反馈", "已清理"), ("返工", "北侧仍有十余辆"),
        ("反馈", "北侧也已清理"), ("核查", "worker"), ("结案", "overseer"),
    )  # fmt: skip
    assert len(shown) == len(told)
    for step, words in zip(shown, told, strict=True):
        assert all(word in step for word in words), (step, words)
    assert page.locator("#status").inner_text() == "结案"
    assert page.locator(".photo img").count() == 2
    assert "13800138000" not in page.content()


def test_history_page_fits_a_phone_and_masks_names_for_planners(closed, cast, visit, town):
    page = visit(
        f"{town.origin}/incidents/{closed}?lang=en",
        viewport={"width": 390, "height": 800},
        extra_http_headers={"Authorization": cast["planner"].client.headers["Authorization"]},
    ).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("#status").inner_text() == "closed"
    assert "overseer" not in page.locator(".steps").inner_text()


def test_figures_of_the_month_link_back_to_the_incident(closed, cast):
    today = datetime.now(local_zone()).date()
    period = f"from={today.replace(day=1)}&to={today}"
    for code in ("received", "filed", "handled"):
        behind = cast["planner"].get(f"/v1/figures/{code}/incidents?{period}&limit=1000").json()["items"]
        assert closed in [incident["id"] for incident in behind], code
    kpi = cast["planner"].get(f"/v1/kpi?{period}").json()
    assert kpi["received"] >= 1
    assert kpi["handled"] >= 1


def test_users_outside_the_bounds_cannot_see_the_incident(closed, town):
    bare = httpx2.Client(base_url=town.origin, trust_env=False)
    assert bare.get(f"/incidents/{closed}").status_code == 401
    bare.close()
