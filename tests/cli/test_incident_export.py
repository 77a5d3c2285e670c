"""``geogrid incidents export``, and the provenance of ``geogrid kpi``."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.model import Actor, Role
from geogrid.rules.formulas import load_formulas
from geogrid.services.audit import list_audit

FILTERS = ("--from", "2022-03-01", "--to", "2022-03-31", "--street", "140213050", "--street", "140213051")
DAYS = "2022-03-01 – 2022-03-31"
AUDITOR = Actor("user:8", "乙某", frozenset({Role.AUDITOR}))


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def run(*arguments):
    answer = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def refused(capsys, *arguments):
    """Run the command, which must fail, and return its error line."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    assert (caught.value.code, output.err.count("\n")) == (2, 1)
    return output.err


def test_command_exports_the_incidents_that_kpi_counts(home, store):
    run("incidents", "export", home / "march.csv", *FILTERS, "--lang", "en")
    rows = list(csv.DictReader(io.StringIO((home / "march.csv").read_text("utf-8-sig"))))
    (figures,) = csv.DictReader(io.StringIO(run("kpi", *FILTERS, "--format", "csv")))
    assert len(rows) == int(figures["received"]) > 0
    assert (rows[0]["period"], rows[0]["filters"]) == (figures["period"], figures["filters"])
    record = list_audit(store, AUDITOR)[0]
    assert (record.actor, record.action) == ("console", "incidents.export")
    assert record.what.startswith(f"csv, {len(rows)} incidents: from=2022-03-01")


@pytest.mark.parametrize("suffix", ["xlsx", "geojson", "gpkg", "parquet"])
def test_suffix_sets_the_format(home, suffix):
    out = home / f"march.{suffix}"
    assert str(out) in run("incidents", "export", out, *FILTERS, "--figure", "handled_rate")
    assert out.stat().st_size > 1_000


def test_invalid_export_is_refused(home, capsys):
    (home / "kept.csv").write_text("kept")
    assert ".parquet" in refused(capsys, "incidents", "export", home / "a.xls")
    assert "--force" in refused(capsys, "incidents", "export", home / "kept.csv")
    assert (home / "kept.csv").read_text() == "kept"
    run("incidents", "export", home / "kept.csv", *FILTERS, "--force")
    assert refused(capsys, "incidents", "export", home / "b.csv", "--figure", "nothing")
    assert not (home / "b.csv").exists()


def test_figures_have_their_provenance(home):
    found = json.loads(run("kpi", *FILTERS, "--format", "json"))["provenance"]
    assert found["period"] == {"from": "2022-03-01", "to": "2022-03-31"}
    assert found["filters"] == ["Street: 140213050 永泰街道, 140213051 古城街道"]
    assert (found["generation"]["id"], found["formulas"], found["synthetic"]) == (1, load_formulas().version, True)
    rows = list(csv.DictReader(io.StringIO(run("kpi", *FILTERS, "--by", "street", "--format", "csv"))))
    assert {row["period"] for row in rows} == {DAYS}
    # The count of synthetic incidents keeps its column.
    assert all(int(row["synthetic"]) == int(row["received"]) for row in rows)
    assert {row["contains_synthetic"] for row in rows} == {"yes"}
