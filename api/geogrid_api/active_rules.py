"""Cache of the active rules: the rules shipped with geogrid and the routing rules last activated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.category_tree import set_category_tree
from geogrid.services.routing_rules import find_active_decision_id, load_active_rules

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
        self._routing_id = find_active_decision_id(store)
        self._current = load_active_rules(store, shipped, self._routing_id) if self._routing_id else shipped
        set_category_tree(self._current.categories)

    @property
    def current(self) -> RuleSet:
        """Active rules. A request should read them once, because `refresh` replaces them."""
        return self._current

    def refresh(self) -> None:
        """Reload the rules if other routing rules have been activated."""
        routing_id = find_active_decision_id(self._store)
        if routing_id is not None and routing_id != self._routing_id:
            self._current = load_active_rules(self._store, self._shipped, routing_id)
            self._routing_id = routing_id
            set_category_tree(self._current.categories)
