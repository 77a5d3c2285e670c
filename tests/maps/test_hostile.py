"""Attacks in every field that anybody may write: on every page they are text, and nothing of them runs."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from geogrid.layers.topology import check_layers
from geogrid.model import Layer
from geogrid_maps.findings_map import findings_file
from geogrid_maps.map_query import MapKind
from tests.maps.hostile import (
    EACH,
    Person,
    add_places,
    add_round_of_sites,
    attack,
    attacks,
    base_map,
    fill,
    hostile_ground,
    hostile_rules,
)
from tests.maps.witness import WATCH, Witness


@pytest.fixture(scope="module")
def ground(layers):
    return hostile_ground(layers)


@pytest.fixture(scope="module")
def town(run_service, ground, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with run_service(folder, lambda store: fill(store, ground), **base_map(ground, folder)) as found:
        state = found.app.state.geogrid
        add_places(found.store, ground, state.snapshots.current.locator)
        add_round_of_sites(found.store, ground, state.snapshots.current.locator)
        found.app.state.geogrid = replace(state, active_rules=hostile_rules())
        yield found


@pytest.fixture(scope="module")
def people(town):
    """Five people; each is called like one of the attacks, and writes that one everywhere."""
    found = [Person(town.origin, number) for number in EACH]
    yield found
    for person in found:
        person.close()


@pytest.fixture(scope="module")
def worked(people, ground):
    """The numbers of five incidents and of their cards, each with a life full of attacks."""
    return [person.work(ground) for person in people]


@pytest.fixture
def enter(town, people, visit):
    """A function that opens a page as one of the people."""

    def open_as(number, path, **options):
        also = f"{town.origin}/maps/base.pmtiles"
        context = {"storage_state": people[number].cookies, "script": WATCH, "also": also}
        return Witness(visit(town.origin + path, **context, **options))

    return open_as


def areas(layer):
    return attacks(layer.value)


def walk_drawers(witness, ground):
    """Open the drawer on the grid of each attack."""
    for code in ground.grids:
        witness.page.evaluate("code => geogrid.openGrid(code)", code)
        witness.found.until(f"document.getElementById('drawer-code')?.textContent === '{code}'")
        witness.look()


def click_popups(witness, group):
    """Click the first areas of a group and look at the popup of each."""
    for number in EACH:
        witness.page.evaluate(
            """([name, number]) => {
              const area = (geogrid[name] ?? geogrid.layers[name]).getLayers()[number];
              area.fire("click", { latlng: area.getBounds().getCenter() }, true);
            }""",
            [group, number],
        )
        witness.look()


IN_DRAWERS = (
    *areas(Layer.URBAN), *attacks("person"), *attacks("title"), *attacks("office"), *attacks("branch"),
    *attacks("category"),
)  # fmt: skip


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy", "no policy"])
@pytest.mark.parametrize("kind", list(MapKind))
def test_a_map_and_its_drawer(enter, worked, ground, kind, bypass_csp):
    witness = enter(0, f"/maps/{kind}?category=Z01&street=140213051", bypass_csp=bypass_csp)
    witness.found.until("window.geogrid?.openGrid !== undefined")
    chosen = (*areas(Layer.STREET), *areas(Layer.COMMUNITY), *attacks("category"), *attacks("label"))
    witness.saw(*chosen, *attacks("base"))
    walk_drawers(witness, ground)
    witness.saw(*IN_DRAWERS)


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy", "no policy"])
@pytest.mark.parametrize(("path", "layer"), [
    ("/maps/density?by=community", Layer.COMMUNITY),
    ("/maps/density?by=street", Layer.STREET),
    ("/maps/rates?by=street&measure=per_1000", Layer.STREET),
    ("/maps/compare?show=difference&by=community", Layer.COMMUNITY),
])  # fmt: skip
def test_the_card_of_an_area(enter, worked, path, layer, bypass_csp):
    witness = enter(1, path, bypass_csp=bypass_csp)
    witness.found.until("window.geogrid?.areas !== undefined")
    click_popups(witness, "areas")
    witness.saw(*areas(layer))


def test_the_sources_of_populations(enter, worked):
    witness = enter(2, "/maps/density?measure=per_1000&lang=en")
    witness.found.until("window.geogrid?.openGrid !== undefined")
    witness.saw(*attacks("census"), *attacks("english"))


@pytest.mark.parametrize("kind", ["explorer", "hotspots"])
def test_lists_beside_a_map(enter, worked, ground, kind):
    witness = enter(3, f"/maps/{kind}")
    witness.found.until("window.geogrid?.openGrid !== undefined")
    if kind == "explorer":
        for text in areas(Layer.URBAN):
            witness.page.fill("#find", text)
            witness.saw(text)
        witness.page.locator("#found button").first.click()
    else:
        assert witness.page.locator("#ranking button").count() >= 1
        witness.page.locator("#ranking button").first.click()
    witness.page.locator("#drawer h2").wait_for()
    witness.look()


@pytest.mark.parametrize("kind", list(MapKind))
def test_a_saved_file(town, people, worked, visit, tmp_path, kind):
    html = people[0].get(f"/maps/{kind}?save=true&category=Z02&street=140213051").text
    path = tmp_path / f"{kind}.html"
    path.write_text(html, encoding="utf-8")
    witness = Witness(visit(path.as_uri(), script=WATCH, offline=True))
    witness.found.until("window.geogrid !== undefined")
    for layer in (Layer.URBAN, Layer.RURAL, Layer.DEDICATED):
        if witness.page.evaluate("name => geogrid.map.hasLayer(geogrid.layers[name])", layer.value):
            click_popups(witness, layer.value)
            if kind not in (MapKind.DENSITY, MapKind.HOTSPOTS, MapKind.RATES):
                witness.saw(*areas(layer))
    if kind in (MapKind.DENSITY, MapKind.HOTSPOTS, MapKind.RATES):
        click_popups(witness, "areas")
        witness.saw(*areas(Layer.URBAN))
    if kind is MapKind.EXPLORER:
        witness.page.fill("#find", attack(1, "urban"))
        witness.page.locator("#found button").first.click()
        witness.saw(attack(1, "urban"))
    witness.saw(*areas(Layer.STREET), attack(1, "category"))


@pytest.mark.parametrize("kind", list(MapKind))
def test_a_value_in_the_address(enter, kind):
    values = [text[:20] for text in attacks("v")]
    addresses = [f"/maps/{kind}?category={quote(value)}" for value in values]
    witness = enter(0, f"/maps/{kind}", bypass_csp=True)
    for value, address in zip(values, addresses, strict=True):
        assert witness.page.goto(witness.origin + address).status == 422
        witness.look()
        assert value not in witness.page.content()
    problems = witness.found.problems
    problems[:] = [problem for problem in problems if "422" not in problem]


@pytest.mark.parametrize("rows", ["street", "community", "category", "department"])
def test_the_table_of_figures(enter, worked, rows):
    witness = enter(0, f"/figures?rows={rows}", bypass_csp=True)
    names = witness.page.locator("tbody th").all_inner_texts()
    assert names
    assert set(names) <= set(attacks(rows))
    witness.saw(*names)


def test_the_list_of_incidents(enter, worked, ground):
    witness = enter(0, "/incidents", bypass_csp=True)
    around = [name for number in EACH for name in (ground.names_around(number)[0], ground.names_around(number)[2])]
    witness.saw(*attacks("category"), *around)


@pytest.mark.parametrize("number", EACH)
def test_an_incident_and_its_card(enter, worked, ground, number):
    incident, card = worked[number]
    own = [attack(number, name) for name in ("said", "note", "department", "whistle", "answer", "rating", "user")]
    witness = enter(number, f"/incidents/{incident}")
    witness.saw(
        *own, *(attack(number, name) for name in ("category", "accept", "feedback")), *ground.names_around(number)
    )
    witness.page.locator(".photo img").wait_for()
    witness.found.open(f"{witness.origin}/v1/cards/{card}.html?lang=en")
    told = ("english", "said", "department", "user", "reason", "reply")
    witness.saw(*(attack(number, name) for name in told), *ground.names_around(number))


@pytest.fixture(scope="module")
def inspected(people):
    """The ids of five ledger entries, each with a life full of attacks."""
    return [person.inspect() for person in people]


@pytest.mark.parametrize("name", ["problems", "responsibility", "rectification"])
def test_a_list_of_the_ledger(enter, inspected, ground, name):
    witness = enter(0, f"/ledger?list={name}&area={quote(ground.grids[0])}", bypass_csp=True)
    witness.saw(attack(0, "category"), attack(0, "round"), *attacks("department"))
    witness.found.open(f"{witness.origin}/ledger?list={name}")
    columns = {"problems": ("found",), "responsibility": ("department",), "rectification": ("rectified", "department")}
    witness.saw(*(text for field in ("site", "site_code", "category", *columns[name]) for text in short(field)))
    around = [area for number in EACH for area in ground.names_around(number)[1:]]
    witness.saw(*around)


def short(field):
    return [text[:40] for text in attacks(field)]


@pytest.mark.parametrize("number", EACH)
def test_an_entry_of_the_ledger(enter, inspected, ground, number):
    witness = enter(number, f"/ledger/{inspected[number]}", bypass_csp=bool(number % 2))
    own = ("site", "found", "remark", "rectified", "user", "category", "department")
    witness.saw(*(attack(number, name) for name in own), attack(0, "round"), *ground.names_around(number)[1:])
    witness.page.locator(".evidence img").wait_for()
    # The user who rectified the problem may add a note only: a refused one comes back as it was typed.
    witness.page.locator("[data-action=note] summary").click()
    witness.page.locator("[data-action=note] textarea").fill(attack(number, "typed"))
    witness.page.evaluate("document.querySelector('[data-action=note] [name=version]').value = '1'")
    witness.page.locator("[data-action=note] button").click()
    witness.page.locator("#entry .refused[role=alert]").wait_for()
    assert witness.page.locator("[data-action=note] textarea").input_value() == attack(number, "typed")
    witness.saw(attack(number, "typed"))
    witness.found.problems[:] = [one for one in witness.found.problems if "412" not in one]


@pytest.mark.parametrize("path", ["/ledger/sites", "/ledger/rounds"])
def test_sites_and_rounds(enter, inspected, ground, path):
    witness = enter(1, path, bypass_csp=True)
    witness.saw(attack(0, "round"))
    if path == "/ledger/sites":
        around = [area for number in EACH for area in ground.names_around(number)[1:]]
        witness.saw(*attacks("site"), *short("site_code"), *short("site_kind"), *around)


DESK = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(
    ("path", "options"),
    [("/desk", {"viewport": DESK}), ("/m", {"viewport": PHONE, "bypass_csp": True})],
    ids=["desk", "phone, no policy"],
)
@pytest.mark.parametrize("number", EACH)
def test_the_desk(enter, people, worked, ground, path, options, number):
    witness = enter(number, f"{path}?incident={worked[number][0]}", **options)
    page, found = witness.page, witness.found
    found.until("Boolean(window.geogridDesk && geogridDesk.map)")
    witness.saw(attack(number, "user"), attack(number, "said"), attack(number, "note"), *attacks("base"))
    write_report(witness, ground, number)
    # What somebody else reports comes in by itself.
    before = people[number].report(ground, description=attack(number, "pushed"))
    page.wait_for_selector(f"#q{before}")
    witness.saw(attack(number, "category"), *ground.names_around(number)[1:])
    page.click(f"#q{before}")
    page.wait_for_selector(f"#incident[data-number='{before}']")
    witness.saw(attack(number, "pushed"), *attacks("department"))


def write_report(witness, ground, number):
    """Look for a place, take it, and send a report that is refused: all that was written comes back."""
    page, found = witness.page, witness.found
    page.click("#new")
    page.locator("#category:focus").wait_for()
    page.locator("#category").select_option(f"Z0{number + 1}")
    page.locator("#report [name=description]").fill(attack(number, "typed"))
    page.fill("#place", "示例")
    page.wait_for_selector("#place-4")
    witness.saw(*(f"示例{text}" for text in attacks("place")), *attacks("address"))
    page.locator("#suggestions [role=option]", has_text=attack(number, "place")).dispatch_event("mousedown")
    page.wait_for_selector("#grid b")
    found.until("document.querySelectorAll('#where li').length > 0")
    told = [attack(number, name) for name in ("person", "title", "office", "branch", "warden", "lane")]
    witness.saw(*told, *ground.names_around(number), *attacks("department"))
    page.locator("[name=caller]").fill(attack(number, "caller")[:40])
    page.locator("[name=phone]").fill(attack(number, "phone")[:30])
    page.evaluate("document.querySelector('#category option:checked').value = 'Z99'")
    page.locator("#report button[value='']").click()
    page.wait_for_selector("#report .refused")
    kept = (attack(number, "typed"), attack(number, "caller")[:40], attack(number, "phone")[:30])
    witness.saw(*kept, f"示例{attack(number, 'place')}")
    found.problems[:] = [one for one in found.problems if "422" not in one]


@pytest.mark.parametrize("number", EACH)
def test_a_place_that_is_not_certain(enter, people, town, ground, number):
    doubtful = people[number].report(ground, accuracy_m=400.0, description=attack(number, "doubt"))
    witness = enter(number, f"/desk?incident={doubtful}&lang=en&department={quote(attack(number, 'department'))}")
    witness.found.until("Boolean(window.geogridDesk && geogridDesk.map)")
    witness.page.locator(".step", has_text="settle the place").locator("summary").click()
    witness.saw(attack(number, "doubt"), ground.names_around(number)[0])


def test_a_report_on_layers(layers, visit, tmp_path):
    frames = dict(layers)
    codes = [*attacks("code"), *layers[Layer.DEDICATED]["code"][len(EACH) :]]
    frames[Layer.DEDICATED] = layers[Layer.DEDICATED].assign(code=codes)
    html, _ = findings_file(check_layers(frames), frames)
    path = tmp_path / "findings.html"
    path.write_text(html, encoding="utf-8")
    witness = Witness(visit(path.as_uri(), script=WATCH, offline=True))
    for text in attacks("code"):
        witness.page.locator("[data-finding]:enabled", has_text=text).first.click()
        witness.page.locator(".leaflet-popup-content", has_text=text).wait_for()
        witness.saw(text)
