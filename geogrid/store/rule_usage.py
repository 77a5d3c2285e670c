"""Queries on the values of rules that stored incidents use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, literal, select

from geogrid.model.incidents import ENDED_STATUSES
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table


@dataclass(frozen=True, slots=True)
class RuleUsage:
    """The number of incidents that use a value of the rules.

    Attributes
    ----------
    file, member
        The rule file, and its member with the permitted values.
    """

    file: str
    member: str
    value: str
    incidents: int


#: Columns of incidents, the rule file and member with their values, and whether only open incidents count.
_USES: Final = (
    (incidents.c.category, "categories.json", "categories", False),
    (incidents.c.level, "profile.toml", "levels", True),
)


def count_used_values(connection: Connection) -> Iterator[RuleUsage]:
    """Yield the number of incidents by category, and of open incidents by level of response."""
    for column, file, member, only_open in _USES:
        query = select(column, func.count()).where(column.is_not(None)).group_by(column).order_by(column)
        if only_open:
            query = query.where(incidents.c.status.not_in(ENDED_STATUSES))
        for value, count in connection.execute(query):
            yield RuleUsage(file, member, value, count)


def has_rows(connection: Connection, table: Table) -> bool:
    """Return whether a table has any row."""
    return connection.scalar(select(literal(1)).select_from(table).limit(1)) is not None
