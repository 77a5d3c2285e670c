"""Maintenance of the whole database: check, back up, restore, move."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from geogrid.errors import ConflictError
from geogrid.store import postgres_backup, sqlite_backup
from geogrid.store.copy_database import TableContent, copy_tables, is_empty
from geogrid.store.database import check_revision, get_head_revision
from geogrid.store.database_checks import count_orphans, count_rows, list_schema_differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.store.backend import BackupBackend
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class DatabaseFault:
    """A fault of a database."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """The contents and the faults of a database.

    Attributes
    ----------
    kind
        SQLite or PostgreSQL.
    revision, newest
        The schema revision of the database, and the newest one that this version knows.
    rows
        The row count of each table.
    faults
        The faults; empty for an intact database.
    """

    kind: str
    revision: str | None
    newest: str | None
    rows: dict[str, int]
    faults: list[DatabaseFault]


def check_database(store: Store) -> DatabaseReport:
    """Check a database without changing it."""
    revision, newest = store.revision(), get_head_revision()
    with store.read() as connection:
        faults = _sqlite_faults(connection) if store.is_sqlite else _postgres_faults(connection)
        rows = count_rows(connection)
        if revision != newest:
            message = f"The schema revision is {revision or 'missing'}, expected {newest}. Run: geogrid db upgrade."
            faults.append(DatabaseFault("revision", message))
        else:
            faults += [DatabaseFault("schema", difference) for difference in list_schema_differences(connection)]
            faults += [
                DatabaseFault("orphans", f"{name}: {count:,} rows reference a missing row.")
                for name, count in count_orphans(connection).items()
            ]
    return DatabaseReport("SQLite" if store.is_sqlite else "PostgreSQL", revision, newest, rows, faults)


def back_up(store: Store, file: Path) -> int:
    """Write a backup of one snapshot and return its size in bytes.

    The backup is written to a temporary file, checked, and renamed. Only its owner can read it.

    Raises
    ------
    ConflictError
        If the file exists.
    SetupError
        If it cannot be written.
    FileError
        If the written backup is incomplete.
    """
    if file.exists():
        raise ConflictError("The file exists already.", code="file_exists", remedy="Use another file name.")
    backups = _backups(store)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    os.close(descriptor)
    temporary = Path(name)
    try:
        backups.write_backup(store.url, temporary)
        backups.read_revision(temporary)
        _make_durable(temporary)
        temporary.rename(file)
        _make_durable(file.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return file.stat().st_size


def restore_database(store: Store, file: Path, *, replace: bool, commit: bool) -> str:
    """Replace the contents of the database by a backup, in one transaction, and migrate the schema.

    Parameters
    ----------
    store
        The database; its tables may be missing.
    file
        A backup from the same kind of database.
    replace
        Whether to overwrite a database that is not empty.
    commit
        False checks without writing.

    Returns
    -------
    str
        The schema revision of the backup.

    Raises
    ------
    FileError
        If the file is not a complete backup.
    ConflictError
        If the database is not empty and `replace` is False.
    SetupError
        If a newer version has written the backup, or if the restore fails.
    """
    backups = _backups(store)
    revision = backups.read_revision(file)
    check_revision(revision)
    if not replace:
        with store.read() as connection:
            _check_empty(connection, "Add --replace to overwrite its contents.")
    if commit:
        if not store.is_sqlite:
            # Installs PostGIS, which the archive requires.
            store.upgrade()
        backups.restore_backup(store.url, file)
        store.upgrade()
    return revision


def move_database(
    store: Store,
    target: Store,
    *,
    commit: bool,
    start: Callable[[int], object] = lambda _rows: None,
    advance: Callable[[int], object] = lambda _rows: None,
) -> dict[str, TableContent]:
    """Copy all tables into an empty database of either kind, in one transaction that blocks other writers.

    Parameters
    ----------
    store
        The source, with the newest schema.
    target
        The target; its tables may be missing.
    commit
        False only counts the rows and checks that the target is reachable and empty.
    start, advance
        Called with the total number of rows, and with the number of rows copied since the last call.

    Returns
    -------
    dict of str to TableContent
        The copied and compared contents by table; empty if `commit` is False.

    Raises
    ------
    ConflictError
        If the target is not empty, or is the source.
    SetupError
        If a database cannot be used, or if the contents differ after the copy.
    """
    if store.url == target.url:
        raise ConflictError("The database cannot be moved to itself.", code="same_database")
    with target.read() as target_connection:
        _check_empty(target_connection, "Move to an empty database.")
    if commit:
        target.upgrade()
    # A write transaction, so that no rows are added to the source during the copy.
    with store.write() as source_connection:
        start(sum(count_rows(source_connection).values()))
        if not commit:
            return {}
        with target.write() as target_connection:
            _check_empty(target_connection, "Move to an empty database.")
            return copy_tables(source_connection, target_connection, advance)


def _backups(store: Store) -> BackupBackend:
    return sqlite_backup if store.is_sqlite else postgres_backup


def _check_empty(connection: Connection, remedy: str) -> None:
    if not is_empty(connection):
        raise ConflictError("The database is not empty.", code="not_empty", remedy=remedy)


def _sqlite_faults(connection: Connection) -> list[DatabaseFault]:
    messages = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [DatabaseFault("damaged", message) for message in messages if message != "ok"]


def _postgres_faults(connection: Connection) -> list[DatabaseFault]:
    query = "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
    query += "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
    invalid = connection.execute(text(query)).scalars()
    return [DatabaseFault("index", f"The index {name} is not valid. Run: REINDEX INDEX {name}.") for name in invalid]


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
