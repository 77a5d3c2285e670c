"""A district in which every text that anybody may write is an attack, told apart by the field that it stands in."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import httpx2
import shapely
from PIL import Image

from geogrid.category_tree import CategoryTree
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.export import ExportFormat, write_export
from geogrid.layers.thematic_layers import ThematicLayer, make_theme
from geogrid.ledger.site_file_reader import SiteList
from geogrid.model import CONSOLE, Activation, Grant, Layer, Role, ShapeKind, SiteDraft
from geogrid.places.gazetteer_reader import read_gazetteer
from geogrid.rules.vocabulary import Department
from geogrid.services.layer_generations import BEGINNING
from geogrid.services.people import import_posts
from geogrid.services.places import import_places
from geogrid.services.population_import import import_population
from geogrid.services.sites import import_sites
from geogrid.services.users import add_user
from geogrid.store.generations import add_activation, add_generation
from geogrid.tabular.row_model import TableRow
from geogrid.tabular.table_reader import TabularFormat
from tests.support.fixed_rules import FixedRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store

#: One for each way into a page: an element, the end of a script, an attribute, templates of all kinds, one of htmx.
ATTACKS = (
    "<img src=x onerror=ran('@')>",
    "</script><script>ran('@')</script>",
    "\"'><svg onload=ran('@')>",
    "${ran('@')}`+ran()+`{{7*7}}{%raw%}",
    "' hx-on:load='ran(\"@\")' x='",
)
EACH = range(len(ATTACKS))
PASSWORD = "correct horse battery staple"
_ROLES = frozenset({Role.DISPATCHER, Role.LEADER, Role.SUPERVISOR, Role.HANDLER})
_STREET = "140213051"


def attack(number: int, field_name: str) -> str:
    """Return an attack that says which field has let it run."""
    return ATTACKS[number % len(ATTACKS)].replace("@", field_name)


def attacks(field_name: str) -> list[str]:
    """Return all attacks of a field."""
    return [attack(number, field_name) for number in EACH]


@dataclass(frozen=True)
class Ground:
    """The layers, and for each attack a grid of that name with a point in it."""

    layers: Mapping[Layer, gpd.GeoDataFrame]
    grids: list[str] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)

    def name(self, layer: Layer, code: str) -> str:
        """Return what an area is called."""
        frame = self.layers[layer]
        return str(frame["name"][frame["code"] == code].iloc[0])

    def names_around(self, number: int) -> list[str]:
        """Return the names of the grid of an attack, of its community and of its street."""
        code = self.grids[number]
        kinds = ((Layer.URBAN, code), (Layer.COMMUNITY, code[:12]), (Layer.STREET, code[:9]))
        return [self.name(layer, part) for layer, part in kinds]


def hostile_ground(layers: Mapping[Layer, gpd.GeoDataFrame]) -> Ground:
    """Return the layers of the demo with names that are attacks."""
    frames = {
        layer: frame.assign(name=[attack(number, layer.value) for number in range(len(frame))])
        for layer, frame in layers.items()
    }
    ground = Ground(frames)
    urban = frames[Layer.URBAN]
    bare = urban[urban["parent"].str.startswith(_STREET)]
    covered = frames[Layer.DEDICATED].union_all()
    for number in EACH:
        grid = bare[bare["name"] == attack(number, Layer.URBAN.value)].iloc[0]
        point = grid.geometry.difference(covered).representative_point()
        ground.grids.append(grid["code"])
        ground.points.append((round(point.x, 6), round(point.y, 6)))
    return ground


def fill(store: Store, ground: Ground) -> None:
    """Put the ground into a store, and its people, places, populations and accounts."""
    with store.write() as connection:
        for number in EACH:
            generation = add_generation(connection, ground.layers, [_lanes(ground)], label=attack(number, "label"))
            since = BEGINNING + timedelta(days=number)
            add_activation(connection, Activation(generation.id, since, since))
    rows = [TableRow(number, post) for number, post in enumerate(_posts(ground), start=2)]
    assert import_posts(store, rows, CONSOLE, load_rules().profile, commit=True).refused == []
    people = _csv(("code", "people", "source"), ((ground.grids[n], 900, attack(n, "census")) for n in EACH))
    assert import_population(store, people, commit=True).refused == []
    for number in EACH:
        grant = Grant(_ROLES)
        add_user(store, load_rules(), CONSOLE, name=f"user{number}", display_name=attack(number, "user"),
                 password=PASSWORD, grant=grant)  # fmt: skip


def add_places(store: Store, ground: Ground, locator: Any) -> None:
    """Take in a gazetteer of attacks."""
    rows = (
        (f"示例{attack(n, 'place')}", attack(n, "address"), attack(n, "kind")[:40], *ground.points[n]) for n in EACH
    )
    content = _csv(("name", "address", "kind", "lon", "lat"), rows)
    found = read_gazetteer(content, TabularFormat.CSV, "wgs84", attack(0, "source"))
    assert found.refused == []
    import_places(store, locator, found, attack(0, "source"), CONSOLE, commit=True)


def hostile_rules() -> FixedRules:
    """Return the rules that are shipped, with categories and departments that are attacks."""
    shipped: RuleSet = load_rules()
    found = dict(shipped.categories)
    for number, code in enumerate(categories()):
        found[code] = replace(
            found[code], name=attack(number, "category"), name_en=attack(number, "english"),
            department=attack(number, "department"),
        )  # fmt: skip
    named = {one.department: Department(name=one.department, name_en=one.department) for one in found.values()}
    profile = shipped.profile.model_copy(update={"departments": {**shipped.profile.departments, **named}})
    return FixedRules(replace(shipped, categories=CategoryTree(found.values()), profile=profile))


def categories() -> list[str]:
    """Return the codes of the categories whose names are attacks."""
    return [f"Z{number + 1:02}" for number in EACH]


def base_map(ground: Ground, folder: Path) -> dict[str, Any]:
    """Return the settings of a base map that is named like all attacks."""
    path = folder / "base.pmtiles"
    write_export(path, {"streets": ground.layers[Layer.STREET]}, ExportFormat.PMTILES)
    return {"tiles_pmtiles": path, "tiles_datum": "wgs84", "tiles_attribution": "".join(attacks("base"))}


class Person:
    """An account, logged in, that does by the API what people write texts for."""

    def __init__(self, origin: str, number: int) -> None:
        self.number = number
        self._client = httpx2.Client(base_url=origin, trust_env=False, timeout=60)
        answer = self._client.post("/v1/sessions", json={"name": f"user{number}", "password": PASSWORD})
        self.token = answer.raise_for_status().json()["token"]
        self._client.cookies.clear()
        self._client.headers["Authorization"] = f"Bearer {self.token}"

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    @property
    def cookies(self) -> dict[str, Any]:
        """What a browser keeps that has logged in as this account."""
        cookie = {"name": "geogrid_session", "value": self.token, "domain": "127.0.0.1", "path": "/"}
        kept = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Strict"}
        return {"cookies": [cookie | kept], "origins": []}

    def get(self, path: str) -> httpx2.Response:
        """Get something."""
        return self._client.get(path).raise_for_status()

    def send(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
        """Post something, and return the answer."""
        answer = self._client.post(path, json=body, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def report(self, ground: Ground, **more: Any) -> int:
        """Report an incident of this attack, in the grid of this attack."""
        lon, lat = ground.points[self.number]
        said = {"description": attack(self.number, "said"), "category": categories()[self.number]}
        return int(self.send("/v1/incidents", {"lon": lon, "lat": lat, "datum": "wgs84"} | said | more)["id"])

    def step(self, number: int, action: str, **wish: Any) -> None:
        """Take a step."""
        self.send(f"/v1/incidents/{number}/transitions", {"action": action} | wish, headers=self._tag(number))

    def work(self, ground: Ground) -> tuple[int, int]:
        """Write into every field of an incident's life; return its number and that of its card."""
        number = self.report(ground)
        self.step(number, "note", note=attack(self.number, "note"))
        self.step(number, "file")
        self.step(number, "dispatch", department=attack(self.number, "department"))
        whistle = {"departments": attacks("department")[:2], "note": attack(self.number, "whistle")}
        called = self.send(f"/v1/incidents/{number}/whistles", whistle, headers=self._tag(number))
        answer = {"answer": attack(self.number, "answer"), "joined": True}
        self.send(f"/v1/whistles/{called[0]['id']}/report_in", answer)
        self.send(f"/v1/whistles/{called[0]['id']}/rate", {"rating": 1, "note": attack(self.number, "rating")})
        card = self.send(f"/v1/incidents/{number}/cards", {"reason": attack(self.number, "reason")})["id"]
        self.send(f"/v1/cards/{card}/answer", {"answer": attack(self.number, "reply")})
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(picture, "JPEG", comment=attack(self.number, "comment").encode())
        photo = self.send(f"/v1/incidents/{number}/photos", content=picture.getvalue())["id"]
        self.step(number, "accept", note=attack(self.number, "accept"))
        self.step(number, "feed_back", note=attack(self.number, "feedback"), photos=[photo])
        return number, card

    def inspect(self) -> int:
        """Write into every field of a ledger entry; return its id."""
        found = {"description": attack(self.number, "found"), "category": categories()[self.number]}
        body = {"site": self.number + 1, "round": 1, "found_at": "2026-03-01T08:30:00+08:00"} | found
        number = int(self.send("/v1/ledger", body)["id"])
        for action, field_name in (("note", "remark"), ("rectify", "rectified")):
            tag = {"If-Match": self.get(f"/v1/ledger/{number}").headers["etag"]}
            body = {"action": action, "note": attack(self.number, field_name)}
            self.send(f"/v1/ledger/{number}/steps", body, headers=tag)
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(picture, "JPEG", comment=attack(self.number, "comment").encode())
        self.send(f"/v1/ledger/{number}/evidence", content=picture.getvalue())
        return number

    def _tag(self, number: int) -> dict[str, str]:
        return {"If-Match": self.get(f"/v1/incidents/{number}").headers["etag"]}


def add_round_of_sites(store: Store, ground: Ground, locator: Any) -> None:
    """Import sites that are called like attacks, for a round that is called like all of them."""
    drafts = [
        SiteDraft(attack(n, "site_code")[:40], attack(n, "site"), attack(n, "site_kind")[:40], shapely.Point(point))
        for n, point in enumerate(ground.points)
    ]
    day = date(2026, 3, 1)
    import_sites(store, locator, SiteList(drafts, []), attack(0, "round"), day, day, commit=True)


def _posts(ground: Ground) -> Iterator[dict[str, object]]:
    for number, code in enumerate(ground.grids):
        since = {"valid_from": date(2022, 1, 1).isoformat(), "phone": "13800000000"}
        words = {"title": attack(number, "title"), "organisation": attack(number, "office")}
        yield {"code": code, "duty": "网格长", "name": attack(number, "person"), **words, **since}
        yield {"code": code, "duty": "党支部", "name": attack(number, "branch"), **words, **since}
        yield {"layer": "lanes", "code": f"L{number}", "duty": "巷长", "name": attack(number, "warden"), **since}


def _lanes(ground: Ground) -> ThematicLayer:
    lines = [shapely.LineString([(x, y - 1e-4), (x, y + 1e-4)]) for x, y in ground.points]
    columns = {
        "code": [f"L{number}" for number in EACH],
        "name": attacks("lane"),
        "parent": None,
        "kind": "lane",
        "synthetic": True,
        "attributes": [{attack(number, "column"): attack(number, "cell")} for number in EACH],
    }
    return ThematicLayer(
        make_theme("lanes", ShapeKind.LINE, attack(0, "theme")), gpd.GeoDataFrame(columns, geometry=lines, crs=4326)
    )


def _csv(header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
