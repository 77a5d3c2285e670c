"""The filter options of commands."""

from __future__ import annotations

import csv

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli, main
from geogrid.incidents.query import FIELDS

COMMANDS = (("kpi",), ("map", "heatmap", "x.html"), ("map", "rates", "x.pdf"), ("map", "compare", "x.html"))


@pytest.fixture
def home(copy_demo, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_DATABASE_URL", copy_demo(tmp_path))
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [("kpi",), ("map", "heatmap"), ("map", "timeline")])
def test_every_filter_field_is_an_option(command):
    help_text = CliRunner().invoke(cli, [*command, "--help"]).output
    assert all(f"--{field.parameter} " in help_text for field in FIELDS.values())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("option", "value", "exists"),
    [
        ("--category", "Z99", "Z01, Z02"),
        ("--street", "140213999", "140213050"),
        ("--community", "140213999999", "140213050006"),
        ("--grid", "140213999999999", "…"),
        ("--department", "没有的部门", "城市管理"),
        ("--status", "lost", "open, handled"),
        ("--layer", "lost", "urban, rural"),
        ("--weekday", "8", "1, 2"),
        ("--hours", "18-24", "18-22"),
        ("--bbox", "1,2,3", "113.28"),
        ("--from", "yesterday", "2022-01-31"),
    ],
)
def test_error_of_an_unknown_value_lists_the_values(home, capsys, command, option, value, exists):
    with pytest.raises(SystemExit) as ended:
        main([*command, option, value])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert exists in error
    assert not list(home.glob("x.*"))


@pytest.mark.full_demo
def test_filter_options_select_incidents(home):
    def received(*options):
        result = CliRunner().invoke(cli, ["kpi", "--format", "csv", *options])
        assert result.exit_code == 0, result.output
        (row,) = csv.DictReader(result.output.splitlines())
        return int(row["received"])

    whole = received()
    two = received("--category", "Z01") + received("--category", "Z02")
    assert received("--category", "Z01", "--category", "Z02") == received("--category", "Z01,Z02") == two
    parts = [received("--status", standing) for standing in ("open", "handled", "void", "merged")]
    assert sum(parts) == whole
    assert 0 < received("--category", "Z06", "--street", "140213050", "--weekday", "5", "--hours", "8-18") < whole
