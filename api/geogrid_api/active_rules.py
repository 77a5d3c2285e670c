"""The rules that the service follows: those that geogrid ships, with the routing that was put in force last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.services.routing import number_in_force, rules_in_force

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store


class Rulings:
    """The rules in force; a request takes them once and follows them to its end.

    Parameters
    ----------
    store
        Where the decisions are.
    shipped
        The rules that hold until others are decided.
    """

    def __init__(self, store: Store, shipped: RuleSet) -> None:
        self._store = store
        self._shipped = shipped
        self._number = number_in_force(store)
        self._current = rules_in_force(store, shipped, self._number) if self._number else shipped

    @property
    def current(self) -> RuleSet:
        """The rules in force now."""
        return self._current

    def refresh(self) -> None:
        """Take the rules in force now, if they are others."""
        number = number_in_force(self._store)
        if number is not None and number != self._number:
            self._current = rules_in_force(self._store, self._shipped, number)
            self._number = number
