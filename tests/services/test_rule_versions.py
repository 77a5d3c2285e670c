"""Versions of the rules: check, import, activation, replay, effect on reports, and values that incidents use."""

import json
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from geogrid.errors import ConflictError, FileError, ForbiddenError, InputError, NotFoundError, QueryError
from geogrid.incidents.rule_set import load_rules, parse_rules
from geogrid.model import CONSOLE, SYSTEM, Actor, Point, Report, Role
from geogrid.rules.rule_texts import read_included, read_starting
from geogrid.services.database_maintenance import back_up, check_database, restore_database
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.rule_replay import replay_rules
from geogrid.services.rule_versions import (
    activate_rules,
    cancel_activation,
    check_rule_texts,
    check_rules_in_use,
    find_active_version_id,
    import_rules,
    list_rule_history,
    load_active_rules,
    read_rule_texts,
)
from geogrid.store.database import Store

pytestmark = pytest.mark.both_databases
RULES = load_rules()
HALF_YEAR = date(2022, 1, 1), date(2022, 6, 30)
PLANNER = Actor("user:9", "planner", frozenset({Role.PLANNER}))


def edited(file, change):
    """Return the included rules with one file changed."""
    texts = read_included()
    content = json.loads(texts[file])
    change(content)
    return texts | {file: json.dumps(content, ensure_ascii=False)}


def to_street(content):
    bikes = {"name": "bikes", "title": "单车", "when": {"categories": ["Z06"]}, "then": {"level": "street"}}
    content["rules"].insert(0, bikes)


def without(code):
    """Return a change that removes a category from the list."""

    def change(content):
        content["categories"] = [row for row in content["categories"] if row["code"] != code]

    return change


def test_replay_counts_changed_destinations(demo):
    found = replay_rules(demo, RULES, parse_rules(edited("routing.json", to_street)), *HALF_YEAR)
    with demo.read() as connection:
        counted = Counter(connection.exec_driver_sql("SELECT category = 'Z06' AS moves FROM incidents").scalars().all())
    assert found.incidents == sum(counted.values())
    assert found.by_rule["bikes"] == counted[1]
    # Night-time hotline reports already go to the street by the active rules.
    assert 0 < counted[1] - found.elsewhere < counted[1] / 10
    assert found.elsewhere == sum(flow.incidents for flow in found.flows)
    assert {flow.after.level for flow in found.flows} == {"street"}
    assert len(found.examples) == 100
    assert all(one.after.rule == "bikes" and one.before.level != "street" for one in found.examples)


def test_replay_sees_a_category_that_changed_its_department(demo):
    def hand_over(content):
        bikes = next(row for row in content["categories"] if row["code"] == "Z06")
        bikes["department"] = "城市管理"

    found = replay_rules(demo, RULES, parse_rules(edited("categories.json", hand_over)), *HALF_YEAR)
    assert {(flow.before.department, flow.after.department) for flow in found.flows} == {("交通运输", "城市管理")}


def test_replay_of_equal_rules_changes_nothing(demo):
    found = replay_rules(demo, RULES, RULES, *HALF_YEAR)
    assert (found.elsewhere, found.flows, found.examples, found.hidden) == (0, [], [], [])


def test_replay_defaults_to_last_month(demo):
    found = replay_rules(demo, RULES, RULES)
    assert found.first.day == 1
    assert (found.last + timedelta(days=1)).day == 1
    assert found.last < date.today()  # noqa: DTZ011 - either clock will do
    with pytest.raises(QueryError):
        replay_rules(demo, RULES, RULES, HALF_YEAR[0])


def test_reports_follow_the_active_rules(store):
    locator = load_locator(store)
    report = Report(datetime.now(UTC), "Z06", "resident", Point(113.29, 40.09), "wgs84")
    before = find_active_version_id(store)
    assert report_incident(store, locator, load_active_rules(store), report, SYSTEM).progress.level != "street"
    version = import_rules(store, CONSOLE, edited("routing.json", to_street))
    assert find_active_version_id(store) == before, "an imported version is not active"
    done = activate_rules(store, CONSOLE, version.id)
    assert find_active_version_id(store) == version.id == done.version
    assert report_incident(store, locator, load_active_rules(store), report, SYSTEM).progress.level == "street"
    assert import_rules(store, CONSOLE, edited("routing.json", to_street)).id == version.id, "not stored twice"
    with pytest.raises(QueryError):
        activate_rules(store, CONSOLE, version.id, datetime.now(UTC) - timedelta(hours=1))


def test_planned_activation_takes_effect_at_its_time_or_is_cancelled(store):
    first = find_active_version_id(store)
    version = import_rules(store, CONSOLE, edited("routing.json", to_street))
    now = datetime.now(UTC)
    planned = activate_rules(store, CONSOLE, version.id, now + timedelta(hours=1))
    assert find_active_version_id(store) == first
    assert find_active_version_id(store, now + timedelta(hours=2)) == version.id
    cancel_activation(store, CONSOLE, planned.id)
    assert find_active_version_id(store, now + timedelta(hours=2)) == first
    last = list_rule_history(store).activations[-1]
    assert (last.version, last.cancelled_by) == (version.id, "console")
    for activation in (planned.id, 99):
        with pytest.raises(NotFoundError):
            cancel_activation(store, CONSOLE, activation)
    begun = activate_rules(store, CONSOLE, version.id)
    with pytest.raises(NotFoundError):
        cancel_activation(store, CONSOLE, begun.id)


def test_old_version_becomes_active_again(store):
    first = find_active_version_id(store)
    version = import_rules(store, CONSOLE, edited("routing.json", to_street))
    for version_id in (version.id, first):
        activate_rules(store, CONSOLE, version_id)
    history = list_rule_history(store)
    assert history.active == first
    assert [one.version for one in history.activations] == [first, version.id, first]
    assert all(early.decided_at <= late.decided_at for early, late in pairwise(history.activations))


def test_every_fault_is_listed_with_file_and_line(store):
    texts = read_included()
    texts["limits.json"] = texts["limits.json"].replace('"unit": "working_days"', '"unit": "moons"', 2)
    texts["profile.toml"] = texts["profile.toml"].replace("Asia/Shanghai", "Asia/Datong")
    texts["cards.json"] = "{"
    faults = check_rule_texts(store, texts)
    assert {fault.file for fault in faults} == {"limits.json", "profile.toml", "cards.json"}
    for fault in faults:
        lines = texts[fault.file].splitlines()
        sign = {"limits.json": "moons", "profile.toml": "Asia/Datong", "cards.json": "{"}[fault.file]
        assert sign in lines[fault.line - 1], fault
    with pytest.raises(FileError, match=f"There are {len(faults)} faults"):
        import_rules(store, CONSOLE, texts)


def test_contradictions_between_files_are_refused(store):
    def hide(content):
        content["rules"].insert(-1, {**content["rules"][0], "name": "again"})

    def elsewhere(content):
        content["rules"][0]["when"]["streets"] = ["999999999"]

    for file, change, place in [
        ("routing.json", hide, "again"),
        ("routing.json", elsewhere, "streets"),
        ("limits.json", without("Z06"), "categories"),
    ]:
        (fault,) = check_rule_texts(store, edited(file, change))
        assert fault.file == file
        assert place in fault.place


def test_value_that_incidents_use_cannot_be_removed(store):
    texts = edited("categories.json", without("Z06"))
    for file in ("limits.json", "duplicates.json"):
        content = json.loads(texts[file])
        if file == "limits.json":
            without("Z06")(content)
        else:
            del content["categories"]["Z06"]
        texts[file] = json.dumps(content, ensure_ascii=False)
    (fault,) = check_rule_texts(store, texts)
    assert "Z06" in fault.message
    with pytest.raises(FileError):
        import_rules(store, CONSOLE, texts)
    with pytest.raises(ConflictError, match="Z06"):
        check_rules_in_use(store, parse_rules(texts))
    check_rules_in_use(store, RULES)


def test_time_zone_of_counted_incidents_cannot_change(store):
    texts = read_included()
    texts["profile.toml"] = texts["profile.toml"].replace("Asia/Shanghai", "Asia/Tokyo")
    version = import_rules(store, CONSOLE, texts)
    with pytest.raises(ConflictError, match="time zone"):
        activate_rules(store, CONSOLE, version.id)


def test_only_some_roles_change_rules(store):
    with pytest.raises(ForbiddenError):
        import_rules(store, PLANNER, read_included())
    with pytest.raises(ForbiddenError):
        activate_rules(store, PLANNER, 1)
    with pytest.raises(ForbiddenError):
        cancel_activation(store, PLANNER, 1)
    with pytest.raises(NotFoundError):
        activate_rules(store, CONSOLE, 99)


def test_store_without_versions_follows_the_shipped_rules():
    with closing(Store("sqlite://")) as empty:
        empty.upgrade()
        assert list_rule_history(empty).active is None
        assert read_rule_texts(empty) == read_starting()
        assert load_active_rules(empty).profile.district.name_en == "Unnamed district"


def test_rules_are_backed_up_and_restored_with_the_data(store, tmp_path):
    first = find_active_version_id(store)
    back_up(store, tmp_path / "backup")
    version = import_rules(store, CONSOLE, edited("routing.json", to_street))
    activate_rules(store, CONSOLE, version.id)
    restore_database(store, tmp_path / "backup", replace=True, commit=True)
    assert find_active_version_id(store) == first
    assert read_rule_texts(store) == read_included()
    assert check_database(store).faults == []


def test_retired_category_is_kept_but_not_offered(store):
    def retire(content):
        next(row for row in content["categories"] if row["code"] == "Z06")["retired"] = True

    version = import_rules(store, CONSOLE, edited("categories.json", retire))
    activate_rules(store, CONSOLE, version.id)
    rules, locator = load_active_rules(store), load_locator(store)
    assert "Z06" in rules.categories
    assert "Z06" not in rules.categories.offered
    report = Report(datetime.now(UTC), "Z06", "resident", Point(113.29, 40.09), "wgs84")
    with pytest.raises(InputError) as caught:
        report_incident(store, locator, rules, report, SYSTEM)
    assert caught.value.code == "category_retired"
