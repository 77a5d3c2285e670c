"""Cache of the active rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.services.rule_versions import check_rules_in_use, find_active_version_id, load_active_rules

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store


class RuleCache:
    """Cache of the active rules.

    Parameters
    ----------
    store
        Database with the rules.

    Raises
    ------
    FileError
        If the rules in the database do not match their schema.
    ConflictError
        If stored incidents use values that the rules lack.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version_id = find_active_version_id(store)
        self._current = load_active_rules(store)
        check_rules_in_use(store, self._current)

    @property
    def version_id(self) -> int | None:
        """Id of the active version, or None if the shipped rules are active."""
        return self._version_id

    @property
    def current(self) -> RuleSet:
        """Active rules. A request should read them once, because `refresh` replaces them."""
        return self._current

    def refresh(self) -> None:
        """Reload the rules if another version has become active."""
        version_id = find_active_version_id(self._store)
        if version_id != self._version_id:
            self._current = load_active_rules(self._store)
            self._version_id = version_id
