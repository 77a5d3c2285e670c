"""Cache of the active rules: the rules shipped with geogrid and the routing rules last activated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.services.routing import number_in_force, rules_in_force

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store


class RuleCache:
    """Cache of the active rules.

    Parameters
    ----------
    store
        Database with the activated routing rules.
    shipped
        Rules to use if no routing rules have been activated.
    """

    def __init__(self, store: Store, shipped: RuleSet) -> None:
        self._store = store
        self._shipped = shipped
        self._routing_id = number_in_force(store)
        self._current = rules_in_force(store, shipped, self._routing_id) if self._routing_id else shipped

    @property
    def current(self) -> RuleSet:
        """Active rules. A request should read them once, because `refresh` replaces them."""
        return self._current

    def refresh(self) -> None:
        """Reload the rules if other routing rules have been activated."""
        routing_id = number_in_force(self._store)
        if routing_id is not None and routing_id != self._routing_id:
            self._current = rules_in_force(self._store, self._shipped, routing_id)
            self._routing_id = routing_id
