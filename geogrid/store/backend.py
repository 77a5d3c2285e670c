"""What a kind of database must say of itself; `sqlite` and `postgres` are the two that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError


class Backend(Protocol):
    """A module with these names."""

    @property
    def READS(self) -> Mapping[str, Any]:  # noqa: N802 - a constant of the module
        """The execution options of a transaction that only reads: it sees one moment from its start to its end."""

    @property
    def WRITES(self) -> Mapping[str, Any]:  # noqa: N802 - a constant of the module
        """The execution options of a transaction that writes."""

    def open_engine(self, url: URL) -> Engine:
        """Make the pool of connections; nothing need be reached yet."""

    def take_turn(self, connection: Connection) -> None:
        """Wait until no other process writes: from then on, a transaction sees all that was written before it."""

    def prepare(self, connection: Connection) -> None:
        """Make the database ready for migrations, in the transaction that runs them."""

    def explain(self, error: DBAPIError) -> SetupError | None:
        """Say in plain words what an error means, unless it is a mistake of ours."""


class BackupBackend(Protocol):
    """A module with these names, beside that of the backend."""

    def write_backup(self, url: URL, file: Path) -> None:
        """Write the database, as of one moment, to a file that is empty."""

    def read_revision(self, file: Path) -> str:
        """Check a backup and return the number of its last migration."""

    def restore_backup(self, url: URL, file: Path) -> None:
        """Put a backup in the place of what is there, all or nothing."""


def busy_error() -> SetupError:
    """Return what is raised where another writer does not come to an end."""
    return SetupError("Another writer keeps the database.", code="busy", remedy="Try again in a while.")
