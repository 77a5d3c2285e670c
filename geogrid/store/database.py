"""Open a database, migrate its schema, and provide transactions."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

import sqlalchemy.exc
from sqlalchemy import String, column, inspect, select, table

from geogrid.errors import GeogridError, SetupError
from geogrid.store import postgres, sqlite
from geogrid.store.backend import Backend, busy_error
from geogrid.store.database_url import parse_database_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from sqlalchemy import URL, Connection

#: Timeout of the write lock: longer than any queue of short transactions, shorter than a large import.
_WRITE_LOCK_TIMEOUT_S: Final = 30.0
#: Table in which alembic keeps the id of the last migration.
_VERSIONS: Final = "alembic_version"


class Store:
    """A database with geogrid's tables.

    Parameters
    ----------
    url
        The database URL, such as ``sqlite:///geogrid.db`` or ``postgresql://geogrid@localhost/geogrid``.

    Raises
    ------
    SetupError
        If the URL is not valid, or if the file cannot be opened or written.

    Examples
    --------
    >>> store = Store("sqlite://")
    >>> store.upgrade()
    >>> with store.read() as connection:
    ...     connection.exec_driver_sql("SELECT count(*) FROM incidents").scalar()
    0
    >>> store.close()
    """

    def __init__(self, url: str) -> None:
        self.url: Final[URL] = parse_database_url(url)
        self._backend: Backend = sqlite if self.is_sqlite else postgres
        # Waiting writers of this process queue here without a connection, so readers always get one from the pool,
        # and SQLite, whose waiting writers poll, serves them in order.
        self._write_lock = threading.Lock()
        self._engine = self._backend.open_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is SQLite; otherwise it is PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only transaction that sees one snapshot of the database."""
        with (
            self._translate_errors(),
            self._engine.connect().execution_options(**self._backend.READ_OPTIONS) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction; an exception rolls it back.

        Only one write transaction runs at a time, so a row that it does not find cannot be inserted by another
        transaction before it ends.
        """
        with (
            self._translate_errors(),
            self._acquire_write_lock(),
            self._engine.connect().execution_options(**self._backend.WRITE_OPTIONS) as connection,
            connection.begin(),
        ):
            self._backend.acquire_write_lock(connection)
            yield connection

    def upgrade(self) -> None:
        """Migrate the schema to the newest revision; a current schema needs no write transaction."""
        if self.revision() == get_head_revision():
            return
        with _migrations() as config, self.write() as connection:
            self._backend.prepare_migration(connection)
            config.attributes["connection"] = connection
            _migrate(config)

    def revision(self) -> str | None:
        """Return the schema revision, or None for a database without tables."""
        with self.read() as connection:
            if not inspect(connection).has_table(_VERSIONS):
                return None
            return connection.scalar(select(column("version_num", String)).select_from(table(_VERSIONS)))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise database errors as `SetupError` or as the error of a column type."""
        try:
            yield
        except sqlalchemy.exc.TimeoutError as error:
            raise busy_error() from error
        except sqlalchemy.exc.StatementError as error:
            # SQLAlchemy wraps the errors that column types raise.
            if isinstance(error.orig, GeogridError):
                raise error.orig from None
            translated = isinstance(error, sqlalchemy.exc.DBAPIError) and self._backend.translate_error(error)
            if not translated:
                raise
            raise translated from error

    @contextmanager
    def _acquire_write_lock(self) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=_WRITE_LOCK_TIMEOUT_S):
            raise busy_error()
        try:
            yield
        finally:
            self._write_lock.release()


def get_head_revision() -> str:
    """Return the newest schema revision that this version knows, from the script names: alembic is slow to import."""
    scripts = files("geogrid.store") / "migrations" / "versions"
    return max(script.name.partition("_")[0] for script in scripts.iterdir() if script.name.endswith(".py"))


def check_revision(revision: str) -> None:
    """Check that this version knows a schema revision.

    Raises
    ------
    SetupError
        If a newer version of geogrid has written the revision.
    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow to import

    with _migrations() as config:
        if revision not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
            raise _newer_version_error()


@contextmanager
def _migrations() -> Iterator[Config]:
    from alembic.config import Config  # noqa: PLC0415 - slow to import

    with as_file(files("geogrid.store") / "migrations") as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        yield config


def _migrate(config: Config) -> None:
    import alembic.command  # noqa: PLC0415 - slow to import
    from alembic.util.exc import CommandError  # noqa: PLC0415

    try:
        alembic.command.upgrade(config, "head")
    except CommandError as error:
        raise _newer_version_error() from error


def _newer_version_error() -> SetupError:
    return SetupError(
        "The database has the schema of a newer geogrid.", code="database_newer", remedy="Install that version."
    )
