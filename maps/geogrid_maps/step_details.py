"""Details of a step of an incident as labels and texts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geogrid.privacy import mask_personal
from geogrid.rules.vocabulary import name_code
from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.text_catalogue import read_texts
from geogrid_maps.ui_texts import has_text, text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Step

LABELS: Final = read_texts("step_labels")
#: Names of the values of `geogrid.locate.explanation.BorderRule`.
LOCATED: Final = read_texts("located")
_VALUES: Final = read_texts("step_values")
#: Details with the old and the new value.
_CHANGED: Final = (
    "due_at", "reopened_due_at", "close_due_at", "level", "department", "category", "description", "point",
    "accuracy_m", "grid",
)  # fmt: skip
_TIMES: Final = ("due_at", "reopened_due_at", "close_due_at", "limit_from", "was_due")
#: Details not shown as text: photos have images, and post ids mean nothing to users.
_HIDDEN: Final = ("photos", "before", "after", "on_duty", "wardens")


def details_of(step: Step, rules: RuleSet, language: Language) -> list[tuple[str, str]]:
    """Return the label and text of each detail, with telephone and identity numbers masked."""
    return [
        (_label(name, language), _words(name, value, step, rules, language))
        for name, value in step.details.items()
        if name not in _HIDDEN
    ]


def _label(name: str, language: Language) -> str:
    if name in LABELS:
        return LABELS[name][language]
    return text(name, language) if has_text(name) else name


def _words(name: str, value: Any, step: Step, rules: RuleSet, language: Language) -> str:  # noqa: ANN401 - JSON
    if name == "candidates" and isinstance(value, list):
        return ", ".join(f"{candidate['grid']} {candidate['metres']:.0f} m" for candidate in value)
    if isinstance(value, list):
        separator = " → " if len(value) == 2 and name in _CHANGED else ", "  # noqa: PLR2004 - a pair
        return separator.join(_part(name, part, rules, language) for part in value)
    if name == "recheck" and isinstance(value, dict):
        drawn = _VALUES["drawn" if value["drawn"] else "not_drawn"][language]
        return f"{drawn} ({value['value']:.4f} / {value['share']:g})"
    if name == "rule":
        return _rule(str(value), rules, language)
    if name in ("outcome", "mediation"):
        transition = rules.workflow.transitions.get(step.action)
        choices = (transition.outcomes if name == "outcome" else transition.mediations) if transition else {}
        chosen = choices.get(str(value))
        return name_of(chosen, language) if chosen else str(value)
    return _plain(name, value, rules, language)


def _rule(name: str, rules: RuleSet, language: Language) -> str:
    """Return the title of a rule, or its name if it is no longer active."""
    if name == "escalate_after":
        return _VALUES["escalated"][language]
    return next((rule.title for rule in rules.routing.rules if rule.name == name), name)


def _part(name: str, value: Any, rules: RuleSet, language: Language) -> str:  # noqa: ANN401 - JSON
    """Return the text of one value of a list."""
    if value is None:
        return "–"
    if name == "point":
        return f"{value['lon']:.6f}, {value['lat']:.6f} ({value['datum']})"
    return _plain(name, value, rules, language)


def _plain(name: str, value: Any, rules: RuleSet, language: Language) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        return _VALUES["yes" if value else "no"][language]
    if name in _TIMES and isinstance(value, str):
        return to_the_minute(datetime.fromisoformat(value))
    if name == "level":
        return name_code(rules.profile.levels, str(value), language)
    if name == "located" and value in LOCATED:
        return LOCATED[value][language]
    return mask_personal(str(value))
