"""The rule sets that the service follows: their versions, and since when they are active."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geogrid.reference_files import included_path
from geogrid.store import routing_rules as table

if TYPE_CHECKING:
    from geogrid.store.database import Store

#: The reference files that hold rules, in the order of the page.
_FILES: Final = (
    "categories",
    "workflow",
    "limits",
    "calendar",
    "routing",
    "triage",
    "duplicates",
    "cards",
    "ledger",
    "figures",
    "roles",
    "themes",
)


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """A rule set that is active.

    Attributes
    ----------
    kind
        The name of the reference file without its ending.
    title, version
        As the rules name themselves.
    active_from, actor
        Since when a decision has made them active, and whose decision; None for rules of the reference files.
    """

    kind: str
    title: str
    version: str
    active_from: datetime | None = None
    actor: str | None = None


def list_active_rules(store: Store) -> list[ActiveRules]:
    """Return the rule sets that are active now, the activated routing rules in place of those of the file."""
    with store.read() as connection:
        number = table.find_decision_id(connection, table.ROUTING, datetime.now(UTC))
        decided = table.get_rule_set(connection, number) if number else None
    found = [_read_file(kind) for kind in _FILES]
    if decided is None:
        return found
    title = json.loads(decided.content)["title"]
    active = ActiveRules(table.ROUTING, title, decided.version, decided.active_from, decided.actor)
    return [active if rules.kind == table.ROUTING else rules for rules in found]


@lru_cache(maxsize=len(_FILES))
def _read_file(kind: str) -> ActiveRules:
    content = json.loads(included_path(f"{kind}.json").read_text(encoding="utf-8"))
    return ActiveRules(kind, content["title"], content["version"])
