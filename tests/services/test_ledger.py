"""Tests of the ledger on a real database: numbers, steps, evidence, bounds, figures."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from geogrid.demo.ledger_problems import make_evidence
from geogrid.errors import ConflictError, ForbiddenError, GeogridError, InputError, NotFoundError, StaleError
from geogrid.incidents.rule_set import load_rules
from geogrid.ledger.ledger_filter import LedgerFilter
from geogrid.ledger.transitions import LedgerStepRequest
from geogrid.local_time import day_span
from geogrid.model import Actor, Bounds, EntryState, Role, SiteProblem
from geogrid.services.ledger import add_evidence, list_entries, read_entry, record_problem, take_entry_step
from geogrid.services.ledger_lists import count_ledger
from geogrid.services.sites import list_sites

RULES = load_rules()
DEPARTMENTS = frozenset(category.department for category in RULES.categories.values())
HANDLER = Actor("user:1", "甲某", frozenset({Role.HANDLER, Role.SUPERVISOR}))
INSPECTOR = Actor("user:2", "测试员", frozenset({Role.HANDLER, Role.SUPERVISOR}))
YEAR = day_span(date(2022, 1, 1), date(2022, 12, 31))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PDF = make_evidence().content


@pytest.fixture
def record(store):
    """A function that records a problem at the first site of the demo."""

    def record(actor=INSPECTOR, **changes):
        site = list_sites(store, INSPECTOR, limit=1).items[0].id
        problem = SiteProblem(site, 1, "Z06", NOON, "共享单车占道", "交通运输", NOON + timedelta(days=3), "leader")
        return record_problem(store, RULES, replace(problem, **changes), actor)

    return record


@pytest.fixture
def step(store):
    def step(number, action, *, actor=HANDLER, **wish):
        version = wish.pop("version", None)
        ledger_wish = LedgerStepRequest(action, **wish)
        return take_entry_step(store, RULES.ledger, DEPARTMENTS, actor, number, ledger_wish, version=version)

    return step


def test_demo_ledger_has_the_published_figures(demo):
    found = count_ledger(demo, INSPECTOR, LedgerFilter(since=YEAR[0], until=YEAR[1]))
    assert (found.total.found, found.total.rectified.numerator, found.total.rectified.value) == (4_253, 3_853, 0.9059)
    assert found.total.synthetic == 4_253
    for part in (found.by_street, found.by_department, found.by_category):
        assert sum(one.found for one in part.values()) == 4_253
        assert sum(one.rectified.numerator for one in part.values()) == 3_853
    assert len(found.by_street) == 18
    assert found.total.past_due == 400


def test_demo_ledger_follows_the_ledger_rules(demo):
    with demo.read() as connection:
        ask = connection.exec_driver_sql
        bare = ask(
            "SELECT count(*) FROM ledger WHERE state = 'struck_off' AND id NOT IN (SELECT entry FROM evidence)"
        ).scalar()
        gaps = ask(
            "SELECT count(*) FROM ledger l WHERE version <> (SELECT count(*) FROM ledger_steps WHERE entry = l.id)"
        )
        hands = ask(
            "SELECT count(*) FROM ledger_steps a JOIN ledger_steps b ON a.entry = b.entry "
            "WHERE a.action = 'rectify' AND b.action = 'strike_off' AND a.actor_id = b.actor_id"
        ).scalar()
        named = ask("SELECT count(*) FROM inspection_sites WHERE synthetic = 0 OR street_code IS NULL").scalar()
        assert (bare, gaps.scalar(), hands, named) == (0, 0, 0, 0)
    entries = list_entries(demo, INSPECTOR, LedgerFilter(state=EntryState.STRUCK_OFF), limit=3).items
    assert [entry.evidence for entry in entries] == [1, 1, 1]
    timeline = read_entry(demo, INSPECTOR, entries[0].id)
    assert [one.action for one in timeline.steps] == ["record", "rectify", "strike_off"]
    assert timeline.steps[-1].details == {"evidence": [timeline.evidence[0].id]}


def test_entry_numbers_increase_within_a_year(record):
    assert record().number == "平城-2026-0001"
    assert record(found_at=datetime(2025, 12, 31, 16, tzinfo=UTC)).number == "平城-2026-0002"
    assert record(found_at=datetime(2022, 12, 31, tzinfo=UTC)).number == "平城-2022-4254"


def test_concurrent_entries_get_different_numbers(record):
    numbers = []
    threads = [threading.Thread(target=lambda: numbers.append(record().number)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"平城-2026-{number:04d}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"category": "Z99"}, "category_unknown"),
        ({"department": "某局"}, "department_unknown"),
        ({"description": " "}, "missing"),
        ({"found_at": datetime(2999, 1, 1, tzinfo=UTC)}, "time"),
        ({"due_at": NOON - timedelta(days=1)}, "time_order"),
        ({"site": 10**9}, "site_unknown"),
        ({"round": 9}, "site_unknown"),
        ({"incident": 10**9}, "incident_unknown"),
    ],
)
def test_invalid_problem_is_refused_without_using_a_number(store, record, changes, code):
    with pytest.raises(GeogridError) as caught:
        record(**changes)
    assert caught.value.code == code
    assert record().number == "平城-2026-0001"


def test_entry_is_rectified_and_struck_off(store, record, step):
    number = record(incident=1).id
    done = step(number, "rectify", note="已清理，来电 13800138000")
    assert (done.progress.state, done.progress.rectified_by) == (EntryState.RECTIFIED, HANDLER.id)
    piece = add_evidence(store, HANDLER, number, PDF).id
    struck = step(number, "strike_off", actor=INSPECTOR, evidence=(piece,))
    assert (struck.progress.state, struck.progress.version, struck.evidence) == (EntryState.STRUCK_OFF, 3, 1)
    found = read_entry(store, INSPECTOR, number)
    assert [(one.number, one.action, one.to_state) for one in found.steps] == [
        (1, "record", "open"),
        (2, "rectify", "rectified"),
        (3, "strike_off", "struck_off"),
    ]


def test_striking_off_needs_evidence_and_another_user(store, record, step):
    number, other = record().id, record().id
    with pytest.raises(InputError) as caught:
        step(number, "rectify")
    assert caught.value.code == "note_missing"
    step(number, "rectify", note="已清理")
    piece, foreign = (add_evidence(store, HANDLER, entry, PDF).id for entry in (number, other))
    for wish, actor, code in (
        ((), INSPECTOR, "evidence_missing"),
        ((foreign,), INSPECTOR, "evidence_unknown"),
        ((piece,), HANDLER, "same_hand"),
        ((piece,), replace(INSPECTOR, roles=frozenset({Role.GRID_WORKER})), "role"),
    ):
        with pytest.raises(GeogridError) as caught:
            step(number, "strike_off", actor=actor, evidence=wish)
        assert caught.value.code == code
    assert read_entry(store, INSPECTOR, number).entry.progress.version == 2


def test_returned_entry_needs_new_evidence(store, record, step):
    number = record().id
    step(number, "rectify", note="已清理")
    old = add_evidence(store, HANDLER, number, PDF).id
    back = step(number, "return", actor=INSPECTOR, note="仍有堆放")
    assert (back.progress.state, back.progress.rectified_at) == (EntryState.RETURNED, None)
    step(number, "rectify", note="再次清理")
    with pytest.raises(InputError) as caught:
        step(number, "strike_off", actor=INSPECTOR, evidence=(old,))
    assert caught.value.code == "evidence_stale"
    new = add_evidence(store, HANDLER, number, PDF).id
    step(number, "strike_off", actor=INSPECTOR, evidence=(old, new))
    again = step(number, "reopen", actor=INSPECTOR, note="反弹")
    assert (again.progress.state, again.progress.struck_off_at) == (EntryState.RETURNED, None)


def test_disallowed_step_lists_the_allowed_ones(record, step):
    with pytest.raises(ConflictError) as caught:
        step(record().id, "strike_off", actor=INSPECTOR)
    assert caught.value.allowed == ("rectify", "assign", "note")


def test_assigned_department_is_recorded(store, record, step):
    number = record().id
    handed = step(number, "assign", note="属市容", department="城市管理")
    assert handed.progress.department == "城市管理"
    assert read_entry(store, INSPECTOR, number).steps[-1].details == {"department": ["交通运输", "城市管理"]}
    with pytest.raises(InputError) as caught:
        step(number, "rectify", note="x", department="城市管理")
    assert caught.value.code == "department_unused"


def test_of_concurrent_steps_on_a_version_one_succeeds(record, step):
    number = record().id
    outcomes, ready = [], threading.Barrier(4)

    def note():
        ready.wait()
        try:
            outcomes.append(step(number, "note", note="x", version=1).progress.version)
        except StaleError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", "stale", "stale", "stale"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.4 cut off", PDF[:-200], b"GIF89a" + bytes(100)])
def test_evidence_that_is_no_photo_or_pdf_is_refused(store, record, content):
    with pytest.raises(InputError) as caught:
        add_evidence(store, HANDLER, record().id, content)
    assert caught.value.code == "evidence_unreadable"


def test_entries_outside_bounds_are_forbidden(store, record):
    entry = record()
    street = entry.site.place.street_code
    inside, outside = (replace(HANDLER, bounds=Bounds(areas=(code,))) for code in (street, "140213067"))
    other = replace(HANDLER, bounds=Bounds(departments=("城市管理",)))
    assert read_entry(store, inside, entry.id).entry == entry
    for actor in (outside, other):
        with pytest.raises(ForbiddenError):
            read_entry(store, actor, entry.id)
        with pytest.raises(ForbiddenError):
            add_evidence(store, actor, entry.id, PDF)
        with pytest.raises(ForbiddenError):
            record(actor=actor)
    whole = count_ledger(store, HANDLER, LedgerFilter())
    assert count_ledger(store, inside, LedgerFilter()).total == whole.by_street[street]
    assert count_ledger(store, other, LedgerFilter()).total == whole.by_department["城市管理"]
    assert all(site.place.street_code == street for site in list_sites(store, inside, limit=500).items)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (LedgerFilter(area="140213051"), lambda e: e.site.place.street_code == "140213051"),
        (LedgerFilter(area="140213051003"), lambda e: e.site.place.community_code == "140213051003"),
        (LedgerFilter(area="140213051003501"), lambda e: e.site.place.grid_code == "140213051003501"),
        (LedgerFilter(category="Z04"), lambda e: e.problem.category == "Z04"),
        (LedgerFilter(department="城市管理"), lambda e: e.progress.department == "城市管理"),
        (LedgerFilter(state=EntryState.OPEN), lambda e: e.progress.rectified_at is None),
        (LedgerFilter(past_due_at=NOON), lambda e: e.progress.rectified_at is None and e.problem.due_at < NOON),
        (LedgerFilter(since=YEAR[0], until=YEAR[0] + timedelta(days=9)), lambda e: e.problem.found_at.month == 1),
    ],
)
def test_each_filter_returns_only_matching_entries(demo, filters, holds):
    found = list_entries(demo, INSPECTOR, filters, limit=300).items
    assert found
    assert all(holds(entry) for entry in found)
    total = count_ledger(demo, INSPECTOR, filters).total.found
    assert total == len(found) if total <= 300 else len(found) == 300


def test_pages_contain_every_entry_once(demo):
    seen, after = [], 0
    while after is not None:
        page = list_entries(demo, INSPECTOR, LedgerFilter(area="140213051"), after=after, limit=37)
        seen += [entry.number for entry in page.items]
        after = page.next
    assert seen == sorted(set(seen))
    assert len(seen) == count_ledger(demo, INSPECTOR, LedgerFilter(area="140213051")).total.found


def test_unknown_area_code_is_refused(demo):
    with pytest.raises(InputError) as caught:
        list_entries(demo, INSPECTOR, LedgerFilter(area="1402130"))
    assert caught.value.code == "area"
    with pytest.raises(NotFoundError):
        read_entry(demo, INSPECTOR, 10**9)
