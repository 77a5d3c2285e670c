"""Rules that a service follows in place of those in its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid_api.active_rules import RuleCache

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet


class FixedRules(RuleCache):
    """Cache of rules that no activation replaces. Unlike its base, it does not compare them with stored incidents."""

    def __init__(self, rules: RuleSet) -> None:
        self._current = rules
        self._version_id = None

    def refresh(self) -> None:
        """Keep the rules."""
