"""Tests of population imports."""

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.errors import FileError
from geogrid.model import Population
from geogrid.services.population_import import import_population
from geogrid.store.populations import read_populations

LIST = """编码,人口,来源,备注
140213051,52000,七普 2020,x
140213051003501,0,七普 2020,

140213999,10,七普 2020,
140213050,-3,七普 2020,
140213052,7,,
"""


def people(store):
    with store.read() as connection:
        return read_populations(connection)


@pytest.mark.both_databases
def test_list_replaces_previous_populations(store):
    before = people(store)
    assert before["140213051"].synthetic
    dry = import_population(store, LIST.encode("gbk"), commit=False)
    assert (dry.added, dry.changed, dry.committed) == (1, 1, False)
    assert people(store) == before
    done = import_population(store, LIST.encode("gbk"), commit=True)
    assert [(refusal.row, refusal.code) for refusal in done.refused] == [
        (5, "code_unknown"), (6, "not_a_number"), (7, "source"),
    ]  # fmt: skip
    after = people(store)
    assert after["140213051"] == Population(52_000, "七普 2020", synthetic=False)
    assert after["140213051003501"].people == 0
    assert after["140213050"] == before["140213050"]
    assert import_population(store, LIST.encode(), commit=True).unchanged == 2


@pytest.mark.parametrize("text", ["", "人口,来源\n1,x\n", "\0\xff"])
def test_invalid_list_is_refused(demo, text):
    with pytest.raises(FileError):
        import_population(demo, text.encode("latin-1", "replace") if "\xff" in text else text.encode(), commit=False)


def test_command_reports_refused_rows(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_DATABASE_URL", str(demo.url))
    file = tmp_path / "people.csv"
    file.write_text(LIST, encoding="utf-8")
    done = CliRunner().invoke(cli, ["population", "import", str(file)])
    assert done.exit_code == 1
    assert "people.csv:5: code" in done.output
    assert "Dry run" in done.output


def test_demo_populations_add_up(demo, layers):
    found = people(demo)
    assert all(one.synthetic and one.source == "合成示意 synthetic" for one in found.values())
    for length in (9, 12):
        for code in [code for code in found if len(code) == length]:
            below = [one.people for other, one in found.items() if len(other) == length + 3 and other.startswith(code)]
            assert sum(below) == found[code].people
