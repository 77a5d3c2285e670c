"""Routing rules: matching, unreachable rules and invalid rules."""

import json
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import FileError
from geogrid.incidents.intake import build_new_incident
from geogrid.incidents.rule_set import load_rules, parse_rules
from geogrid.model import (
    SYSTEM,
    IncidentStatus,
    Layer,
    LocateStatus,
    Placement,
    Point,
    Report,
    Triage,
)
from geogrid.rules.routing import RoutingCase, load_routing, parse_routing, read_routing, route
from geogrid.rules.rule_texts import read_included
from geogrid.rules.unreachable_rules import find_unreachable

RULES = load_rules()
#: A Monday, 23:30 in the time zone of the district.
NIGHT = datetime(2026, 9, 14, 15, 30, tzinfo=UTC)
STREET = "140213051"


def rules(*written):
    named = [{"name": f"r{place}", "title": "t", **rule} for place, rule in enumerate(written)]
    return parse_routing({"scheme": "s", "version": "1", "title": "t", "source": "", "rules": named})


def case(**changes):
    values = {"category": "Z06", "source": "hotline", "layer": "urban", "street": STREET, "weekday": 1, "minute": 600}
    return RoutingCase(**{**values, **changes})


def deciding_rule(candidates, routing_case):
    return route(candidates, routing_case, RULES.categories, "grid").rule


@pytest.mark.parametrize(
    ("when", "other"),
    [
        ({"categories": ["Z06"]}, {"category": "Z07"}),
        ({"layers": ["urban", "rural"]}, {"layer": None}),
        ({"streets": [STREET]}, {"street": None}),
        ({"sources": ["hotline"]}, {"source": "patrol"}),
        ({"weekdays": [1, 2]}, {"weekday": 7}),
        ({"hours": {"from": "10:00", "to": "10:01"}}, {"minute": 601}),
        ({"hours": {"from": "22:00", "to": "10:01"}}, {"minute": 601}),
    ],
)
def test_each_condition_is_tested(when, other):
    found = rules({"when": when}, {})
    assert (deciding_rule(found, case()), deciding_rule(found, case(**other))) == ("r0", "r1")


def test_first_matching_rule_decides():
    found = rules({"when": {"categories": ["Z06"]}}, {"when": {"sources": ["hotline"]}}, {})
    assert [
        deciding_rule(found, case(**it)) for it in ({}, {"category": "Z01"}, {"category": "Z01", "source": "patrol"})
    ] == [
        "r0",
        "r1",
        "r2",
    ]


def test_hours_and_weekdays_use_the_time_zone_of_the_district():
    routing_case = RoutingCase.at(NIGHT, "Z06", "hotline", "urban", STREET)
    assert (routing_case.weekday, routing_case.minute) == (1, 23 * 60 + 30)


_CHOICES = {
    "categories": ["Z01", "Z02"],
    "layers": ["urban", "rural", "dedicated"],
    "streets": [STREET, "140213052"],
    "sources": list(RULES.profile.sources),
    "weekdays": list(range(1, 8)),
}
_WHEN = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.sampled_from(of), min_size=1, unique=True) for name, of in _CHOICES.items()}
)
_ALL_CASES = [
    RoutingCase(category, source, layer, street, weekday, 0)
    for category, layer, street, source, weekday in product(
        ["Z01", "Z02", "Z03"], [*Layer, None], [STREET, "140213052", None], RULES.profile.sources, range(1, 8)
    )
]


@settings(deadline=None, max_examples=60)
@given(st.lists(_WHEN, min_size=1, max_size=5))
def test_unreachable_rules_decide_no_case(conditions):
    found = rules(*({"when": when} for when in conditions), {})
    reached = {deciding_rule(found, routing_case) for routing_case in _ALL_CASES}
    assert find_unreachable(found, RULES.categories, RULES.profile.sources) == [
        rule.name for rule in found.rules if rule.name not in reached
    ]


def test_rule_covered_by_several_rules_is_unreachable():
    night, day = ({"from": "18:00", "to": "08:00"}, {"from": "08:00", "to": "18:00"})
    found = rules({"when": {"hours": night}}, {"when": {"hours": day}}, {"when": {"categories": ["Z01"]}}, {})
    assert find_unreachable(found, RULES.categories, RULES.profile.sources) == ["r2", "r3"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda content: content["rules"][0]["when"].update(colour=["red"]), "rules.0.when.colour"),
        (lambda content: content["rules"][1]["when"].update(categories=["Q99"]), "rules.1.when.categories"),
        (lambda content: content["rules"][1]["then"].update(department="无此部门"), "rules.1.then.department"),
        (lambda content: content["rules"][1]["then"].update(level="town"), "rules.1.then.level"),
        (lambda content: content["rules"][2]["when"].update(sources=["gossip"]), "rules.2.when.sources"),
        (lambda content: content["rules"][-1].update(when={"weekdays": [1]}), "rules.5.when"),
        (lambda content: content["rules"][2]["when"].update(weekdays=[8]), "rules.2.when.weekdays.0"),
        (lambda content: content["rules"][3]["when"]["hours"].update({"from": "24:00"}), "rules.3.when.hours.from"),
        (lambda content: content["rules"][2].update(name="night"), "rules"),
        (lambda content: content.update(rules=[]), "rules"),
    ],
)
def test_invalid_rules_are_refused_with_the_field(change, field):
    content = json.loads(load_routing().text)
    change(content)
    with pytest.raises(FileError) as caught:
        parse_rules(read_included() | {"routing.json": json.dumps(content)})
    assert caught.value.field.startswith(field)


def test_canonical_text_does_not_depend_on_set_order(tmp_path):
    one, other = (rules({"when": {"categories": codes}}, {}) for codes in (["Z01", "Z02"], ["Z02", "Z01"]))
    assert one.sha256 == other.sha256
    path = tmp_path / "rules.json"
    path.write_text(load_routing().text, encoding="utf-8")
    assert read_routing(path) == load_routing()


def new_incident(status=LocateStatus.INSIDE, **changes):
    report = Report(
        **{
            "reported_at": NIGHT,
            "category": "Z06",
            "source": "resident",
            "point": Point(113.3, 40.1),
            "datum": "wgs84",
            **changes,
        }
    )
    base = None if status is LocateStatus.OUTSIDE else f"{STREET}003008"
    placement = Placement(
        report.point, status, 1, base, base and Layer.URBAN, None, base and base[:12], base and STREET
    )
    return build_new_incident(report, placement, RULES, SYSTEM, NIGHT)


def test_rule_with_dispatch_files_and_dispatches_as_system():
    incident = new_incident(source="inspection")
    assert [(step.number, step.action, step.actor_id) for step in incident.steps] == [
        (1, "report", "system"),
        (2, "file", "system"),
        (3, "dispatch", "system"),
    ]
    assert all(step.details["rule"] == "inspection" for step in incident.steps)
    progress = incident.progress
    assert (progress.status, progress.level, progress.version) == (IncidentStatus.DISPATCHED, "leader", 3)
    assert progress.department == RULES.categories["Z06"].department
    limits = RULES.due_times.limits.find("Z06", RULES.categories)
    assert progress.due_at == RULES.due_times.handle_due(limits, "leader", NIGHT)


def test_incident_with_location_review_is_not_dispatched():
    incident = new_incident(LocateStatus.OUTSIDE, source="inspection")
    assert incident.progress.triage is Triage.OUTSIDE
    assert (incident.progress.status, len(incident.steps)) == (IncidentStatus.REPORTED, 1)
