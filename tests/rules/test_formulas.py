"""The formulas file."""

import json

import pytest

from geogrid.errors import FileError, NotFoundError
from geogrid.reference_files import data_path
from geogrid.rules.formulas import FigureSide, load_formulas


def test_rate_parts_consist_of_counts():
    behind = {part: [count.code for count in load_formulas().counts_of("closing_rate", part)] for part in FigureSide}
    assert (behind[FigureSide.NUMERATOR], behind[FigureSide.DENOMINATOR]) == (["closed"], ["to_close"])
    assert behind[FigureSide.EXCLUDED][0] == "close_void"
    with pytest.raises(NotFoundError):
        load_formulas().counts_of("happiness", FigureSide.NUMERATOR)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: file["counts"][7].update(where=["counted", "happy"]), "counts.7.where.1"),
        (lambda file: file["counts"][7].update(dated_by=["created_at"]), "counts.7.dated_by.0"),
        (lambda file: file["counts"].pop(0), "received is missing"),
        (lambda file: file["counts"].append(file["counts"][0]), "occurs twice"),
        (lambda file: file["rates"][0].update(code="received"), "occurs twice"),
        (lambda file: file["rates"][0].update(excluded=["lost"]), "lost is not a count"),
        (lambda file: file["rates"][2].update(numerator="handled"), "different dated_by"),
        (lambda file: file["rates"][2].update(numerator="not_yet_due"), "lacks conditions of the denominator"),
    ],
)
def test_inconsistent_formulas_are_refused(tmp_path, change, says):
    content = json.loads(data_path("reference", "figures.json").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileError, match=says) as caught:
        load_formulas(path)
    assert caught.value.code == "formulas"
