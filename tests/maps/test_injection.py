"""Names that are scripts: nothing of them runs, all of them show as text, with the page's policy and without it."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from urllib.parse import quote

import httpx2
import pytest

from geogrid.incidents.grid_assignment import assign_reports
from geogrid.locate.locator import Locator
from geogrid.model import (
    GRID_LAYERS,
    SYSTEM,
    Activation,
    IncidentStatus,
    Layer,
    NewIncident,
    Point,
    Progress,
    Report,
    Role,
    Step,
)
from geogrid.rules.rule_texts import read_included
from geogrid.services.key_figures import read_density
from geogrid.services.layer_generations import BEGINNING
from geogrid.services.rule_versions import add_first_version
from geogrid.store.generations import add_activation, add_generation
from geogrid.store.incidents import add_incidents
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.map_data import HeatmapData
from geogrid_maps.map_page import render_file
from geogrid_maps.map_query import View

#: One for each sink that Folium has: HTML, script element, template literal, Jinja, attribute, address.
PAYLOADS = [
    "<img src=x onerror=ran('html')>",
    "</script><script>ran('script')</script>",
    "${ran('literal')}",
    "`+ran('backtick')+`",
    "{{7*7}}{{ran('jinja')}}",
    "{% raw %}{% endraw %}{# a #}",
    "{% for x in ().__class__.__mro__ %}{{x}}{% endfor %}",
    "'-ran('quote')-'",
    '"-ran("quotes")-"',
    "javascript:ran('address')",
    '"><svg onload=ran("svg")>',
    "\\'-ran('backslash')//",
    "&lt;b&gt;&amp;<!--",
    "</title></textarea><iframe srcdoc='<script>parent.ran(1)</script>'>",
    "\u2028ran('line')\u2029",
]
WATCH = "window.ran = (what) => { (window.caught ??= []).push(what) }"


def evil_rules() -> dict[str, str]:
    """Return the rules of the demo with a category named like each attack."""
    texts = dict(read_included())
    categories = json.loads(texts["categories.json"])
    department = categories["categories"][0]["department"]
    limits = json.loads(texts["limits.json"])
    for number, text in enumerate(PAYLOADS):
        category = {"code": f"E{number:02}", "name": text, "name_en": text, "department": department}
        categories["categories"].append(category)
        limits["categories"].append(limits["categories"][0] | {"code": category["code"]})
    return texts | {"categories.json": json.dumps(categories), "limits.json": json.dumps(limits)}


@pytest.fixture(scope="session")
def evil_layers(layers):
    """The demo layers, each area named like an attack."""
    frames = {}
    for layer, frame in layers.items():
        names = [PAYLOADS[number % len(PAYLOADS)] for number in range(len(frame))]
        frames[layer] = frame.assign(name=names)
    return frames


@pytest.fixture(scope="session")
def evil_service(run_service, evil_layers, tmp_path_factory):
    def fill(store):
        with store.write() as connection:
            add_first_version(connection, evil_rules(), BEGINNING)
            generation = add_generation(connection, evil_layers, label=PAYLOADS[1])
            add_activation(connection, Activation(generation.id, BEGINNING, BEGINNING))
            when = datetime(2022, 3, 1, 4, tzinfo=UTC)
            reports = [
                Report(when, f"E{n:02}", "patrol", Point(113.29 + n / 1000, 40.09), "wgs84", synthetic=True)
                for n in range(len(PAYLOADS))
            ]
            placements = assign_reports(reports, Locator(generation, evil_layers))
            step = Step(1, "import", None, IncidentStatus.REPORTED, when, SYSTEM.id, SYSTEM.name, Role.SYSTEM)
            add_incidents(
                connection,
                [NewIncident(*pair, Progress("grid"), (step,)) for pair in zip(reports, placements, strict=True)],
            )

    with run_service(tmp_path_factory.mktemp("evil"), fill) as found:
        yield found


def expected_names(evil_layers) -> dict[str, dict[str, str]]:
    return {layer.value: dict(evil_layers[layer][["code", "name"]].itertuples(index=False)) for layer in GRID_LAYERS}


#: Clicks on the first grids of each layer and returns what each says its name is, as text.
NAMES_IN_POPUPS = """(each) => Object.fromEntries(["urban", "rural", "dedicated"].map((name) => {
  const group = geogrid.layers[name];
  return [name, Object.fromEntries(group.getLayers().slice(0, each).map((grid) => {
    grid.fire("click", { latlng: grid.getBounds().getCenter() }, true);
    const cells = [...document.querySelectorAll(".leaflet-popup-content td")].slice(-7).map((cell) => cell.textContent);
    return cells.slice(0, 2);
  }))];
}))"""
#: The same of the drawer of a page, which asks the service.
NAMES_IN_DRAWER = """async (each) => {
  const said = {};
  for (const name of ["urban", "rural", "dedicated"]) {
    said[name] = {};
    for (const grid of geogrid.layers[name].getLayers().slice(0, each)) {
      await geogrid.openGrid(grid.feature.id);
      said[name][document.getElementById("drawer-code").textContent] = document.querySelector("#drawer h2").textContent;
    }
  }
  return said;
}"""


def check_map(page, evil_layers, clicks: str) -> None:
    """Every click, name and code shows its text, and nothing ran."""
    for layer, said in page.evaluate(clicks, len(PAYLOADS)).items():
        names = expected_names(evil_layers)[layer]
        assert len(said) == len(PAYLOADS)
        assert said == {code: names[code] for code in said}
    streets = set(evil_layers[Layer.STREET]["name"])
    labels = page.locator(".street-name").evaluate_all("parts => parts.map(part => part.textContent)")
    assert labels
    assert set(labels) <= streets
    page.evaluate("void geogrid.map.setView([40.0905, 113.2905], 16, { animate: false })")
    page.locator(".grid-code").first.wait_for()
    page.wait_for_timeout(100)
    assert page.evaluate("window.caught ?? []") == []


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy", "no policy"])
def test_names_are_shown_as_text_on_the_page(evil_service, evil_layers, visit, bypass_csp):
    street = evil_layers[Layer.STREET]["code"].iloc[1]
    url = f"{evil_service.origin}/maps/heatmap?category=E01&street={street}&lang=en"
    found = visit(url, script=WATCH, bypass_csp=bypass_csp)
    check_map(found.page, evil_layers, NAMES_IN_DRAWER)
    chips = found.page.locator(".chip").evaluate_all("chips => chips.map(chip => chip.textContent)")
    assert [chip.removesuffix(" ×") for chip in chips] == [PAYLOADS[1], evil_layers[Layer.STREET]["name"].iloc[1]]
    options = "select => [...select.options].slice(1).map(option => option.textContent)"
    # Browsers strip line separators at the ends of an option's label only.
    shown = found.page.eval_on_selector("select[name=category]", options)
    assert [name for name in shown if name in PAYLOADS] == PAYLOADS
    assert set(found.page.eval_on_selector("select[name=street]", options)) <= set(PAYLOADS)
    assert set(found.page.eval_on_selector("select[name=community]", options)) <= set(PAYLOADS)


def test_names_are_shown_as_text_in_the_saved_file(evil_service, evil_layers, visit, tmp_path):
    state = evil_service.app.state.geogrid
    view = View(category="E01", street=evil_layers[Layer.STREET]["code"].iloc[1])
    found = read_density(evil_service.store, View().filter())
    html, outside = render_file(
        draw_heatmap(HeatmapData(state.snapshots.current.prepared.backdrop, view, state.rules, found))
    )
    assert outside == []
    out = tmp_path / "evil.html"
    out.write_text(html, encoding="utf-8")
    check_map(visit(out.as_uri(), script=WATCH, offline=True).page, evil_layers, NAMES_IN_POPUPS)


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy", "no policy"])
def test_names_are_shown_as_text_in_popups_of_areas(evil_service, evil_layers, visit, bypass_csp):
    found = visit(f"{evil_service.origin}/maps/density?by=community&lang=en", script=WATCH, bypass_csp=bypass_csp)
    clicks = """(each) => Object.fromEntries(geogrid.areas.getLayers().slice(0, each).map((area) => {
      area.fire("click", { latlng: area.getBounds().getCenter() }, true);
      return [area.feature.id, [...document.querySelectorAll(".leaflet-popup-content b")].at(-1).textContent];
    }))"""
    said = found.page.evaluate(clicks, len(PAYLOADS))
    frames = [evil_layers[layer][["code", "name"]] for layer in (Layer.COMMUNITY, Layer.VILLAGE)]
    names = dict(pair for frame in frames for pair in frame.itertuples(index=False))
    assert len(said) == len(PAYLOADS)
    assert said == {code: names[code] for code in said}
    assert found.page.evaluate("window.caught ?? []") == []


@pytest.mark.parametrize("value", ["<script>ran(1)</scri", '"><b onclick=ran()>', "${ran(1)}", "{{7*7}}", "`;ran();`"])
def test_an_unknown_value_of_the_query_is_never_on_the_page(evil_service, value):
    address = f"{evil_service.origin}/maps/heatmap?category={quote(value)}"
    answer = httpx2.get(address, headers={"Accept": "text/html"}, trust_env=False, timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert value not in answer.text
    assert html.escape(value) not in answer.text


@pytest.mark.parametrize("name", ["street", "community", "layer", "status", "source", "from", "to", "as_of", "lang"])
@pytest.mark.parametrize("value", ["<script>ran(1)</script>", "140213001<img src=x>", "' OR 1=1 --"])
def test_invalid_value_is_refused_and_not_echoed(evil_service, name, value):
    answer = httpx2.get(f"{evil_service.origin}/maps/heatmap", params={name: value}, trust_env=False)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert value not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_page_source_has_no_attack(evil_service):
    html = httpx2.get(f"{evil_service.origin}/maps/heatmap", trust_env=False).text
    assert "ran('script')" not in html
