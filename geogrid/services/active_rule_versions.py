"""The rule files that the service follows: their titles and versions, and since when they are active."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.services.rule_versions import list_rule_history, read_rule_texts

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.store.rule_versions import RuleActivation


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """An active rule file.

    Attributes
    ----------
    title, version
        As the file names itself.
    active_from, actor
        Since when its version is active, and who decided; None for the rules shipped with geogrid.
    """

    title: str
    version: str
    active_from: datetime | None
    actor: str | None


def list_active_rules(store: Store) -> list[ActiveRules]:
    """Return the files of the active rules in the order of the page."""
    active = _find_active(store)
    found = [
        tomllib.loads(text) if file.endswith(".toml") else json.loads(text)
        for file, text in read_rule_texts(store, active.version if active else None).items()
    ]
    since, actor = (active.active_from, active.actor) if active else (None, None)
    return [ActiveRules(content["title"], content["version"], since, actor) for content in found]


def _find_active(store: Store) -> RuleActivation | None:
    """Return the activation in force: of the active version the one with the latest start."""
    history, now = list_rule_history(store), datetime.now(UTC)
    begun = [
        one
        for one in history.activations
        if one.version == history.active and one.cancelled_at is None and one.active_from <= now
    ]
    return max(begun, key=lambda one: (one.active_from, one.id), default=None)
