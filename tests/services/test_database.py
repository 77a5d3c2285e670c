"""Tests of database maintenance on both databases: check, back up, restore, move."""

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
from geogrid.model import SYSTEM, Point, Report
from geogrid.services.api_keys import create_key
from geogrid.services.database_maintenance import back_up, check_database, move_database, restore_database
from geogrid.services.incidents import report_incident
from geogrid.services.key_figures import read_kpi
from geogrid.store import copy_database, postgres_backup
from geogrid.store.database import Store
from geogrid.store.ledger_tables import evidence, ledger, ledger_steps
from geogrid.store.tables import areas, incidents, metadata, restatements, steps

pytestmark = pytest.mark.both_databases

REPORT = Report(datetime(2026, 3, 1, 8, tzinfo=UTC), "Z06", "hotline", Point(113.3, 40.09), "wgs84")


#: Number of incidents that these tests keep.
FEW = 300


def keep(connection, number):
    """Delete all but the first incidents and ledger entries, with their steps."""
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


def test_intact_database_has_no_faults(demo):
    report = check_database(demo)
    assert report.faults == []
    assert report.revision == report.newest
    assert report.rows["incidents"] == 59_369
    assert report.rows["areas"] > 1_529


def test_database_without_tables_is_one_fault(new_url):
    store = Store(new_url)
    assert codes(store) == ["revision"]
    assert store.revision() is None
    store.close()


def test_orphans_and_schema_differences_are_faults(store):
    strip = "PRAGMA foreign_keys = OFF" if store.is_sqlite else "ALTER TABLE incidents DROP CONSTRAINT {}"
    with store._engine.connect() as connection:
        # SQLite accepts this PRAGMA only outside a transaction.
        driver = connection.connection.driver_connection
        driver.rollback()
        driver.execute(strip.format("fk_incidents_generation"))
        driver.execute("UPDATE incidents SET generation = 77 WHERE id <= 3")
        driver.execute("DROP INDEX ix_incidents_reported_at_id")
        driver.commit()
        connection.invalidate()
    found = check_database(store).faults
    assert "incidents.generation: 3 rows reference a missing row." in [fault.message for fault in found]
    assert "schema" in {fault.code for fault in found}


def test_restored_backup_equals_the_original(store, new_url, tmp_path):
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
    assert insert_incident(target) == insert_incident(store)
    target.close()


def insert_incident(store):
    """Insert an incident and return its id."""
    with store.write() as connection:
        row = connection.execute(incidents.select().limit(1)).mappings().one()
        values = {**row, "external_id": None}
        del values["id"]
        return connection.execute(insert(incidents).values(values).returning(incidents.c.id)).scalar_one()


def test_backup_during_writes_is_a_snapshot(store, tmp_path, locator):
    stop, kept, rules = threading.Event(), [], load_rules()

    def go_on():
        while not stop.is_set():
            kept.append(report_incident(store, locator, rules, REPORT, SYSTEM).id)

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


def test_existing_file_and_data_are_not_overwritten_by_default(store, tmp_path):
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
def test_incomplete_backup_is_refused(store, tmp_path, harm):
    file = tmp_path / "backup"
    back_up(store, file)
    content = file.read_bytes()
    file.write_bytes({"cut": content[: len(content) * 2 // 3], "text": b"Dear colleague", "empty": b""}[harm])
    with pytest.raises(FileError) as caught:
        restore_database(store, file, replace=True, commit=True)
    assert caught.value.code == "not_a_backup"
    assert read_kpi(store, IncidentQuery()).received == FEW


def test_backup_of_a_newer_version_is_refused(store, tmp_path):
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    back_up(store, tmp_path / "backup")
    with pytest.raises(SetupError) as caught:
        restore_database(store, tmp_path / "backup", replace=True, commit=True)
    assert caught.value.code == "database_newer"


def test_failed_backup_leaves_no_file(store, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with store.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises((FileError, SetupError)):
        back_up(store, folder / "backup")
    assert list(folder.iterdir()) == []


def test_move_to_postgis_and_back_keeps_all_rows(store, server, tmp_path):
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
    assert insert_incident(there) == insert_incident(back) == insert_incident(store)
    with pytest.raises(ConflictError) as caught:
        move_database(store, there, commit=True)
    assert caught.value.code == "not_empty"
    there.close()
    back.close()


def test_interrupted_or_differing_move_leaves_the_target_empty(store, new_url, monkeypatch):
    target = Store(new_url)

    def stop(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(store, target, commit=True, advance=stop)
    assert not any(rows(target).values())
    digest = copy_database._hash_rows
    # Simulates a missing row in a table of the target.
    monkeypatch.setattr(copy_database, "_read_chunks", drop_last_row(copy_database._read_chunks, target))
    with pytest.raises(SetupError) as caught:
        move_database(store, target, commit=True)
    assert caught.value.code == "copy_differs"
    assert not any(rows(target).values())
    assert digest is copy_database._hash_rows
    target.close()


def drop_last_row(read_chunks, target):
    def read(connection, table):
        for chunk in read_chunks(connection, table):
            in_target = connection.engine is target._engine
            yield chunk[:-1] if in_target and table is areas else chunk

    return read


def test_move_to_the_same_database_is_refused(demo):
    with pytest.raises(ConflictError) as caught:
        move_database(demo, demo, commit=True)
    assert caught.value.code == "same_database"


def test_foreign_keys_are_deferred_during_copy(store, server):
    target = Store(server.make())
    target.upgrade()
    with target.write() as connection, copy_database._defer_foreign_keys(connection):
        connection.execute(insert(restatements), {"generation": 5, "incident": 5, "locate_status": "outside"})
        connection.execute(delete(restatements))
    with (
        pytest.raises(IntegrityError, match="fk_restatements"),
        target.write() as connection,
        copy_database._defer_foreign_keys(connection),
    ):
        connection.execute(insert(restatements), {"generation": 5, "incident": 5, "locate_status": "outside"})
    target.close()


def test_missing_postgresql_client_programs_are_reported(tmp_path, monkeypatch, server):
    monkeypatch.setenv("PATH", str(tmp_path))
    store = Store(server.make())
    store.upgrade()
    with pytest.raises(SetupError) as caught:
        back_up(store, tmp_path / "backup")
    assert caught.value.code == "tool_missing"
    store.close()


def test_password_is_not_on_the_command_line(tmp_path, monkeypatch):
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
