"""Use cases around the database as a whole: check, back up, restore, move."""

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
from geogrid.store.schema_version import count_orphans, count_rows, list_schema_differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.store.backend import BackupBackend
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class DatabaseFault:
    """Something that is wrong with a database."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """What a database holds, and what is wrong with it.

    Attributes
    ----------
    kind
        SQLite or PostgreSQL.
    revision, newest
        The last migration of its tables, and that of this version.
    rows
        How many rows each table has.
    faults
        What is wrong; empty for a sound database.
    """

    kind: str
    revision: str | None
    newest: str | None
    rows: dict[str, int]
    faults: list[DatabaseFault]


def check_database(store: Store) -> DatabaseReport:
    """Look a database through; nothing is changed."""
    revision, newest = store.revision(), get_head_revision()
    with store.read() as connection:
        faults = _sqlite_faults(connection) if store.is_sqlite else _postgres_faults(connection)
        rows = count_rows(connection)
        if revision != newest:
            message = f"Its tables are at {revision or 'nothing'}, this version's at {newest}: geogrid db upgrade."
            faults.append(DatabaseFault("revision", message))
        else:
            faults += [DatabaseFault("schema", found) for found in list_schema_differences(connection)]
            faults += [
                DatabaseFault("orphans", f"{name}: {number:,} rows name something that is not there.")
                for name, number in count_orphans(connection).items()
            ]
    return DatabaseReport("SQLite" if store.is_sqlite else "PostgreSQL", revision, newest, rows, faults)


def back_up(store: Store, file: Path) -> int:
    """Write a backup as of one moment, whoever writes meanwhile; return its size in bytes.

    It is written beside its place, checked, and put there when it is whole. Only its owner may read it.

    Raises
    ------
    ConflictError
        If the file is there already.
    SetupError
        If it cannot be written.
    FileError
        If what was written is not whole.
    """
    if file.exists():
        raise ConflictError("The file is there already.", code="file_exists", remedy="Name another one.")
    backups = _backups(store)
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    os.close(number)
    part = Path(name)
    try:
        backups.write_backup(store.url, part)
        backups.read_revision(part)
        _make_durable(part)
        part.rename(file)
        _make_durable(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def restore_database(store: Store, file: Path, *, replace: bool, commit: bool) -> str:
    """Put a backup in the place of what the database holds, all or nothing, and bring it up to date.

    Parameters
    ----------
    store
        Its tables need not be there.
    file
        A backup from the same kind of database.
    replace
        True gives up what the database holds.
    commit
        False only checks.

    Returns
    -------
    str
        The last migration of the backup.

    Raises
    ------
    FileError
        If the file is no whole backup.
    ConflictError
        If the database is not empty and not to be replaced.
    SetupError
        If the backup is of a newer version, or cannot be written back.
    """
    backups = _backups(store)
    revision = backups.read_revision(file)
    check_revision(revision)
    if not replace:
        with store.read() as connection:
            _check_empty(connection, "Add --replace to give up what it holds.")
    if commit:
        if not store.is_sqlite:
            # PostGIS, which the archive takes for granted.
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
    """Copy every table into an empty database of either kind, all or nothing; nobody writes here meanwhile.

    Parameters
    ----------
    store
        Where from; its tables are up to date.
    target
        Where to; its tables need not be there.
    commit
        False only counts, and looks whether the target can be reached and is empty.
    start, advance
        Called with the number of rows to come, and of those copied since the last call.

    Returns
    -------
    dict of str to TableContent
        What was copied, by table, and found to be the same afterwards; for a dry run nothing.

    Raises
    ------
    ConflictError
        If the target is not empty, or is the source.
    SetupError
        If a database cannot be used, or if something did not arrive as it was.
    """
    if store.url == target.url:
        raise ConflictError("The database cannot be moved to itself.", code="same_database")
    with target.read() as there:
        _check_empty(there, "Move to an empty one.")
    if commit:
        target.upgrade()
    # One that writes: what came in meanwhile would stay behind.
    with store.write() as here:
        start(sum(count_rows(here).values()))
        if not commit:
            return {}
        with target.write() as there:
            _check_empty(there, "Move to an empty one.")
            return copy_tables(here, there, advance)


def _backups(store: Store) -> BackupBackend:
    return sqlite_backup if store.is_sqlite else postgres_backup


def _check_empty(connection: Connection, remedy: str) -> None:
    if not is_empty(connection):
        raise ConflictError("The database is not empty.", code="not_empty", remedy=remedy)


def _sqlite_faults(connection: Connection) -> list[DatabaseFault]:
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [DatabaseFault("damaged", message) for message in found if message != "ok"]


def _postgres_faults(connection: Connection) -> list[DatabaseFault]:
    query = "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
    query += "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
    broken = connection.execute(text(query)).scalars()
    return [DatabaseFault("index", f"The index {name} is not valid: REINDEX INDEX {name}.") for name in broken]


def _make_durable(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
