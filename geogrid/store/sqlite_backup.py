"""Backups of SQLite: a copy as of one moment, whoever writes meanwhile."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError, SetupError
from geogrid.store.backend import busy_error
from geogrid.store.sqlite import translate_message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

_PATIENCE_S: Final = 30.0


def write_backup(url: URL, file: Path) -> None:
    """Write a copy of the database to a file that is empty.

    Raises
    ------
    SetupError
        If there is no file to copy, or no room for the copy.
    """
    with _clear_errors(), closing(sqlite3.connect(_path(url))) as connection:
        connection.execute("VACUUM INTO ?", (str(file),))


def read_revision(file: Path) -> str:
    """Check a backup from end to end and return the number of its last migration.

    Raises
    ------
    FileError
        If it is no backup, or damaged.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        sound, row = False, None
    if not sound or row is None:
        raise FileError(
            "The file is no whole backup of a geogrid database on SQLite.",
            code="not_a_backup",
            remedy="Take one that geogrid db backup wrote from SQLite.",
        )
    return str(row[0])


def restore_backup(url: URL, file: Path) -> None:
    """Write a backup over the database, in one transaction.

    Raises
    ------
    SetupError
        If the database is busy, or cannot be written.
    """
    deadline = time.monotonic() + _PATIENCE_S

    def give_up(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise busy_error()

    with (
        _clear_errors(),
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(_path(url))) as target,
    ):
        source.backup(target, progress=give_up)


def _path(url: URL) -> str:
    if not url.database or url.database == ":memory:":
        raise SetupError("The database lies in memory and has no file.", code="in_memory")
    return url.database


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        known = translate_message(str(error))
        if known is None:
            raise
        raise known from error
