"""All faults of categories and limits are named at once."""

import json

import pytest

from geogrid.errors import FileError
from geogrid.incidents.category_faults import find_category_faults
from geogrid.incidents.rule_set import parse_rules
from geogrid.rules.rule_texts import read_included


def changed(file, change):
    texts = read_included("national")
    content = json.loads(texts[file])
    change(content)
    return {**texts, file: json.dumps(content)}


def places(texts):
    return [(fault.file, fault.place) for fault in find_category_faults(texts)]


@pytest.mark.parametrize(
    ("file", "change", "field"),
    [
        ("categories.json", lambda content: content["categories"][2].update(parent="X"), "categories.2.parent"),
        (
            "categories.json",
            lambda content: content["categories"][0].update(department="无"),
            "categories.0.department",
        ),
        ("categories.json", lambda content: content["categories"][0].update(kind="thing"), "categories.0.kind"),
        ("limits.json", lambda content: content["categories"][0].update(code="X1"), "categories.0.code"),
        (
            "limits.json",
            lambda content: content["categories"][0]["conditions"][0]["when"].update(categories=["X1"]),
            "categories.0.conditions.0.when.categories",
        ),
        (
            "limits.json",
            lambda content: content["categories"][0]["conditions"][0].update(when={}),
            "categories.0.conditions.0",
        ),
        ("limits.json", lambda content: content.update(report_in_by_department={}), None),
        (
            "limits.json",
            lambda content: content.update(report_in_by_department={"无": content["report_in"]}),
            "report_in_by_department.无",
        ),
        (
            "routing.json",
            lambda content: content["rules"][0]["when"].update(categories=["X"]),
            "rules.0.when.categories",
        ),
        (
            "routing.json",
            lambda content: content["rules"][1]["then"].update(department="无"),
            "rules.1.then.department",
        ),
        ("duplicates.json", lambda content: content["categories"].update(X=content["default"]), "categories.X"),
        ("ledger.json", lambda content: content["terms"].update(X=3), "terms.X"),
        ("workflow.json", lambda content: content["level_users"].update(X={}), "level_users.X"),
        ("workflow.json", lambda content: content["on_spot"].update(categories=["X"]), "on_spot.categories"),
        (
            "workflow.json",
            lambda content: content["level_users"]["dispute"]["street"].update(departments=["无"]),
            "level_users.dispute.street.departments",
        ),
    ],
)
def test_fault_is_named_with_file_and_place(file, change, field):
    found = places(changed(file, change))
    assert ((file, field) in found) if field else not found


def test_all_faults_are_named_at_once():
    texts = changed("categories.json", lambda content: content["categories"][0].update(department="无"))
    limits = json.loads(texts["limits.json"])
    limits["categories"] = limits["categories"][1:]
    texts |= {"limits.json": json.dumps(limits), "ledger.json": "{"}
    faults = find_category_faults(texts)
    without = [fault.message for fault in faults if "no time limits" in fault.message]
    assert len(without) == 26
    assert {fault.file for fault in faults} == {"categories.json", "limits.json", "ledger.json"}
    assert all(fault.message for fault in faults)
    with pytest.raises(FileError):
        parse_rules(texts)


def test_broken_tree_hides_faults_of_references():
    texts = changed("categories.json", lambda content: content["categories"][2].update(parent="X"))
    assert places(texts) == [("categories.json", "categories.2.parent")]
