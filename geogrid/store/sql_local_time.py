"""SQL functions for the day, weekday and hour of a moment in the local time of the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from geogrid.local_time import local_zone, offset_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.local_time import OffsetChange


class local_day(GenericFunction[str]):  # noqa: N801 - a function of SQL
    """SQL function: the local day of a moment, in ISO 8601."""

    type = String()
    inherit_cache = True


class local_weekday(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """SQL function: the local day of the week of a moment, from 1 (Monday) to 7 (Sunday)."""

    type = Integer()
    inherit_cache = True


class local_hour(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """SQL function: the local hour of a moment, 0 to 23."""

    type = Integer()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _sqlite_day(element: local_day, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own contract
    moment = compiler.process(element.clauses, **more)
    return f"date({moment}, {_sqlite_offset(moment)})"


@compiles(local_day, "postgresql")
def _postgresql_day(element: local_day, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    return f"to_char({_postgresql_local(element, compiler, **more)}, 'YYYY-MM-DD')"


@compiles(local_weekday, "sqlite")
def _sqlite_weekday(element: local_weekday, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    moment = compiler.process(element.clauses, **more)
    # strftime counts from 0, which is Sunday.
    return f"((CAST(strftime('%w', {moment}, {_sqlite_offset(moment)}) AS INTEGER) + 6) % 7 + 1)"


@compiles(local_weekday, "postgresql")
def _postgresql_weekday(element: local_weekday, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    return f"CAST(EXTRACT(ISODOW FROM {_postgresql_local(element, compiler, **more)}) AS INTEGER)"


@compiles(local_hour, "sqlite")
def _sqlite_hour(element: local_hour, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    moment = compiler.process(element.clauses, **more)
    return f"CAST(strftime('%H', {moment}, {_sqlite_offset(moment)}) AS INTEGER)"


@compiles(local_hour, "postgresql")
def _postgresql_hour(element: local_hour, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    return f"CAST(EXTRACT(HOUR FROM {_postgresql_local(element, compiler, **more)}) AS INTEGER)"


def _sqlite_offset(moment: str) -> str:
    """Return the SQL expression of the UTC offset of a column, because SQLite has no time zones."""
    return _choose_offset(moment, offset_changes(local_zone()))


def _choose_offset(moment: str, changes: Sequence[OffsetChange]) -> str:
    """Return a binary search in SQL: a zone with daylight saving has more than 500 changes until 2200."""
    if len(changes) == 1:
        return f"'{changes[0].seconds} seconds'"
    middle = len(changes) // 2
    since = f"{changes[middle].at:%Y-%m-%d %H:%M:%S}"
    later, earlier = (_choose_offset(moment, part) for part in (changes[middle:], changes[:middle]))
    return f"CASE WHEN {moment} >= '{since}' THEN {later} ELSE {earlier} END"


def _postgresql_local(element: Any, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    return f"{compiler.process(element.clauses, **more)} AT TIME ZONE '{local_zone()}'"
