"""Backups of SQLite: a snapshot that does not block writers."""

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

_TIMEOUT_S: Final = 30.0


def write_backup(url: URL, file: Path) -> None:
    """Write a copy of the database to an empty file.

    Raises
    ------
    SetupError
        If the database is in memory, or if the disk is full.
    """
    with _translate_errors(), closing(sqlite3.connect(_database_path(url))) as connection:
        connection.execute("VACUUM INTO ?", (str(file),))


def read_revision(file: Path) -> str:
    """Check a backup and return its schema revision.

    Raises
    ------
    FileError
        If the file is not a complete backup.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            intact = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        intact, row = False, None
    if not intact or row is None:
        raise FileError(
            "The file is not a complete backup of a geogrid database on SQLite.",
            code="not_a_backup",
            remedy="Use a file that geogrid db backup has written from SQLite.",
        )
    return str(row[0])


def restore_backup(url: URL, file: Path) -> None:
    """Replace the contents of the database by a backup, in one transaction.

    Raises
    ------
    SetupError
        If the database is busy, or cannot be written.
    """
    deadline = time.monotonic() + _TIMEOUT_S

    def give_up(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise busy_error()

    with (
        _translate_errors(),
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(_database_path(url))) as target,
    ):
        source.backup(target, progress=give_up)


def _database_path(url: URL) -> str:
    if not url.database or url.database == ":memory:":
        raise SetupError("An in-memory database has no file.", code="in_memory")
    return url.database


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        translated = translate_message(str(error))
        if translated is None:
            raise
        raise translated from error
