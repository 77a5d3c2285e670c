"""Check filter values against the values that exist in the rules, the layers and the incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import QueryError
from geogrid.incidents.query_field import KnownValues, declared_fields
from geogrid.model import GRID_LAYERS, Layer
from geogrid.store.filter_values import area_codes, has_area, has_incident

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from geogrid.incidents.query import FilterValues, QueueQuery
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store

#: An error lists at most this number of values; the file of a layer lists them all.
MAX_LISTED: Final = 500
_MAX_IN_MESSAGE: Final = 50
_LAYERS: Final = {
    KnownValues.STREETS: (Layer.STREET,),
    KnownValues.COMMUNITIES: (Layer.COMMUNITY, Layer.VILLAGE),
    KnownValues.GRIDS: GRID_LAYERS,
}
#: The columns of incidents with values that the present rules may no longer contain.
_COLUMNS: Final = {
    KnownValues.CATEGORIES: "category",
    KnownValues.DEPARTMENTS: "department",
    KnownValues.SOURCES: "source",
    KnownValues.LEVELS: "level",
}


@dataclass(frozen=True, slots=True)
class _Lists:
    connection: Connection
    rules: RuleSet

    def has(self, known: KnownValues, value: str) -> bool:
        if known in _LAYERS:
            return has_area(self.connection, _LAYERS[known], value)
        return value in self._of_rules(known) or has_incident(self.connection, _COLUMNS[known], value)

    def names(self, known: KnownValues) -> list[str]:
        if known in _LAYERS:
            return area_codes(self.connection, _LAYERS[known], MAX_LISTED)
        return list(self._of_rules(known))

    def _of_rules(self, known: KnownValues) -> Collection[str]:
        return {
            KnownValues.CATEGORIES: self.rules.categories.nodes,
            KnownValues.DEPARTMENTS: sorted(self.rules.departments),
            KnownValues.SOURCES: self.rules.profile.sources,
            KnownValues.LEVELS: self.rules.profile.levels,
        }[known]


def check_values(store: Store, rules: RuleSet, values: FilterValues | QueueQuery) -> None:
    """Raise if a filter has a value that does not exist.

    A category, department, source or level exists if the rules define it or an incident has it, an area if any
    generation contains it.

    Raises
    ------
    QueryError
        With the code ``unknown_value`` and the values that exist.
    """
    known = ((field, getattr(values, name)) for name, field in declared_fields(type(values)).items() if field.known)
    chosen = [(field, one) for field, value in known for one in field.values(value)]
    if not chosen:
        return
    with store.read() as connection:
        lists = _Lists(connection, rules)
        for field, value in chosen:
            if field.known and not lists.has(field.known, value):
                raise _unknown(field.parameter, lists.names(field.known))


def check_choice(parameter: str, value: str, names: Sequence[str]) -> None:
    """Raise if a parameter has none of the values that exist.

    Raises
    ------
    QueryError
        With the code ``unknown_value`` and the values that exist.
    """
    if value not in names:
        raise _unknown(parameter, names)


def _unknown(parameter: str, names: Sequence[str]) -> QueryError:
    if not names:
        return QueryError(
            "The district has no value for this filter.",
            code="unknown_value",
            field=parameter,
            remedy="Leave the filter out.",
        )
    listed = ", ".join(names[:_MAX_IN_MESSAGE])
    more = ", …" if len(names) > _MAX_IN_MESSAGE else ""
    return QueryError(
        "This value does not exist.",
        code="unknown_value",
        field=parameter,
        remedy=f"These exist: {listed}{more}.",
        allowed=list(names),
    )
