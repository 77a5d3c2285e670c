"""Tests of the store: durability, migrations, locking, error messages."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files

import alembic.command
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from geogrid.errors import NotFoundError, SetupError
from geogrid.model import EVERY_ROLE, Generation, Grant
from geogrid.rules.rule_texts import read_included
from geogrid.services.rule_versions import list_rule_history, load_active_rules, read_rule_texts
from geogrid.store import database, sqlite
from geogrid.store.api_keys import list_keys
from geogrid.store.audit import list_audit
from geogrid.store.database import Store
from geogrid.store.database_checks import list_schema_differences
from geogrid.store.generations import generation_at, get_generation


@pytest.mark.both_databases
def test_migrations_create_the_schema_of_the_code(new_store):
    new_store.upgrade()
    with new_store.read() as connection:
        assert list_schema_differences(connection) == []


def test_every_connection_uses_durable_settings(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with store.read() as first, store.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_concurrent_writers_lose_no_updates(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")

    def count():
        for _ in range(50):
            with store.write() as connection:
                value = connection.exec_driver_sql("SELECT value FROM counter").scalar()
                connection.exec_driver_sql(f"UPDATE counter SET value = {value + 1}")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM counter").scalar() == 200
    store.close()


def test_many_writers_queue_without_polling(tmp_path, monkeypatch):
    # Without polling, a writer that finds the database locked fails at once.
    monkeypatch.setitem(sqlite._PRAGMAS, "busy_timeout", 0)
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE rows (value INTEGER)")

    def add(value):
        with store.write() as connection:
            connection.exec_driver_sql(f"INSERT INTO rows VALUES ({value})")

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(add, range(200)))
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(DISTINCT value) FROM rows").scalar() == 200
    store.close()


def test_readers_work_and_writers_fail_while_another_program_writes(tmp_path, monkeypatch):
    monkeypatch.setitem(sqlite._PRAGMAS, "busy_timeout", 0)
    path = tmp_path / "new.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.upgrade()
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM incidents").scalar() == 0
    with pytest.raises(SetupError) as caught, store.write():
        pass
    assert caught.value.code == "busy"
    other.close()
    store.close()


def test_damaged_database_is_reported(tmp_path):
    path = tmp_path / "geogrid.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    path.write_bytes(path.read_bytes()[:8_192])
    with pytest.raises(SetupError) as caught:
        Store(f"sqlite:///{path}").upgrade()
    assert caught.value.code == "damaged"


def test_database_of_a_newer_version_is_reported(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    store.upgrade()
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SetupError) as caught:
        store.upgrade()
    assert caught.value.code == "database_newer"
    store.close()


def test_failed_transaction_is_rolled_back(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(RuntimeError), store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE half (value INTEGER)")
        raise RuntimeError
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    store.close()


def test_file_that_is_no_database_is_reported(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear colleague, " * 100)
    with pytest.raises(SetupError) as caught:
        Store(f"sqlite:///{path}").upgrade()
    assert caught.value.code == "not_a_database"
    assert path.read_text().startswith("Dear colleague")


def test_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupError) as caught:
        Store(f"sqlite:///{tmp_path / 'file' / 'below' / 'geogrid.db'}")
    assert caught.value.code == "no_rights"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_database_is_reported(tmp_path):
    path = tmp_path / "geogrid.db"
    sqlite3.connect(path).close()
    path.chmod(0o400)
    with pytest.raises(SetupError) as caught:
        Store(f"sqlite:///{path}").upgrade()
    assert caught.value.code == "no_rights"


def test_full_disk_is_reported(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(SetupError) as caught, store.write() as connection:
        # The page limit makes SQLite report a full disk.
        connection.exec_driver_sql("PRAGMA max_page_count = 4")
        connection.exec_driver_sql("CREATE TABLE t (value BLOB)")
        connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(1000000))")
    assert caught.value.code == "no_space"
    store.close()


def test_file_size_limit_is_reported(tmp_path):
    code = (
        "import resource, sys; from geogrid.store.database import Store; from geogrid.errors import SetupError\n"
        "store = Store(f'sqlite:///{sys.argv[1]}'); store.upgrade()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try:\n"
        "    with store.write() as connection:\n"
        "        connection.exec_driver_sql('CREATE TABLE t (value BLOB)')\n"
        "        connection.exec_driver_sql('INSERT INTO t VALUES (zeroblob(10000000))')\n"
        "except SetupError as error: print(error.code)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "limited.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "disk\n"


def test_generation_id_beyond_64_bits_is_not_found(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    store.upgrade()
    for number in (2**63, -(2**63) - 1, 10**30, 2**63 - 1):
        with pytest.raises(NotFoundError), store.read() as connection:
            get_generation(connection, number)
    store.close()


@pytest.mark.parametrize("url", ["mysql://localhost/geogrid", "postgresql+asyncpg://localhost/geogrid"])
def test_unsupported_databases_and_drivers_are_refused(url):
    with pytest.raises(SetupError) as caught:
        Store(url)
    assert caught.value.code == "database_unsupported"


@pytest.mark.parametrize(
    "url",
    ["postgresql://geogrid:sec@ret@localhost/geogrid", "postgresql://geogrid:secret@localhost:port/geogrid", "secret"],
)
def test_invalid_url_is_not_repeated_in_the_error(url):
    with pytest.raises(SetupError) as caught:
        Store(url)
    assert caught.value.code == "database_url"
    assert "ret" not in "".join(traceback.format_exception(caught.value)).replace("return", "").split("Error: ")[-1]


def test_migration_keeps_the_active_generation(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(files("geogrid.store") / "migrations"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO generations VALUES (7, 'old', 1, '2020-01-01 00:00:00.000000')")
    store.upgrade()
    with store.read() as connection:
        assert generation_at(connection) == Generation(7, "old", synthetic=True)
        with pytest.raises(NotFoundError):
            generation_at(connection, datetime(2019, 12, 31, tzinfo=UTC))
    store.close()


def test_migration_gives_existing_keys_all_roles(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(files("geogrid.store") / "migrations"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0007")
        connection.exec_driver_sql(
            "INSERT INTO api_keys (name, key_hash, created_at) VALUES ('old', 'x', '2020-01-01 00:00:00.000000')"
        )
    store.upgrade()
    with store.read() as connection:
        assert [key.grant for key in list_keys(connection)] == [Grant(EVERY_ROLE)]
        assert [row.action for row in list_audit(connection, before=None, limit=9)] == ["key.add"]
    store.close()


def test_migration_restores_the_first_due_time_of_reopened_incidents(tmp_path):
    first, second = "2026-01-05 09:00:00.000000", "2026-02-02 09:00:00.000000"
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(files("geogrid.store") / "migrations"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0018")
        insert_row(connection, "generations", id=1)
        for number, due_at in ((1, second), (2, first)):
            insert_row(
                connection, "incidents", id=number, generation=1, source="patrol", status="closed", due_at=due_at
            )
        details = '{"due_at": ["2026-01-05T09:00:00+00:00", null]}'
        insert_row(connection, "steps", incident=1, number=4, action="reopen", details=details)
        insert_row(connection, "steps", incident=1, number=8, action="reopen", details="{}")
        insert_row(connection, "steps", incident=2, number=4, action="close", details="{}")
    store.upgrade()
    with store.read() as connection:
        query = "SELECT due_at, reopened_due_at, reopened FROM incidents ORDER BY id"
        assert connection.exec_driver_sql(query).all() == [(first, second, 2), (first, None, 0)]
    store.close()


def test_migration_keeps_only_doubts_between_streets_blocking(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(files("geogrid.store") / "migrations"))
    own, same_street, other_street = "140213051003008", "140213051008003", "140213050001001"
    doubts = [("border", [own, same_street]), ("border", [own, other_street]), ("border", []), ("outside", [own])]
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0019")
        insert_row(connection, "generations", id=1)
        for number, (triage, grids) in enumerate([*doubts, (None, [])], start=1):
            insert_row(connection, "incidents", id=number, generation=1, triage=triage)
            details = json.dumps({"candidates": [{"grid": grid} for grid in grids]} if grids else {})
            insert_row(connection, "steps", incident=number, number=1, action="report", details=details)
    store.upgrade()
    with store.read() as connection:
        found = connection.exec_driver_sql("SELECT triage_blocks FROM incidents ORDER BY id").scalars().all()
    assert found == [0, 1, 1, 1, 0]
    store.close()


@pytest.mark.parametrize(("district", "name"), [("140213", "大同市平城区"), ("330521", "未命名辖区"), (None, None)])
def test_migration_keeps_the_rules_that_the_store_followed(tmp_path, district, name):
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(files("geogrid.store") / "migrations"))
    routing = json.loads(read_included()["routing.json"]) | {"version": "house-7"}
    since = "2026-03-01 00:00:00.000000"
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0024")
        if district:
            insert_row(connection, "generations", id=1)
            insert_row(connection, "areas", generation=1, layer="district", code=district)
            insert_row(connection, "rule_sets", id=1, kind="routing", content=json.dumps(routing), active_from=since)
    store.upgrade()
    history = list_rule_history(store)
    if district is None:
        assert (history.versions, history.activations) == ([], [])
    else:
        assert [one.version for one in history.activations] == [1, 2]
        assert history.activations[1].active_from == datetime(2026, 3, 1, tzinfo=UTC)
        rules = load_active_rules(store)
        assert (rules.profile.district.name, rules.routing.version) == (name, "house-7")
        assert read_rule_texts(store, 1)["routing.json"] == read_included()["routing.json"]
    store.close()


def insert_row(connection, table, **values):
    """Insert a row into an SQLite table; other required columns get a value of their type."""
    for _, name, kind, required, default, _ in connection.exec_driver_sql(f"PRAGMA table_info({table})"):
        if required and default is None and name not in values:
            values[name] = 0 if kind.startswith(("INTEGER", "FLOAT", "BOOLEAN")) else "2026-01-01 00:00:00.000000"
    places = ", ".join("?" for _ in values)
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


def test_head_revision_is_the_head_of_the_migrations():
    with database._migrations() as config:
        assert database.get_head_revision() == ScriptDirectory.from_config(config).get_current_head()
