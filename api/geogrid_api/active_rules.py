"""The rules that the service follows: those that geogrid ships, with the routing that was put in force last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.services.routing import find_active_decision_id, load_active_rules

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
        self._number = find_active_decision_id(store)
        self._current = load_active_rules(store, shipped, self._number) if self._number else shipped

    @property
    def current(self) -> RuleSet:
        """The rules in force now."""
        return self._current

    def refresh(self) -> None:
        """Take the rules in force now, if they are others."""
        number = find_active_decision_id(self._store)
        if number is not None and number != self._number:
            self._current = load_active_rules(self._store, self._shipped, number)
            self._number = number
