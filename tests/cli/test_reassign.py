"""`geogrid reassign` and figures by one generation."""

import re

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.services.layer_generations import activate_generation

TAKES = "140213053010006"


@pytest.fixture
def run(store, moved, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))

    def invoke(*arguments):
        return CliRunner().invoke(cli, arguments)

    return invoke


@pytest.mark.full_demo
def test_dry_run_reports_changes_and_stores_nothing(run):
    dry = run("reassign", "--generation", "2")
    assert dry.exit_code == 0
    assert "restated 重新划分 59,369, already 已有 0" in dry.output
    assert "Dry run: nothing was changed" in dry.output
    changed = int(re.search(r"responsible grid changes 换责任网格 ([\d,]+)", dry.output)[1].replace(",", ""))
    streets = {code: int(number) for code, number in re.findall(r"^  (\d{9}) +([\d,]+)$", dry.output, re.MULTILINE)}
    assert set(streets) == {"140213050", "140213051"}
    assert sum(streets.values()) == changed > 50
    assert "\r" not in dry.output, "no progress bar where nobody watches"
    assert run("reassign", "--generation", "2").output == dry.output


@pytest.mark.full_demo
def test_committed_restatement_is_used_by_figures(run, store, moved):
    before = run("kpi", "--generation", "2")
    assert (before.exit_code, before.exception.code) == (1, "not_restated")
    wet = run("reassign", "--generation", "2", "--commit")
    assert "Dry run" not in wet.output
    assert "restated 重新划分 0, already 已有 59,369" in run("reassign", "--generation", "2").output
    draft = run("kpi", "--generation", "2")
    assert "59,369" in draft.output
    assert "restated by generation 按图层版本重新统计 2: moved" in draft.output
    activate_generation(store, moved)
    assert run("kpi", "--as-of", "2199-01-01").output == draft.output
    assert "版本重新统计 1: demo" in run("kpi", "--as-of", "2022-03-01").output
    assert run("kpi").output == draft.output, "the active generation is the default"


def test_incomplete_restatement_is_told_by_figures(run, store, moved):
    assert "reassign" not in run("kpi").stderr
    activate_generation(store, moved)
    told = run("kpi", "--by", "street")
    assert "Run 请运行: geogrid reassign --generation 2 --commit" in told.stderr
    assert "restated by" not in told.stdout


@pytest.mark.full_demo
def test_map_of_a_draft_counts_by_the_draft(run, tmp_path):
    run("reassign", "--generation", "2", "--commit")
    out = tmp_path / "draft.html"
    assert run("map", "heatmap", str(out), "--generation", "2", "--lang", "en").exit_code == 0
    html = out.read_text()
    assert "layers 2 · all incidents counted by these layers" in html
    assert '"140213051003501"' not in html, "the grid that is no more"
    plain = tmp_path / "plain.html"
    assert run("map", "heatmap", str(plain), "--lang", "en").exit_code == 0
    counts = [int(re.search(rf'"{TAKES}": (\d+)', text)[1]) for text in (html, plain.read_text())]
    assert counts[0] > counts[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("kpi", "--as-of", "2022-03-01", "--generation", "1"),
        ("kpi", "--generation", "0"),
        ("kpi", "--generation", "9" * 30),
        ("reassign",),
        ("reassign", "--generation", "x"),
    ],
)
def test_conflicting_options_are_refused(run, arguments):
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "Usage: " in answer.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("reassign", "--generation", "99"), "generation_unknown"),
        (("kpi", "--generation", "99"), "generation_unknown"),
        (("kpi", "--as-of", "spring"), "moment"),
        (("kpi", "--as-of", "1950-01-01"), "before_first_generation"),
    ],
)
def test_missing_generation_is_reported(run, arguments, code):
    assert run(*arguments).exception.code == code
