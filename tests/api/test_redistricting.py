"""Figures after grids have changed: restated by default, or with the command that completes the restatement."""

import csv
import io
from datetime import UTC, datetime

import pytest

from geogrid.constants import Language
from geogrid.model import Layer
from geogrid.services.counting_basis import CountingBasis, find_basis
from geogrid.services.layer_generations import activate_generation, load_generation, load_themes
from geogrid.services.restatement import restate_incidents
from geogrid.store.generations import add_generation
from geogrid_maps.cli_options import MapOptions
from geogrid_maps.map_query import MapKind, View
from geogrid_maps.map_registry import MAPS
from geogrid_maps.prints import Paper, Printing
from geogrid_maps.store_figures import StoreFigures

#: Half of the first grid goes to the second, in another street.
GIVES, TAKES = "140213050010005", "140213053010006"
STREET = TAKES[:9]
HALF_YEAR = {"from": "2022-01-01", "to": "2022-06-30"}
#: The note of pages and prints.
NOTE = "incidents are still counted by grids of an earlier generation"


@pytest.fixture
def redistricted(app, client, store, moved):
    """The generation with moved grids, active since just now; its incidents are not restated."""
    activate_generation(store, moved)
    app.state.geogrid.snapshots.refresh()
    return moved


def rows_of(client, path, **params):
    found = client.get(path, params={**HALF_YEAR, **params})
    assert found.status_code == 200, found.text
    return found.json()


def received(client, grid, **params):
    return client.get("/v1/kpi", params={**HALF_YEAR, "grid": grid, **params}).json()["received"]


@pytest.mark.full_demo
def test_default_figures_are_restated(client, store, redistricted):
    old = {grid: received(client, grid, as_of="2022-03-01") for grid in (GIVES, TAKES)}
    restate_incidents(store, redistricted, commit=True)
    new = {grid: received(client, grid) for grid in (GIVES, TAKES)}
    assert new == {grid: received(client, grid, as_of="2199-01-01") for grid in (GIVES, TAKES)}
    assert new[GIVES] < old[GIVES]
    assert new[TAKES] > old[TAKES]
    kpi = rows_of(client, "/v1/kpi", grid=GIVES)
    assert (kpi["generation"], kpi["restatement"]) == (redistricted, None)
    by_grid = {row["key"]: row["counts"]["received"] for row in rows_of(client, "/v1/figures", by="grid")["rows"]}
    assert {grid: by_grid[grid] for grid in new} == new
    areas = rows_of(client, "/v1/areas/figures", by="grid", measure="count")
    assert {row["code"]: row["n"] for row in areas["rows"] if row["code"] in new} == new
    assert areas["counted_by"] == areas["generation"] == redistricted
    listed = client.get("/v1/incidents", params={**HALF_YEAR, "grid": GIVES, "limit": 1000}).json()["items"]
    assert len(listed) == new[GIVES]
    table = client.get("/maps/explorer.csv", params={**HALF_YEAR, "lang": "en"}).content.decode("utf-8-sig")
    counts = {row["code"]: row for row in csv.DictReader(io.StringIO(table))}
    assert str(new[GIVES]) in counts[GIVES].values()
    drawer = client.get(f"/maps/grids/{GIVES}", params={**HALF_YEAR, "lang": "en"}).text
    assert f'<dd id="drawer-count">{new[GIVES]:,}</dd>' in drawer
    for path in ("/maps/heatmap", "/maps/density", "/figures"):
        page = client.get(path, params={**HALF_YEAR, "lang": "en"}).text
        assert "all incidents counted by these layers" in page
        assert 'id="gap"' not in page


def test_incomplete_restatement_is_told_everywhere(client, redistricted, received):
    command = f"geogrid reassign --generation {redistricted} --commit"
    gap = {"generation": redistricted, "missing": received, "command": command}
    for path, more in (
        ("/v1/kpi", {}),
        ("/v1/figures", {"by": "street"}),
        ("/v1/areas/figures", {"by": "grid"}),
        ("/v1/areas/rates", {}),
        ("/v1/areas/hotspots", {}),
    ):
        assert rows_of(client, path, **more)["restatement"] == gap, path
    pages = ("heatmap", "timeline", "compare", "explorer", "density", "hotspots", "rates")
    for path in (*(f"/maps/{name}" for name in pages), f"/maps/grids/{TAKES}", "/figures", "/incidents"):
        page = client.get(path, params={**HALF_YEAR, "lang": "en"}).text
        assert NOTE in page, path
        assert command in page, path
    files = (
        "/figures.csv",
        "/maps/explorer.csv",
        "/maps/compare.geojson",
        "/v1/areas/figures?by=grid&format=csv",
        f"/maps/grids/{TAKES}.geojson",
        f"/maps/heatmap.csv?street={STREET}",
    )
    for path in files:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_restated"), path
        assert command in answer.json()["detail"] + answer.json().get("remedy", ""), path
    for path in ("/maps/heatmap.csv", "/figures.csv?rows=category"):
        assert client.get(path).status_code == 200, "figures that do not depend on areas"


def test_prints_tell_the_missing_restatement(redistricted, store):

    view = View(language=Language.EN)
    for kind in (MapKind.HEATMAP, MapKind.EXPLORER, MapKind.DENSITY):
        entry = MAPS[kind]
        data = entry.gather(StoreFigures(store, MapOptions(view, None, None)), view)
        notes = entry.print(data, Printing(Paper.A4, datetime.now(UTC))).notes
        assert any(NOTE in note for note in notes), kind


@pytest.mark.both_databases
def test_a_thematic_change_demands_no_restatement(store):
    generation, layers = load_generation(store, 1)
    named = {layer: frame.copy() for layer, frame in layers.items()}
    named[Layer.STREET]["name"] = named[Layer.STREET]["name"] + "*"
    themes = [theme for name, theme in load_themes(store, 1).items() if name != "water"]
    with store.write() as connection:
        themed = add_generation(connection, named, themes, label="new themes").id
    activate_generation(store, themed)

    assert generation.id != themed
    assert find_basis(store) == CountingBasis()
    done = restate_incidents(store, themed, commit=False)
    assert (done.restated, done.already) == (0, 0)


@pytest.mark.both_databases
def test_moved_grids_demand_a_restatement_once(store, moved):

    assert find_basis(store) == CountingBasis(), "a draft changes nothing"
    activate_generation(store, moved)
    assert find_basis(store).gap.missing > 0
    restate_incidents(store, moved, commit=True)
    assert find_basis(store) == CountingBasis(moved)
