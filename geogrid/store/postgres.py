"""The PostgreSQL backend, with PostGIS: snapshot reads, and one write transaction at a time, as on SQLite.

Services check for a row and then insert it. An advisory lock, held to the end of each write transaction, prevents other
processes and machines from writing between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from geogrid.errors import SetupError
from geogrid.store.backend import busy_error
from geogrid.store.column_types import PostgisGeometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL, Engine
    from sqlalchemy.exc import DBAPIError

READ_OPTIONS: Final[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# Each statement sees all commits, so a transaction sees everything written before it got the lock.
WRITE_OPTIONS: Final[Mapping[str, Any]] = {"isolation_level": "READ COMMITTED"}

#: Id of the advisory lock of writers: the bytes of "geogrid" as an integer.
WRITE_LOCK_ID: Final = int.from_bytes(b"geogrid")

_OPTIONS: Final = {
    "TimeZone": "UTC",
    # The timeout of the write lock in `geogrid.store.database`.
    "lock_timeout": "30s",
    "statement_timeout": "5min",
    # A worker process that hangs inside a transaction must not block all others forever.
    "idle_in_transaction_session_timeout": "10min",
    # To compile the many conditions of the key figures takes longer than to run them: a month of ten million incidents
    # took 0.7 s with the compiler and 0.4 s without.
    "jit": "off",
}
_CONNECT_S: Final = 10


class _Fault(NamedTuple):
    code: str
    message: str
    remedy: str


_UNREACHABLE: Final = _Fault(
    "database_unreachable",
    "The database server cannot be reached, or has closed the connection.",
    "Start the server, and check host and port in GEOGRID_DATABASE_URL.",
)
_LOGIN: Final = _Fault(
    "database_login",
    "The database server refuses the login of this user.",
    "Check user and password. In a password, write @ : / as %40 %3A %2F, or use ~/.pgpass.",
)
_MISSING: Final = _Fault("database_missing", "The server has no database with this name.", "Run: createdb NAME")
_NO_RIGHTS: Final = _Fault(
    "no_rights",
    "The user lacks the privilege, or the database is read-only.",
    "Connect to the primary server, with the user that owns the database.",
)
_NO_POSTGIS: Final = _Fault(
    "postgis_missing",
    "PostGIS is not installed in the database, and geogrid cannot install it.",
    "Install postgresql-15-postgis-3, then run as a database administrator: CREATE EXTENSION postgis;",
)
_NO_SPACE: Final = _Fault("no_space", "The database server has no space left.", "Free space on the server.")
_SLOW: Final = _Fault("busy", "The database query took too long.", "Try again later.")
_CROWDED: Final = _Fault(
    "busy", "The database server accepts no more connections.", "Run fewer worker processes, or raise max_connections."
)
_OPTION: Final = _Fault(
    "database_url",
    "The database URL contains an unknown option.",
    "Remove the part after the question mark from GEOGRID_DATABASE_URL.",
)
_DAMAGED: Final = _Fault("damaged", "The database is damaged.", "Restore it from a backup.")

# By SQLSTATE, or by a prefix of it.
_BY_SQLSTATE: Final = {
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
_LOCK_CONFLICTS: Final = ("40001", "40P01", "55P03")
# A refused connection has no SQLSTATE; the message text decides.
_BY_MESSAGE: Final = (
    ("password", _LOGIN),
    ("authentication", _LOGIN),
    ("pg_hba", _LOGIN),
    ("role ", _LOGIN),
    ("too many", _CROWDED),
    ("remaining connection slots", _CROWDED),
    ("database ", _MISSING),
)


def open_engine(url: URL) -> Engine:
    """Return an engine with a connection pool.

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
    # Options of the URL come last, so they take precedence.
    arguments["options"] = f"{options} {url.query.get('options', '')}".strip()
    try:
        return create_engine(url, connect_args=arguments, pool_pre_ping=True, hide_parameters=True)
    except ImportError as error:
        raise SetupError(
            "PostgreSQL needs the driver psycopg.", code="extra_missing", remedy="Run: pip install 'geogrid[postgis]'"
        ) from error


def acquire_write_lock(connection: Connection) -> None:
    """Wait until no other process writes, and keep the lock until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": WRITE_LOCK_ID})


def prepare_migration(connection: Connection) -> None:
    """Install PostGIS in the database, and disable the statement timeout for migrations.

    Raises
    ------
    SetupError
        If PostGIS is missing on the server, or if this user may not install it.
    """
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    if _has_postgis(connection):
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION postgis")
    except Exception as error:
        raise _setup_error(_NO_POSTGIS) from error


def translate_error(error: DBAPIError) -> SetupError | None:
    """Translate an error of the server into a setup error; None for a programming error."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _LOCK_CONFLICTS:
        return busy_error()
    if state:
        known = next((_BY_SQLSTATE[key] for key in (state, state[:3], state[:2]) if key in _BY_SQLSTATE), None)
        return _setup_error(known) if known else None
    message = str(error.orig).lower()
    if isinstance(error, OperationalError):
        return _setup_error(next((fault for sign, fault in _BY_MESSAGE if sign in message), _UNREACHABLE))
    return _setup_error(_OPTION) if "connection option" in message else None


def _has_postgis(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")).first() is not None


def _setup_error(fault: _Fault) -> SetupError:
    return SetupError(fault.message, code=fault.code, remedy=fault.remedy)
