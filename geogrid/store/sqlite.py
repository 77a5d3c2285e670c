"""SQLite: one file, many readers, one writer at a time."""

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

# WAL lets readers go on while one writes; only FULL survives a power cut. Both are asserted on each connection, because
# SQLite keeps silent about a PRAGMA that it does not follow.
_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}

_SIGNS: Final = (
    ("full", "no_space", "There is no space left for the database."),
    # A limit on the size of files, or a disk that fails.
    ("i/o error", "disk", "The disk does not take or give what the database needs."),
    ("readonly", "no_rights", "The database may not be written."),
    ("unable to open", "no_rights", "The database file cannot be opened."),
    ("not a database", "not_a_database", "The database file is not a SQLite database."),
)


def open_engine(url: URL) -> Engine:
    """Make the pool of connections, and the folder of the file.

    Raises
    ------
    SetupError
        If the folder cannot be made.
    """
    if url.database:
        _make_folder(Path(url.database).parent)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def acquire_write_lock(connection: Connection) -> None:
    """Do nothing: a transaction that writes has begun with its turn, see `_begin`."""


def prepare_migration(connection: Connection) -> None:
    """Do nothing: SQLite has all that is needed."""


def translate_error(error: DBAPIError) -> SetupError | None:
    """Say in plain words what an operating system's refusal means."""
    return translate_message(str(error.orig))


def translate_message(words: str) -> SetupError | None:
    """Do so for the message of the driver."""
    text = words.lower()
    if "locked" in text:
        return busy_error()
    if "malformed" in text:
        return SetupError("The database file is damaged.", code="damaged", remedy="Restore it from a backup.")
    for sign, code, message in _SIGNS:
        if sign in text:
            remedy = "Free space, give rights, or set GEOGRID_HOME to another folder."
            return SetupError(message, code=code, remedy=remedy)
    return None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        code = "no_space" if error.errno == errno.ENOSPC else "no_rights"
        raise SetupError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            code=code,
            remedy="Set GEOGRID_HOME to a folder of yours.",
        ) from error


def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no type
    # SQLAlchemy begins transactions itself (see _begin); the driver must not do so as well.
    connection.isolation_level = None
    in_memory = not connection.execute("PRAGMA database_list").fetchone()[2]
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
        answer = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if answer != value and not (in_memory and name == "journal_mode"):
            raise SetupError(f"SQLite does not follow PRAGMA {name}.", code="pragma")


def _begin(connection: Connection) -> None:
    # A writer that starts as a reader fails when another has written meanwhile; IMMEDIATE waits for its turn instead.
    writes = connection.get_execution_options().get("geogrid_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
