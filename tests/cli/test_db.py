"""The commands of ``geogrid db`` on SQLite."""

import pytest

from geogrid.cli.main import main
from geogrid.incidents.query import IncidentQuery
from geogrid.services.key_figures import read_kpi


@pytest.fixture
def run(store, monkeypatch, capsys):
    """Run a command on a copy of the demo; return its exit status and output."""
    monkeypatch.setenv("GEOGRID_DATABASE_URL", store.url.render_as_string(hide_password=False))

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["db", *map(str, arguments)])
        output = capsys.readouterr()
        return left.value.code, output.out, output.err

    return call


def test_database_is_upgraded_and_checked(run, store):
    status, out, _ = run("upgrade")
    assert (status, out) == (0, f"{store.revision()} → {store.revision()}\n")
    status, out, _ = run("check")
    assert status == 0
    assert f"{read_kpi(store, IncidentQuery()).received:,}" in out
    with store.write() as connection:
        connection.exec_driver_sql("DROP INDEX ix_incidents_reported_at_id")
    status, _, errors = run("check")
    assert status == 1
    assert "ix_incidents_reported_at_id" in errors


def test_backup_is_written_and_restored(run, tmp_path):
    file = tmp_path / "demo.geogrid"
    assert run("backup", file)[0] == 0
    status, _, errors = run("backup", file)
    assert status == 2
    assert "exists already" in errors
    assert "--replace" in run("restore", file)[2]
    assert "试运行" in run("restore", file, "--replace")[1]
    assert "已恢复" in run("restore", file, "--replace", "--commit")[1]


def test_database_is_moved_only_with_commit(run, tmp_path):
    target = f"sqlite:///{tmp_path / 'moved.db'}"
    assert "试运行" in run("move", target)[1]
    assert "已复制并核对" in run("move", target, "--commit")[1]
    assert "not empty" in run("move", target)[2]
