"""The file of time limits."""

import json
from datetime import timedelta

import pytest

from geogrid.errors import FileError
from geogrid.model import Limit, LimitUnit
from geogrid.reference_files import included_path
from geogrid.rules.time_limits import load_limits


def test_stage_limits_have_the_documented_values():
    limits = load_limits()
    assert limits.verify == Limit(0.5, LimitUnit.CONTINUOUS_HOURS)
    assert limits.dispatch == Limit(0.25, LimitUnit.CONTINUOUS_HOURS)
    assert limits.warning.at_least == timedelta(minutes=30)
    assert set(limits.escalate_after) == {"grid", "leader"}
    assert all(set(row.handle) == {"grid", "leader", "street", "district"} for row in limits.categories.values())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda content: content.pop("verify"), "verify"),
        (lambda content: content["verify"].update(amount=0), "verify.amount"),
        (lambda content: content["verify"].update(amount=0.01), "verify.amount"),
        (lambda content: content["verify"].update(amount=float("nan")), "verify.amount"),
        (lambda content: content["dispatch"].update(unit="weeks"), "dispatch.unit"),
        (lambda content: content["warning"].update(share=1.5), "warning.share"),
        (lambda content: content["escalate_after"].update({"City 1": 0.5}), "escalate_after.City 1.[key]"),
        (lambda content: content["categories"][2]["handle"].clear(), "categories.2.handle"),
        (lambda content: content["categories"][2]["close"].update(amount=True), "categories.2.close.amount"),
        (lambda content: content["categories"].append(content["categories"][0]), "categories"),
        (lambda content: content.update(colour="red"), "colour"),
    ],
)
def test_invalid_file_is_refused_with_the_field(tmp_path, change, place):
    content = json.loads(included_path("limits.json").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "limits.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load_limits(path)
    assert caught.value.field == place
    assert "limits.json" in str(caught.value)
