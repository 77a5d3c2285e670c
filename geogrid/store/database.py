"""Open a database, bring it up to date, and hand out transactions."""

from __future__ import annotations

import errno
import threading
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

# WAL lets readers go on while one writes; only FULL survives a power cut. Both are asserted on each connection, because
# SQLite keeps silent about a PRAGMA that it does not follow.
_PRAGMAS: Final = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
#: How long a writer waits for its turn: past any rush of short transactions, short of a large import.
_TURN_S: Final = 30.0


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
        try:
            parsed = make_url(url)
            parsed.get_dialect()
        except ArgumentError as error:
            raise SetupError(
                "The database's address is not one.",
                code="database_url",
                field="GEOGRID_DATABASE_URL",
                remedy="For instance sqlite:////srv/geogrid/geogrid.db.",
            ) from error
        if parsed.get_backend_name() != "sqlite":
            raise SetupError("Only SQLite databases are supported in this version.", code="database_unsupported")
        if parsed.database:
            _make_folder(Path(parsed.database).parent)
        # SQLite lets waiting writers poll, and the unlucky one starves; in one process they queue here instead, and
        # hold no connection meanwhile.
        self._turn = threading.Lock()
        self._engine = create_engine(parsed)
        event.listen(self._engine, "connect", _set_pragmas)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a transaction that only reads."""
        with _clear_errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that writes; it is committed at the end, or rolled back by an exception."""
        with (
            _clear_errors(),
            self._my_turn(),
            self._engine.connect().execution_options(geogrid_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version's; where they are, nothing is written and no writer is waited for."""
        with as_file(files("geogrid.store") / "migrations") as scripts:
            config = Config()
            config.set_main_option("script_location", str(scripts).replace("%", "%%"))
            with self.read() as connection:
                revision = MigrationContext.configure(connection).get_current_revision()
            if revision == ScriptDirectory.from_config(config).get_current_head():
                return
            with self.write() as connection:
                config.attributes["connection"] = connection
                _migrate(config)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN_S):
            raise _busy()
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Say in plain words what an operating system's refusal means."""
    try:
        yield
    except DatabaseError as error:
        text = str(error.orig).lower()
        if "locked" in text:
            raise _busy() from error
        if "malformed" in text:
            raise SetupError(
                "The database file is damaged.", code="damaged", remedy="Restore it from a backup."
            ) from error
        for sign, code, message in (
            ("full", "no_space", "There is no space left for the database."),
            # A limit on the size of files, or a disk that fails.
            ("i/o error", "disk", "The disk does not take or give what the database needs."),
            ("readonly", "no_rights", "The database may not be written."),
            ("unable to open", "no_rights", "The database file cannot be opened."),
            ("not a database", "not_a_database", "The database file is not a SQLite database."),
        ):
            if sign in text:
                raise SetupError(
                    message, code=code, remedy="Free space, give rights, or set GEOGRID_HOME to another folder."
                ) from error
        raise


def _busy() -> SetupError:
    return SetupError("Another writer keeps the database.", code="busy", remedy="Try again in a while.")


def _migrate(config: Config) -> None:
    try:
        alembic.command.upgrade(config, "head")
    except CommandError as error:
        raise SetupError(
            "The database was made by a newer geogrid.", code="database_newer", remedy="Install that version."
        ) from error


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
