"""Activation of a generation under load: no request fails or mixes two generations."""

import threading
import time
from collections import Counter

import pytest
from waiting import eventually

from geogrid.layers.layer_source_reader import read_directory
from geogrid.reference_files import data_path
from geogrid.services.layer_generations import (
    BEGINNING,
    activate_generation,
    generation_at,
    list_generations,
    list_versions,
    reactivate_previous,
)
from geogrid.services.layer_import import import_layers
from geogrid_api.app import REFRESH_EVERY_S

POINT = {"lon": 113.3058, "lat": 40.0912, "datum": "gcj02"}


@pytest.fixture
def draft(store):
    import_layers(store, read_directory(data_path("boundaries")), label="again", commit=True)
    return list_generations(store)[-1].generation.id


def test_no_response_mixes_generations_during_activation(client, store, draft):
    responses, stop = [], threading.Event()

    def send():
        while not stop.is_set():
            responses.append(client.get("/v1/locate", params=POINT))

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for change in (lambda: activate_generation(store, draft), lambda: reactivate_previous(store)):
        change()
        generation = generation_at(store).id
        eventually(
            lambda generation=generation: bool(responses) and responses[-1].json().get("generation") == generation
        )
    stop.set()
    for thread in threads:
        thread.join()
    assert {response.status_code for response in responses} == {200}
    bodies = [response.json() for response in responses]
    generations = Counter(body.pop("generation") for body in bodies)
    assert set(generations) == {1, draft}
    assert min(generations.values()) > 10
    assert all(body == bodies[0] for body in bodies)
    assert responses[-1].json()["generation"] == 1


def test_as_of_uses_generation_of_that_day(client, store, draft):
    activate_generation(store, draft)
    asked = {
        moment: client.get("/v1/locate", params={**POINT, "as_of": moment}) for moment in ("2022-03-01", "2199-01-01")
    }
    assert asked["2022-03-01"].json()["generation"] == 1
    assert asked["2199-01-01"].json()["generation"] == draft
    wrong = client.get("/v1/locate", params={**POINT, "as_of": "spring"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "moment")
    never = client.get("/v1/locate", params={**POINT, "as_of": "1950-01-01"})
    assert (never.status_code, never.json()["code"]) == (404, "before_first_generation")


def test_generations_are_listed(client, draft):
    listed = client.get("/v1/generations").json()
    assert [(record["generation"]["id"], record["state"]) for record in listed] == [(1, "active"), (draft, "draft")]


def test_open_page_can_load_shapes_of_previous_generation(client, store, draft):
    page = client.get("/maps/heatmap").text
    address = page.split('src="/maps/areas/')[1].split('"')[0]
    activate_generation(store, draft)
    client.app.state.geogrid.snapshots.refresh()
    assert client.get(f"/maps/areas/{address}").status_code == 200


def test_new_incident_gets_active_generation(client, store, draft):
    activate_generation(store, draft)
    client.app.state.geogrid.snapshots.refresh()
    body = client.post("/v1/incidents", json={**POINT, "category": "Z01"}).json()
    assert body["generation"] == draft


def test_polling_continues_after_database_errors(client, store, draft):
    rename = "ALTER TABLE {} RENAME TO {}"
    with store.write() as connection:
        connection.exec_driver_sql(rename.format("activations", "elsewhere"))
    time.sleep(3 * REFRESH_EVERY_S)
    assert client.get("/v1/locate", params=POINT).json()["generation"] == 1
    with store.write() as connection:
        connection.exec_driver_sql(rename.format("elsewhere", "activations"))
    activate_generation(store, draft)
    eventually(lambda: client.get("/v1/locate", params=POINT).json()["generation"] == draft)


def test_version_choices_are_activated_generations(store, draft):
    activate_generation(store, draft)
    reactivate_previous(store)
    versions = list_versions(store)
    assert [generation.id for _, generation in versions] == [1, draft, 1]
    assert versions[0][0] == BEGINNING
    assert [moment for moment, _ in versions] == sorted(moment for moment, _ in versions)
