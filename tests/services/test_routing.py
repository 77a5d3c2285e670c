"""Tests of routing rules: replay, activation, effect on reports."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from geogrid.errors import FileError, InputError, QueryError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, SYSTEM, Point, Report
from geogrid.rules.routing import load_routing, parse_routing
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.routing_rules import activate_routing, list_decisions, load_active_rules, replay_routing

RULES = load_rules()
HALF_YEAR = date(2022, 1, 1), date(2022, 6, 30)


def changed(change, version="local-1"):
    content = json.loads(load_routing().text) | {"version": version}
    change(content["rules"])
    return parse_routing(content)


def to_street(rules):
    rules.insert(0, {"name": "bikes", "title": "单车", "when": {"categories": ["Z06"]}, "then": {"level": "street"}})


def test_replay_counts_changed_destinations(demo):
    found = replay_routing(demo, RULES, changed(to_street), *HALF_YEAR)
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


def test_replay_of_equal_rules_changes_nothing(demo):
    found = replay_routing(demo, RULES, load_routing(), *HALF_YEAR)
    assert (found.elsewhere, found.flows, found.examples, found.hidden) == (0, [], [], [])


def test_replay_defaults_to_last_month(demo):
    found = replay_routing(demo, RULES, load_routing())
    assert found.first.day == 1
    assert (found.last + timedelta(days=1)).day == 1
    assert found.last < date.today()  # noqa: DTZ011 - either clock will do
    with pytest.raises(QueryError):
        replay_routing(demo, RULES, load_routing(), HALF_YEAR[0])


def test_reports_follow_the_active_rules(store):
    locator = load_locator(store)
    report = Report(datetime.now(UTC), "Z06", "resident", Point(113.29, 40.09), "wgs84")
    assert report_incident(store, locator, RULES, report, SYSTEM).progress.level != "street"
    decided = activate_routing(store, RULES, CONSOLE, changed(to_street))
    rules = load_active_rules(store, RULES)
    assert rules.routing.sha256 == decided.sha256
    assert report_incident(store, locator, rules, report, SYSTEM).progress.level == "street"
    later = activate_routing(store, RULES, CONSOLE, load_routing(), datetime.now(UTC) + timedelta(hours=1))
    assert load_active_rules(store, RULES).routing.version == "local-1"
    assert [(one.version, one.actor) for one in list_decisions(store)] == [
        ("local-1", "console"),
        (later.version, "console"),
    ]


def test_invalid_rules_are_not_activated(store):
    def hide(rules):
        rules.insert(-1, {**rules[0], "name": "again"})

    def elsewhere(rules):
        rules[0]["when"]["streets"] = ["999999999"]

    with pytest.raises(InputError) as caught:
        activate_routing(store, RULES, CONSOLE, changed(hide))
    assert caught.value.code == "rule_hidden"
    with pytest.raises(InputError) as caught:
        activate_routing(store, RULES, CONSOLE, changed(elsewhere))
    assert caught.value.code == "street_unknown"
    with pytest.raises(FileError):
        activate_routing(store, replace(RULES, categories={}), CONSOLE, load_routing())
    with pytest.raises(QueryError):
        activate_routing(store, RULES, CONSOLE, load_routing(), datetime.now(UTC) - timedelta(hours=1))
    assert list_decisions(store) == []
