"""Parsing of database URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from sqlalchemy import URL

# SQLAlchemy driver by URL scheme.
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse_database_url(text: str) -> URL:
    """Return a database URL as a SQLAlchemy URL.

    Error messages never contain the URL, because it may contain a password.

    Raises
    ------
    SetupError
        If the URL is not valid, or if the database or driver is not supported.

    Examples
    --------
    >>> parse_database_url("postgres://geogrid:secret@localhost/district")
    postgresql+psycopg://geogrid:***@localhost/district
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _invalid_url_error() from None
    if url.drivername not in _DRIVERS:
        raise SetupError(
            "This database or driver is not supported.",
            code="database_unsupported",
            field="GEOGRID_DATABASE_URL",
            remedy="Use a SQLite file (sqlite:///…) or PostgreSQL with PostGIS (postgresql://…).",
        )
    # An unescaped @ in a password would make its remainder the host name, which error messages show.
    if "@" in (url.host or ""):
        raise _invalid_url_error()
    return url.set(drivername=_DRIVERS[url.drivername])


def _invalid_url_error() -> SetupError:
    return SetupError(
        "The database URL is not valid.",
        code="database_url",
        field="GEOGRID_DATABASE_URL",
        remedy="Examples: sqlite:////srv/geogrid/geogrid.db or postgresql://geogrid@localhost/geogrid. In a password, "
        "write @ : / as %40 %3A %2F.",
    )
