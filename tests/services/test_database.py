"""The database as a whole: checked, backed up, restored, moved, on both kinds."""

import os
import stat
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import IntegrityError

from geogrid.errors import ConflictError, FileError, SetupError
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.model import SYSTEM, IncidentSource, Point, Report
from geogrid.services.database import back_up, check_database, move_database, restore_database
from geogrid.services.figures import read_kpi
from geogrid.services.incidents import report_incident
from geogrid.services.keys import create_key
from geogrid.store import copy_database, postgres_backup
from geogrid.store.database import Store
from geogrid.store.ledger_tables import evidence, ledger, ledger_steps
from geogrid.store.tables import areas, incidents, metadata, restatements, steps

pytestmark = pytest.mark.both_databases

REPORT = Report(datetime(2026, 3, 1, 8, tzinfo=UTC), "Z06", IncidentSource.HOTLINE, Point(113.3, 40.09), "wgs84")


#: So many incidents are enough here.
FEW = 300


def keep(connection, number):
    """Keep the first incidents and entries, and what belongs to them."""
    leaves_first = (
        (evidence, "entry"),
        (ledger_steps, "entry"),
        (ledger, "id"),
        (steps, "incident"),
        (incidents, "id"),
    )
    for table, column in leaves_first:
        connection.execute(delete(table).where(table.c[column] > number))


@pytest.fixture
def store(store):
    with store.write() as connection:
        keep(connection, FEW)
    return store


def rows(store):
    with store.read() as connection:
        return {
            table.name: connection.execute(table.select().order_by(*table.primary_key.columns)).all()
            for table in metadata.sorted_tables
        }


def codes(store):
    return [fault.code for fault in check_database(store).faults]


def test_a_sound_database_has_no_faults(demo):
    report = check_database(demo)
    assert report.faults == []
    assert report.revision == report.newest
    assert report.rows["incidents"] == 59_369
    assert report.rows["areas"] > 1_529


def test_a_database_without_tables_is_one_fault(new_url):
    store = Store(new_url)
    assert codes(store) == ["revision"]
    assert store.revision() is None
    store.close()


def test_rows_that_name_nothing_and_tables_that_differ_are_faults(store):
    strip = "PRAGMA foreign_keys = OFF" if store.is_sqlite else "ALTER TABLE incidents DROP CONSTRAINT {}"
    with store._engine.connect() as connection:
        # Of SQLite outside of a transaction only.
        driver = connection.connection.driver_connection
        driver.rollback()
        driver.execute(strip.format("fk_incidents_generation"))
        driver.execute("UPDATE incidents SET generation = 77 WHERE id <= 3")
        driver.execute("DROP INDEX ix_incidents_reported_at_id")
        driver.commit()
        connection.invalidate()
    found = check_database(store).faults
    assert "incidents.generation: 3 rows name something that is not there." in [fault.message for fault in found]
    assert "schema" in {fault.code for fault in found}


def test_a_backup_restored_is_the_same(store, new_url, tmp_path):
    create_key(store, "tests")
    before, file = rows(store), tmp_path / "backup"
    size = back_up(store, file)
    assert size == file.stat().st_size > 100_000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    target = Store(new_url)
    restore_database(target, file, replace=False, commit=False)
    assert target.revision() is None, "a dry run"
    assert restore_database(target, file, replace=False, commit=True) == target.revision()
    assert rows(target) == before
    assert check_database(target).faults == []
    assert report_number(target) == report_number(store)
    target.close()


def report_number(store):
    """The number that a new incident gets."""
    with store.write() as connection:
        row = connection.execute(incidents.select().limit(1)).mappings().one()
        values = {**row, "external_id": None}
        del values["id"]
        return connection.execute(insert(incidents).values(values).returning(incidents.c.id)).scalar_one()


def test_a_backup_under_writes_is_of_one_moment(store, tmp_path, locator):
    stop, kept = threading.Event(), []

    def go_on():
        while not stop.is_set():
            kept.append(report_incident(store, locator, load_rules(), REPORT, SYSTEM).id)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for number in range(3):
            back_up(store, tmp_path / f"{number}")
    finally:
        stop.set()
        writer.join()
    assert len(kept) > 3
    restore_database(store, tmp_path / "1", replace=True, commit=True)
    assert check_database(store).faults == []
    assert FEW <= read_kpi(store, IncidentQuery()).received <= FEW + len(kept)


def test_what_is_there_is_not_given_up_unasked(store, tmp_path):
    file = tmp_path / "backup"
    back_up(store, file)
    with pytest.raises(ConflictError) as caught:
        back_up(store, file)
    assert caught.value.code == "file_exists"
    with store.write() as connection:
        keep(connection, 10)
    with pytest.raises(ConflictError) as caught:
        restore_database(store, file, replace=False, commit=True)
    assert caught.value.code == "not_empty"
    assert read_kpi(store, IncidentQuery()).received == 10
    restore_database(store, file, replace=True, commit=True)
    assert read_kpi(store, IncidentQuery()).received == FEW


@pytest.mark.parametrize("harm", ["cut", "text", "empty"])
def test_a_file_that_is_no_whole_backup_changes_nothing(store, tmp_path, harm):
    file = tmp_path / "backup"
    back_up(store, file)
    content = file.read_bytes()
    file.write_bytes({"cut": content[: len(content) * 2 // 3], "text": b"Dear colleague", "empty": b""}[harm])
    with pytest.raises(FileError) as caught:
        restore_database(store, file, replace=True, commit=True)
    assert caught.value.code == "not_a_backup"
    assert read_kpi(store, IncidentQuery()).received == FEW


def test_a_backup_of_a_newer_version_changes_nothing(store, tmp_path):
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    back_up(store, tmp_path / "backup")
    with pytest.raises(SetupError) as caught:
        restore_database(store, tmp_path / "backup", replace=True, commit=True)
    assert caught.value.code == "database_newer"


def test_a_backup_that_fails_leaves_no_file(store, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with store.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises((FileError, SetupError)):
        back_up(store, folder / "backup")
    assert list(folder.iterdir()) == []


def test_everything_moves_to_postgis_and_back(store, server, tmp_path):
    there, back = Store(server.make()), Store(f"sqlite:///{tmp_path / 'back.db'}")
    with store.write() as connection:
        row = {"generation": 1, "incident": 7, "locate_status": "outside"}
        connection.execute(insert(restatements), row)
    before, seen = rows(store), []
    assert move_database(store, there, commit=False, advance=seen.append) == {}
    assert there.revision() is None, "a dry run"
    moved = move_database(store, there, commit=True, advance=seen.append)
    assert sum(seen) == sum(content.rows for content in moved.values()) == sum(map(len, before.values()))
    assert rows(there) == before
    assert move_database(there, back, commit=True) == moved
    assert rows(back) == before
    assert [check_database(moved_to).faults for moved_to in (there, back)] == [[], []]
    assert report_number(there) == report_number(back) == FEW + 1
    with pytest.raises(ConflictError) as caught:
        move_database(store, there, commit=True)
    assert caught.value.code == "not_empty"
    there.close()
    back.close()


def test_a_move_that_breaks_off_leaves_nothing(store, new_url, monkeypatch):
    target = Store(new_url)

    def stop(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(store, target, commit=True, advance=stop)
    assert not any(rows(target).values())
    digest = copy_database._digest
    # As if the last table had arrived with a row less.
    monkeypatch.setattr(copy_database, "_parts", short_of_one(copy_database._parts, target))
    with pytest.raises(SetupError) as caught:
        move_database(store, target, commit=True)
    assert caught.value.code == "copy_differs"
    assert not any(rows(target).values())
    assert digest is copy_database._digest
    target.close()


def short_of_one(parts, target):
    def read(connection, table):
        for part in parts(connection, table):
            there = connection.engine is target._engine
            yield part[:-1] if there and table is areas else part

    return read


def test_a_database_is_not_moved_to_itself(demo):
    with pytest.raises(ConflictError) as caught:
        move_database(demo, demo, commit=True)
    assert caught.value.code == "same_database"


def test_rows_may_come_before_those_that_they_name(store, server):
    """Tables and rows to come may refer to each other."""
    target = Store(server.make())
    target.upgrade()
    with target.write() as connection, copy_database._keys_checked_at_the_end(connection):
        connection.execute(insert(restatements), {"generation": 5, "incident": 5, "locate_status": "outside"})
        connection.execute(delete(restatements))
    with (
        pytest.raises(IntegrityError, match="fk_restatements"),
        target.write() as connection,
        copy_database._keys_checked_at_the_end(connection),
    ):
        connection.execute(insert(restatements), {"generation": 5, "incident": 5, "locate_status": "outside"})
    target.close()


def test_the_programs_of_postgresql_are_asked_for(tmp_path, monkeypatch, server):
    monkeypatch.setenv("PATH", str(tmp_path))
    store = Store(server.make())
    store.upgrade()
    with pytest.raises(SetupError) as caught:
        back_up(store, tmp_path / "backup")
    assert caught.value.code == "tool_missing"
    store.close()


def test_a_password_is_on_no_command_line(tmp_path, monkeypatch):
    tool = tmp_path / "pg_dump"
    tool.write_text(f'#!/bin/sh\necho "$PGPASSWORD" "$@" > {tmp_path}/said\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    store = Store("postgresql://geogrid:sword%40fish@localhost/geogrid?sslmode=disable")
    postgres_backup.write_backup(store.url, tmp_path / "backup")
    secret, *arguments = (tmp_path / "said").read_text().split()
    assert secret == "sword@fish"
    assert "fish" not in " ".join(arguments)
    assert "--dbname=postgresql://geogrid@localhost/geogrid?sslmode=disable" in arguments
