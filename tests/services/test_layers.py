"""Tests of generations: draft, activate, plan, reactivate, compare, on a real database."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, NotFoundError, QueryError
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.layers.layer_source_reader import read_directory
from geogrid.model import SYSTEM, GenerationState, Layer
from geogrid.reference_files import data_path
from geogrid.services import layer_generations as service
from geogrid.services.incidents import read_incident
from geogrid.services.layer_import import import_layers

pytestmark = pytest.mark.both_databases


@pytest.fixture
def revision(layers, tmp_path):
    """A folder with a revision of the demo that splits one urban grid in two."""
    folder = tmp_path / "revision"
    shutil.copytree(data_path("boundaries"), folder)
    urban = layers[Layer.URBAN].set_index("code")
    code = "140213051003008"
    west, south, east, north = urban.geometry[code].bounds
    cut = (west + east) / 2
    frame = urban.copy()
    half = urban.geometry[code].intersection(type(urban.geometry[code]).from_bounds(west, south, cut, north))
    frame.loc[code, "geometry"] = half
    frame.loc["140213051003099"] = [
        "仁和美社区第99网格",
        "140213051003",
        None,
        True,
        urban.geometry[code].difference(half),
    ]
    write_layer(folder / LAYER_FILES[Layer.URBAN], frame.reset_index())
    return folder


@pytest.fixture
def draft(store, revision):
    import_layers(store, read_directory(revision), label="revision", commit=True)
    return service.list_generations(store)[-1].generation.id


def states(store):
    return [record.state for record in service.list_generations(store)]


def test_dry_run_stores_nothing(store, revision):
    done = import_layers(store, read_directory(revision), label="revision", commit=False)
    assert (done.areas[Layer.URBAN], done.sound, done.generation) == (1_074, True, None)
    assert states(store) == [GenerationState.ACTIVE]


def test_draft_has_no_effect_until_activated(store, draft):
    assert states(store) == [GenerationState.ACTIVE, GenerationState.DRAFT]
    assert service.generation_at(store).id == 1
    service.activate_generation(store, draft)
    assert states(store) == [GenerationState.RETIRED, GenerationState.ACTIVE]
    assert service.generation_at(store).id == draft
    assert service.generation_at(store, datetime(2022, 3, 1, tzinfo=UTC)).id == 1


def test_planned_generation_becomes_active_on_its_day(store, draft):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    service.activate_generation(store, draft, tomorrow)
    assert states(store) == [GenerationState.ACTIVE, GenerationState.PLANNED]
    assert service.generation_at(store).id == 1
    assert service.generation_at(store, tomorrow).id == draft


def test_activation_in_the_past_is_refused(store, draft):
    with pytest.raises(QueryError) as caught:
        service.activate_generation(store, draft, datetime.now(UTC) - timedelta(seconds=1))
    assert caught.value.code == "activation_in_past"


def test_each_rollback_goes_back_further(store, moved, draft):
    with pytest.raises(ConflictError):
        service.reactivate_previous(store)
    service.activate_generation(store, moved)
    service.activate_generation(store, draft)
    assert service.reactivate_previous(store).generation == moved
    assert service.reactivate_previous(store).generation == 1
    assert service.generation_at(store).id == 1
    with pytest.raises(ConflictError, match="No earlier generation"):
        service.reactivate_previous(store)
    service.activate_generation(store, draft)
    assert service.reactivate_previous(store).generation == 1


def test_cancelled_activation_has_no_effect(store, draft):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    service.activate_generation(store, draft, tomorrow)
    assert [decision.active_from for decision in service.cancel_activation(store, draft)] == [tomorrow]
    assert states(store) == [GenerationState.ACTIVE, GenerationState.DRAFT]
    assert service.generation_at(store, tomorrow + timedelta(days=1)).id == 1
    for generation in (draft, 1):
        with pytest.raises(ConflictError, match="No activation of this generation is planned"):
            service.cancel_activation(store, generation)
    service.activate_generation(store, draft, tomorrow)
    assert states(store) == [GenerationState.ACTIVE, GenerationState.PLANNED]


def test_time_before_the_first_generation_is_named(new_store):
    store = new_store
    import_layers(store, read_directory(data_path("boundaries")), label="first", commit=True)
    with pytest.raises(NotFoundError) as caught:
        service.generation_at(store)
    assert caught.value.code == "no_generation"
    service.activate_generation(store, 1, datetime(2025, 2, 28, 16, tzinfo=UTC))
    with pytest.raises(NotFoundError, match="the first generation is active from 2025-03-01") as caught:
        service.generation_at(store, datetime(2025, 2, 1, tzinfo=UTC))
    assert (caught.value.code, caught.value.remedy) == (
        "before_first_generation",
        "Use a time from 2025-03-01 on.",
    )
    assert service.generation_at(store, datetime(2025, 3, 1, tzinfo=UTC)).id == 1


def test_incidents_keep_the_grids_of_their_day(store, draft):
    before = read_incident(store, SYSTEM, 471)
    service.activate_generation(store, draft)
    assert read_incident(store, SYSTEM, 471) == before
    assert before.placement.generation == 1


@pytest.mark.full_demo
def test_the_comparison_counts_what_changes_hands(store, draft):
    found = service.diff_generations(store, 1, draft)
    urban = found.layers[Layer.URBAN]
    assert [(area.before, area.after) for area in urban.split] == [
        (("140213051003008",), ("140213051003008", "140213051003099"))
    ]
    assert (urban.added, urban.moved) == ([], [])
    assert all(changes.is_empty for layer, changes in found.layers.items() if layer is not Layer.URBAN)
    with store.read() as connection:
        held = connection.exec_driver_sql(
            "SELECT count(*) FROM incidents WHERE base_code = '140213051003008' AND dedicated_code IS NULL"
        ).scalar()
    assert 0 < found.change_hands < held
    assert found.incidents == 59_369
    assert service.diff_generations(store, 1, 1).change_hands == 0


def test_repeated_label_is_refused(store, draft, revision):
    with pytest.raises(ConflictError):
        import_layers(store, read_directory(revision), label="revision", commit=True)


def test_findings_stop_the_import_and_count_incidents(store, layers, revision):
    frame = layers[Layer.URBAN].copy()
    frame.loc[0, "geometry"] = frame.geometry[0].buffer(0.002, join_style="mitre")
    write_layer(revision / LAYER_FILES[Layer.URBAN], frame)
    done = import_layers(store, read_directory(revision), label="broken", commit=True)
    assert (done.sound, done.generation) == (False, None)
    overlaps = [found for found in done.findings if found.code == "overlap"]
    assert overlaps
    assert all(frame["code"][0] in found.codes for found in overlaps)
    assert sum(found.incidents for found in overlaps) > 0
    assert len(service.list_generations(store)) == 1


@pytest.mark.parametrize("call", [service.activate_generation, service.load_generation])
def test_unknown_generation_is_not_found(store, call):
    with pytest.raises(NotFoundError):
        call(store, 99)


def test_first_generation_is_active_for_all_of_the_past(new_store):
    store = new_store
    import_layers(store, read_directory(data_path("boundaries")), label="first", commit=True)
    with pytest.raises(NotFoundError):
        service.load_locator(store)
    service.activate_generation(store, 1)
    assert service.generation_at(store, datetime(2000, 1, 1, tzinfo=UTC)).id == 1


@pytest.mark.parametrize("decide", [service.activate_generation, lambda store, _: service.reactivate_previous(store)])
def test_activation_time_is_taken_after_waiting_for_the_write_lock(store, draft, decide):
    """Requests use the old layers while the activation waits, so `as_of` must return these later."""
    service.activate_generation(store, draft)
    with ThreadPoolExecutor() as pool, store.write():
        waiting = pool.submit(decide, store, draft)
        time.sleep(0.5)
        asked = datetime.now(UTC)
    assert waiting.result().active_from > asked
    assert service.generation_at(store, asked).id == draft
