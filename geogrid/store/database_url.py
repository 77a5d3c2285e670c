"""Addresses of databases, as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from geogrid.errors import SetupError

if TYPE_CHECKING:
    from sqlalchemy import URL

# With the driver that geogrid speaks, whether or not it is named.
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse_database_url(text: str) -> URL:
    """Return an address in SQLAlchemy's form; no error repeats it, because it may hold a password.

    Raises
    ------
    SetupError
        If it is none, or of a database that geogrid does not speak.

    Examples
    --------
    >>> parse_database_url("postgres://geogrid:secret@localhost/district")
    postgresql+psycopg://geogrid:***@localhost/district
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _not_one() from None
    if url.drivername not in _DRIVERS:
        raise SetupError(
            "Databases of this kind, or with this driver, are not supported.",
            code="database_unsupported",
            field="GEOGRID_DATABASE_URL",
            remedy="Name a SQLite file (sqlite:///…) or PostgreSQL with PostGIS (postgresql://…).",
        )
    # An @ in a password cuts the password, and the rest of it would be taken, and told, for a host.
    if "@" in (url.host or ""):
        raise _not_one()
    return url.set(drivername=_DRIVERS[url.drivername])


def _not_one() -> SetupError:
    return SetupError(
        "The database's address is not one.",
        code="database_url",
        field="GEOGRID_DATABASE_URL",
        remedy="For instance sqlite:////srv/geogrid/geogrid.db or postgresql://geogrid@localhost/geogrid; marks such "
        "as @ : / in a password are written %40 %3A %2F.",
    )
