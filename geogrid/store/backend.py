"""Interfaces of a database backend; the modules `sqlite` and `postgres` implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError


class Backend(Protocol):
    """Interface of the modules `sqlite` and `postgres`."""

    @property
    def READ_OPTIONS(self) -> Mapping[str, Any]:  # noqa: N802 - a constant of the module
        """The execution options of a read-only transaction, which sees one snapshot."""

    @property
    def WRITE_OPTIONS(self) -> Mapping[str, Any]:  # noqa: N802 - a constant of the module
        """The execution options of a write transaction."""

    def open_engine(self, url: URL) -> Engine:
        """Return an engine with a connection pool; it does not connect yet."""

    def acquire_write_lock(self, connection: Connection) -> None:
        """Wait until no other process writes, and keep the lock until the transaction ends.

        Afterwards the transaction sees everything committed before it.
        """

    def prepare_migration(self, connection: Connection) -> None:
        """Prepare the database for migrations, in the transaction that runs them."""

    def translate_error(self, error: DBAPIError) -> SetupError | None:
        """Translate a driver error into a setup error; None for a programming error."""


class BackupBackend(Protocol):
    """Interface of the modules `sqlite_backup` and `postgres_backup`."""

    def write_backup(self, url: URL, file: Path) -> None:
        """Write one snapshot of the database to an empty file."""

    def read_revision(self, file: Path) -> str:
        """Check a backup and return its schema revision."""

    def restore_backup(self, url: URL, file: Path) -> None:
        """Replace the contents of the database by a backup, in one transaction."""


def busy_error() -> SetupError:
    """Return the error for a write lock that was not free in time."""
    return SetupError("Another write transaction holds the database.", code="busy", remedy="Try again later.")
