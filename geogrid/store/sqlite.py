"""The SQLite backend: one file, many readers, one writer at a time."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, create_engine, event

from geogrid.errors import SetupError
from geogrid.store.backend import busy_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL, Engine
    from sqlalchemy.exc import DBAPIError

READ_OPTIONS: Final[Mapping[str, Any]] = {}
WRITE_OPTIONS: Final[Mapping[str, Any]] = {"geogrid_writes": True}

# WAL lets readers work during a write; only synchronous=FULL (2) survives a power cut. Both are checked on each
# connection, because SQLite ignores an unsupported PRAGMA without an error.
_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}

_BY_MESSAGE: Final = (
    ("full", "no_space", "The disk of the database is full."),
    # A file size limit, or a failing disk.
    ("i/o error", "disk", "Reading or writing the database file failed."),
    ("readonly", "no_rights", "The database file is read-only."),
    ("unable to open", "no_rights", "The database file cannot be opened."),
    ("not a database", "not_a_database", "The database file is not a SQLite database."),
)


def open_engine(url: URL) -> Engine:
    """Return an engine with a connection pool, and create the folder of the file.

    Raises
    ------
    SetupError
        If the folder cannot be created.
    """
    if url.database:
        _make_folder(Path(url.database).parent)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def acquire_write_lock(connection: Connection) -> None:
    """Do nothing: BEGIN IMMEDIATE has acquired the lock, see `_begin`."""


def prepare_migration(connection: Connection) -> None:
    """Do nothing: SQLite needs no extension."""


def translate_error(error: DBAPIError) -> SetupError | None:
    """Translate a driver error into a setup error; None for a programming error."""
    return translate_message(str(error.orig))


def translate_message(message: str) -> SetupError | None:
    """Translate a message of the driver into a setup error, or None."""
    text = message.lower()
    if "locked" in text:
        return busy_error()
    if "malformed" in text:
        return SetupError("The database file is damaged.", code="damaged", remedy="Restore it from a backup.")
    for sign, code, explanation in _BY_MESSAGE:
        if sign in text:
            remedy = "Free disk space, check the file permissions, or set GEOGRID_HOME to another folder."
            return SetupError(explanation, code=code, remedy=remedy)
    return None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        code = "no_space" if error.errno == errno.ENOSPC else "no_rights"
        raise SetupError(
            f"The folder {folder} cannot be created: {error.strerror}.",
            code=code,
            remedy="Set GEOGRID_HOME to a writable folder.",
        ) from error


def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no type
    # The driver must not begin transactions; `_begin` does.
    connection.isolation_level = None
    in_memory = not connection.execute("PRAGMA database_list").fetchone()[2]
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
        actual = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if actual != value and not (in_memory and name == "journal_mode"):
            raise SetupError(f"SQLite ignores PRAGMA {name}.", code="pragma")


def _begin(connection: Connection) -> None:
    # A transaction that upgrades from reading to writing fails if another has written; IMMEDIATE waits instead.
    writes = connection.get_execution_options().get("geogrid_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
