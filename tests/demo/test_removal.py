"""Tests of the removal of the demo: nothing synthetic stays, nothing real goes, on real databases."""

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from demos import SMALL
from sqlalchemy import func, select

from geogrid.cli.main import cli
from geogrid.demo import removal
from geogrid.demo.removal import remove_demo
from geogrid.demo.store_preparation import prepare_demo
from geogrid.errors import ConflictError
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.query_value_types import Origin
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import (
    CONSOLE,
    EVERY_ROLE,
    Actor,
    Grant,
    IncidentStatus,
    Point,
    Report,
    Role,
    SiteProblem,
)
from geogrid.rules.formulas import load_formulas
from geogrid.services.api_keys import create_key, list_keys
from geogrid.services.database_maintenance import check_database, move_database
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import list_incidents, report_incident
from geogrid.services.key_figures import read_kpi
from geogrid.services.layer_generations import BEGINNING, activate_generation, generation_at, load_locator
from geogrid.services.ledger import read_entry, record_problem
from geogrid.services.period_snapshots import list_month_snapshots
from geogrid.services.reporting_periods import close_period
from geogrid.services.restatement import restate_incidents
from geogrid.services.users import add_user
from geogrid.store.database import Store
from geogrid.store.generations import add_generation
from geogrid.store.tables import metadata

pytestmark = pytest.mark.both_databases

RULES = load_rules()
DESK = Actor("user:1", "测试员", frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.HANDLER}))
WHEN = datetime(2022, 5, 3, 8, tzinfo=UTC)
REPORT = Report(WHEN, "Z06", "resident", Point(113.3058, 40.0912), "gcj02")


def add_report(store, **changes):
    return report_incident(store, load_locator(store), RULES, replace(REPORT, **changes), DESK).id


def take(store, number, action, **wish):
    return take_step(store, load_locator(store), RULES, DESK, number, StepRequest(action, **wish))


def add_account(store):
    add_user(
        store,
        RULES,
        CONSOLE,
        name="desk",
        display_name="值班员",
        password="long-enough-password-1",
        grant=Grant(EVERY_ROLE),
    )


@pytest.fixture
def bring_layers(store, moved_layers):
    """A function that imports and activates layers that are not synthetic, and returns the id of the generation."""

    def bring(label="own", base=None, layers=moved_layers):
        frames = {layer: frame.assign(synthetic=False) for layer, frame in layers.items()}
        with store.write() as connection:
            generation = add_generation(connection, frames, label=label, base=base).id
        activate_generation(store, generation)
        return generation

    return bring


def count_rows(store):
    with store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def ids(store, table):
    with store.read() as connection:
        return list(connection.execute(select(metadata.tables[table].c.id)).scalars())


def synthetic_numbers(store, *, limit=3):
    return [one.id for one in list_incidents(store, IncidentQuery(status=IncidentStatus.CLOSED), limit=limit).items]


def test_nothing_synthetic_stays_and_no_id_is_assigned_again(store):
    before = count_rows(store)
    removed = remove_demo(store, RULES, commit=True)
    assert removed.deleted == {name: count for name, count in before.items() if count and name != "ledger_numbers"}
    kept = {"audit": 1, "ledger_numbers": 1, "seeds": 1}
    assert {name: count for name, count in count_rows(store).items() if count} == kept
    assert not check_database(store).faults
    last = {"incidents": SMALL, "generations": 1, "rounds": 1, "ledger": 4_253, "inspection_sites": 500}
    assert prepare_demo(store, incidents=3) is not None
    assert {name: min(ids(store, name)) for name in last} == {name: number + 1 for name, number in last.items()}
    assert remove_demo(store, RULES, commit=True).deleted["incidents"] == 3
    assert remove_demo(store, RULES, commit=True).deleted == {}


def test_dry_run_changes_nothing_and_says_the_same(store):
    before = count_rows(store)
    tried = remove_demo(store, RULES, commit=False)
    assert count_rows(store) == before
    assert remove_demo(store, RULES, commit=True) == tried


def test_real_rows_stay_and_are_placed_by_the_own_layers(store, bring_layers):
    early = add_report(store)
    add_account(store)
    create_key(store, "gateway")
    create_key(store, "demo", demo=True)
    own = bring_layers()
    restate_incidents(store, own, commit=True)
    late = add_report(store, reported_at=datetime.now(UTC) - timedelta(minutes=1))
    placed = read_history(store, DESK, late).incident.placement
    removed = remove_demo(store, RULES, commit=True)
    assert (removed.replaced, removed.deleted["incidents"], removed.kept_generations) == (1, SMALL, [])
    assert sorted(ids(store, "incidents")) == [early, late]
    assert read_history(store, DESK, late).incident.placement == placed
    moved = read_history(store, DESK, early).incident.placement
    assert (moved.generation, moved.base_code) == (own, placed.base_code)
    rows = count_rows(store)
    assert (rows["restatements"], rows["users"], rows["api_keys"], rows["activations"]) == (0, 1, 1, 1)
    assert [key.name for key in list_keys(store)] == ["gateway"]
    assert generation_at(store, BEGINNING).id == own
    found = read_kpi(store, IncidentQuery())
    assert (found.received, found.synthetic, found.share(generation_at(store))) == (
        2,
        0,
        found.share(generation_at(store)),
    )
    assert not found.share(generation_at(store))
    assert not check_database(store).faults


def test_real_records_on_demo_grids_need_own_layers_first(store):
    add_report(store)
    before = count_rows(store)
    with pytest.raises(ConflictError, match="Import and activate your layers first"):
        remove_demo(store, RULES, commit=True)
    assert count_rows(store) == before


def test_real_incident_leaves_its_synthetic_merge_target(store, bring_layers):
    real, target = add_report(store), add_report(store, synthetic=True)
    take(store, real, "verify")
    take(store, real, "merge", incident=target, note="同一处")
    bring_layers()
    removed = remove_demo(store, RULES, commit=True)
    found = read_history(store, DESK, real)
    assert removed.restored == [real]
    assert (found.incident.progress.status, found.incident.progress.merged_into) == (IncidentStatus.VERIFIED, None)
    assert [step.action for step in found.steps][-2:] == ["merge", "restore"]


def test_synthetic_incident_goes_with_what_people_did_on_it(store):
    mine = add_report(store, synthetic=True)
    take(store, mine, "verify")
    removed = remove_demo(store, RULES, commit=False)
    assert (removed.by_people, removed.deleted["incidents"]) == (1, SMALL + 1)
    assert removed.deleted["changes"] >= 2


def test_synthetic_incident_merged_into_a_real_one_goes(store, bring_layers):
    real, twin = add_report(store), add_report(store, synthetic=True)
    take(store, twin, "merge", incident=real, note="同一处")
    bring_layers()
    remove_demo(store, RULES, commit=True)
    assert ids(store, "incidents") == [real]
    assert [step.action for step in read_history(store, DESK, real).steps] == ["report", "absorb"]


def test_site_and_round_of_a_real_entry_stay(store, bring_layers):
    site = ids(store, "inspection_sites")[0]
    due, incident = WHEN + timedelta(days=3), synthetic_numbers(store)[0]
    problem = SiteProblem(site, 1, "Z06", WHEN, "共享单车占道", "交通运输", due, "leader", incident=incident)
    entry = record_problem(store, RULES, problem, DESK)
    own = bring_layers()
    removed = remove_demo(store, RULES, commit=True)
    assert (removed.kept_sites, removed.kept_rounds, removed.unlinked, removed.replaced) == (1, 1, 1, 2)
    assert (ids(store, "inspection_sites"), ids(store, "rounds"), ids(store, "ledger")) == ([site], [1], [entry.id])
    found = read_entry(store, DESK, entry.id).entry
    assert (found.problem.incident, found.site.place.generation) == (None, own)
    with store.read() as connection:
        assert connection.execute(select(metadata.tables["ledger"].c.generation)).scalars().all() == [own]
    assert not check_database(store).faults


def test_import_completed_from_the_demo_stays_with_its_mark(store, layers):
    with store.write() as connection:
        add_generation(connection, layers, label="partly own", base=1)
    activate_generation(store, 2)
    removed = remove_demo(store, RULES, commit=True)
    assert removed.kept_generations == ["partly own"]
    found = generation_at(store)
    assert (found.id, found.synthetic, found.base) == (2, True, None)


def test_snapshots_that_count_synthetic_incidents_go(store, bring_layers):
    close_period(store, load_formulas(), CONSOLE, date(2022, 3, 31), commit=True)
    assert list_month_snapshots(store, "2022-03")
    bring_layers()
    removed = remove_demo(store, RULES, commit=True)
    assert removed.deleted["period_snapshots"] == 3
    assert (count_rows(store)["closings"], count_rows(store)["period_snapshots"]) == (1, 0)


def test_failure_in_the_middle_undoes_everything(store, monkeypatch):
    before = count_rows(store)

    def fail(*_arguments):
        raise RuntimeError

    monkeypatch.setattr(removal, "_describe", fail)
    with pytest.raises(RuntimeError):
        remove_demo(store, RULES, commit=True)
    assert count_rows(store) == before


def _remove_until_killed(url):
    removal._describe = lambda _removed: os.kill(os.getpid(), signal.SIGKILL)
    remove_demo(Store(url), RULES, commit=True)


def test_kill_in_the_middle_undoes_everything(store):
    before = count_rows(store)
    url = store.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(target=_remove_until_killed, args=(url,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert count_rows(store) == before
    assert remove_demo(store, RULES, commit=True).deleted["incidents"] == SMALL


def test_cache_of_a_running_service_forgets_the_demo(store, bring_layers):
    add_report(store)
    cache = IncidentCache(store)
    assert cache.read_density(IncidentQuery()).kpi.received == SMALL + 1
    bring_layers()
    remove_demo(store, RULES, commit=True)
    assert cache.read_density(IncidentQuery()).kpi.received == 1


def test_moved_database_assigns_no_id_again(store, tmp_path, bring_layers):
    last = add_report(store, synthetic=True)
    bring_layers()
    remove_demo(store, RULES, commit=True)
    target = Store(f"sqlite:///{tmp_path / 'moved.db'}")
    move_database(store, target, commit=True)
    assert add_report(target) == last + 1
    target.close()


@pytest.mark.parametrize("origin", Origin)
def test_filter_selects_synthetic_or_real_incidents(store, origin):
    add_report(store)
    query = IncidentQuery(origin=origin)
    found = read_kpi(store, query)
    assert (found.received, found.synthetic) == ((SMALL, SMALL) if origin is Origin.SYNTHETIC else (1, 0))
    assert IncidentCache(store).read_density(query).kpi == found


def test_demo_refuses_a_store_with_real_data(new_store):
    add_account(new_store)
    with pytest.raises(ConflictError, match="users 1"):
        prepare_demo(new_store, incidents=3)


def test_command_lists_the_kinds_and_removes_only_with_commit(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    monkeypatch.setenv("GEOGRID_DATABASE_URL", store.url.render_as_string(hide_password=False))
    tried = CliRunner().invoke(cli, ["demo", "remove"], catch_exceptions=False)
    assert f"{SMALL:>9,}  incidents 事件" in tried.output
    assert "Dry run" in tried.output
    assert read_kpi(store, IncidentQuery()).received == SMALL
    done = CliRunner().invoke(cli, ["demo", "remove", "--commit"], catch_exceptions=False)
    assert done.output.endswith("removed 已清除\n")
    again = CliRunner().invoke(cli, ["demo", "remove", "--commit"], catch_exceptions=False)
    assert (again.exit_code, again.output) == (0, "The store has no synthetic data. 没有合成示意数据。\n")
