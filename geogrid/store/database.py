"""Open a database, bring it up to date, and hand out transactions."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

import sqlalchemy.exc
from sqlalchemy import String, column, inspect, select, table

from geogrid.errors import GeogridError, SetupError
from geogrid.store import postgres, sqlite
from geogrid.store.backend import Backend, busy
from geogrid.store.database_url import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from sqlalchemy import URL, Connection

#: How long a writer waits for its turn: past any rush of short transactions, short of a large import.
_TURN_S: Final = 30.0
#: The table in which alembic keeps the id of the last migration.
_VERSIONS: Final = "alembic_version"


class Store:
    """A database with geogrid's tables.

    Parameters
    ----------
    url
        Its address, such as ``sqlite:///geogrid.db`` or ``postgresql://geogrid@localhost/geogrid``.

    Raises
    ------
    SetupError
        If the address is none, or if a file cannot be opened or written.

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
        self.url: Final[URL] = parse_address(url)
        self._backend: Backend = sqlite if self.is_sqlite else postgres
        # Waiting writers of one process queue here and hold no connection meanwhile: those that are left are for
        # readers, and SQLite, which lets waiting writers poll, starves none of them.
        self._turn = threading.Lock()
        self._engine = self._backend.open_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; else it is PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a transaction that only reads, and sees the database as it is at one moment."""
        with (
            self._clear_errors(),
            self._engine.connect().execution_options(**self._backend.READS) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that writes; it is committed at the end, or rolled back by an exception.

        It is the only one: what it looks for and does not find, nobody else writes before it ends.
        """
        with (
            self._clear_errors(),
            self._my_turn(),
            self._engine.connect().execution_options(**self._backend.WRITES) as connection,
            connection.begin(),
        ):
            self._backend.take_turn(connection)
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version's; where they are, nothing is written and no writer is waited for."""
        if self.revision() == newest_revision():
            return
        with _migrations() as config, self.write() as connection:
            self._backend.prepare(connection)
            config.attributes["connection"] = connection
            _migrate(config)

    def revision(self) -> str | None:
        """Return the number of the last migration that the tables have, or None where there are none."""
        with self.read() as connection:
            if not inspect(connection).has_table(_VERSIONS):
                return None
            return connection.scalar(select(column("version_num", String)).select_from(table(_VERSIONS)))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say in plain words what a refusal of the database means."""
        try:
            yield
        except sqlalchemy.exc.TimeoutError as error:
            raise busy() from error
        except sqlalchemy.exc.StatementError as error:
            # What a column's type refuses comes wrapped up.
            if isinstance(error.orig, GeogridError):
                raise error.orig from None
            known = isinstance(error, sqlalchemy.exc.DBAPIError) and self._backend.explain(error)
            if not known:
                raise
            raise known from error

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN_S):
            raise busy()
        try:
            yield
        finally:
            self._turn.release()


def newest_revision() -> str:
    """Return the id of this version's last migration, from the names of the scripts: alembic is slow to import."""
    scripts = files("geogrid.store") / "migrations" / "versions"
    return max(script.name.partition("_")[0] for script in scripts.iterdir() if script.name.endswith(".py"))


def check_revision(revision: str) -> None:
    """Check that this version knows a migration.

    Raises
    ------
    SetupError
        If it does not.
    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow to import

    with _migrations() as config:
        if revision not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
            raise _newer()


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
        raise _newer() from error


def _newer() -> SetupError:
    return SetupError(
        "The database was made by a newer geogrid.", code="database_newer", remedy="Install that version."
    )
