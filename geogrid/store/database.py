"""Open a database, bring it up to date, and hand out transactions."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import alembic.command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

# WAL lets readers go on while one writes; only FULL survives a power cut. Both are asserted on each connection, because
# SQLite keeps silent about a PRAGMA that it does not follow.
_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


class Store:
    """A database with geogrid's tables.

    Parameters
    ----------
    url
        A SQLAlchemy URL, such as ``sqlite:///geogrid.db``.

    Raises
    ------
    SetupError
        If the file cannot be opened or written.

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
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            raise SetupError("Only SQLite databases are supported in this version.", code="database_unsupported")
        if parsed.database:
            _make_folder(Path(parsed.database).parent)
        self._engine = create_engine(parsed)
        event.listen(self._engine, "connect", _set_pragmas)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a transaction that only reads."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that writes; it is committed at the end, or rolled back by an exception."""
        with (
            _clear_errors(),
            self._engine.connect().execution_options(geogrid_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version's."""
        with as_file(files("geogrid.store") / "migrations") as scripts, self.write() as connection:
            config = Config()
            config.set_main_option("script_location", str(scripts).replace("%", "%%"))
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Say in plain words what an operating system's refusal means."""
    try:
        yield
    except (OperationalError, DatabaseError) as error:
        text = str(error.orig).lower()
        for sign, code, message in (
            ("full", "no_space", "There is no space left for the database."),
            ("readonly", "no_rights", "The database may not be written."),
            ("unable to open", "no_rights", "The database file cannot be opened."),
            ("not a database", "not_a_database", "The database file is not a SQLite database."),
        ):
            if sign in text:
                raise SetupError(
                    message, code=code, remedy="Free space, give rights, or set GEOGRID_HOME to another folder."
                ) from error
        raise


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
