"""PostgreSQL with PostGIS: readers see one moment, and writers of all processes take turns as those of SQLite do.

Services look first and then insert. On SQLite nothing comes between the two, because one writes at a time; here one
lock, held to the end of each transaction that writes, makes the same true for every worker on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from geogrid.errors import SetupError
from geogrid.store.backend import busy
from geogrid.store.types import PostgisGeometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL, Engine
    from sqlalchemy.exc import DBAPIError

READS: Final[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# Each statement sees what is committed, so all that was written before the turn came is seen after it.
WRITES: Final[Mapping[str, Any]] = {"isolation_level": "READ COMMITTED"}

#: The lock that writers take turns by: the first letters of geogrid's name as a number.
TURN: Final = int.from_bytes(b"geogrid")

_OPTIONS: Final = {
    "TimeZone": "UTC",
    # As long as a writer of SQLite waits for its turn.
    "lock_timeout": "30s",
    "statement_timeout": "5min",
    # A worker that hangs in the middle of a transaction must not keep all others waiting for ever.
    "idle_in_transaction_session_timeout": "10min",
}
_CONNECT_S: Final = 10

_UNREACHABLE: Final = (
    "database_unreachable",
    "The database server cannot be reached, or has gone away.",
    "Start it, and check host and port in GEOGRID_DATABASE_URL.",
)
_LOGIN: Final = (
    "database_login",
    "The database server does not let this user in.",
    "Check user and password; marks such as @ : / in a password are written %40 %3A %2F. Or use ~/.pgpass.",
)
_MISSING: Final = ("database_missing", "There is no database of this name on the server.", "Run: createdb NAME")
_NO_RIGHTS: Final = (
    "no_rights",
    "The user may not do this in the database, or the database takes no writing.",
    "Connect to the primary server, with the user that owns the database.",
)
_NO_POSTGIS: Final = (
    "postgis_missing",
    "The database has no PostGIS, and it cannot be added.",
    "Install postgresql-15-postgis-3; then, as an administrator of that database: CREATE EXTENSION postgis;",
)
_NO_SPACE: Final = ("no_space", "The database server has no space left.", "Free space on the server.")
_SLOW: Final = ("busy", "The database took too long.", "Try again in a while.")
_CROWDED: Final = (
    "busy",
    "The database server takes no more connections.",
    "Run fewer workers, or raise max_connections.",
)
_OPTION: Final = (
    "database_url",
    "The database's address names an option that there is not.",
    "Take out of GEOGRID_DATABASE_URL what stands behind the question mark.",
)
_DAMAGED: Final = ("damaged", "The database is damaged.", "Restore it from a backup.")

# By SQLSTATE, or by its class, which is the first two characters.
_STATES: Final = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "28": _LOGIN,
    "3D": _MISSING,
    "42501": _NO_RIGHTS,
    "25006": _NO_RIGHTS,
    "53100": _NO_SPACE,
    "53300": _CROWDED,
    "57014": _SLOW,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_TURNED_AWAY: Final = ("40001", "40P01", "55P03")
# A refused connection comes without a state.
_SIGNS: Final = (
    ("password", _LOGIN),
    ("authentication", _LOGIN),
    ("pg_hba", _LOGIN),
    ("role ", _LOGIN),
    ("too many", _CROWDED),
    ("remaining connection slots", _CROWDED),
    ("database ", _MISSING),
)


def open_engine(url: URL) -> Engine:
    """Make the pool of connections.

    Raises
    ------
    SetupError
        If the driver is not installed.
    """
    # SQLAlchemy looks up the types of existing columns here. The import takes as long as that of numpy.
    from sqlalchemy.dialects.postgresql.base import ischema_names  # noqa: PLC0415

    ischema_names["geometry"] = PostgisGeometry
    options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
    arguments = {"connect_timeout": _CONNECT_S, "application_name": "geogrid", **url.query}
    # What the address says comes later, and so counts.
    arguments["options"] = f"{options} {url.query.get('options', '')}".strip()
    try:
        return create_engine(url, connect_args=arguments, pool_pre_ping=True, hide_parameters=True)
    except ImportError as error:
        raise SetupError(
            "PostgreSQL needs the driver psycopg.", code="extra_missing", remedy="Run: pip install 'geogrid[postgis]'"
        ) from error


def take_turn(connection: Connection) -> None:
    """Wait until no other process writes, and keep the turn until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})


def prepare(connection: Connection) -> None:
    """Add PostGIS, and let migrations take their time.

    Raises
    ------
    SetupError
        If the server has no PostGIS, or if this user may not add it.
    """
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    if _has_postgis(connection):
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION postgis")
    except Exception as error:
        raise _setup_error(_NO_POSTGIS) from error


def explain(error: DBAPIError) -> SetupError | None:
    """Say in plain words what a server's refusal means."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _TURNED_AWAY:
        return busy()
    if state:
        found = next((_STATES[key] for key in (state, state[:3], state[:2]) if key in _STATES), None)
        return _setup_error(found) if found else None
    message = str(error.orig).lower()
    if isinstance(error, OperationalError):
        return _setup_error(next((fault for sign, fault in _SIGNS if sign in message), _UNREACHABLE))
    return _setup_error(_OPTION) if "connection option" in message else None


def _has_postgis(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")).first() is not None


def _setup_error(fault: tuple[str, str, str]) -> SetupError:
    code, message, remedy = fault
    return SetupError(message, code=code, remedy=remedy)
