"""What a step keeps beside its columns, in words: a label and a text each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.privacy import mask_personal
from geogrid_maps.formatting import name_of, to_the_minute
from geogrid_maps.ui_texts import has_text, text

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Step

ZH, EN = Language.ZH, Language.EN

LABELS: Final = {
    "called": {ZH: "呼叫部门", EN: "Departments called"},
    "candidates": {ZH: "可能的网格", EN: "Grids that it may belong to"},
    "card": {ZH: "督办卡", EN: "Card"},
    "joined": {ZH: "参加处置", EN: "Joins the handling"},
    "late": {ZH: "逾时到场", EN: "Came late"},
    "located": {ZH: "定位", EN: "Located"},
    "outcome": {ZH: "结果", EN: "Outcome"},
    "rating": {ZH: "评分", EN: "Rating"},
    "round": {ZH: "第几轮", EN: "Round"},
    "rule": {ZH: "规则", EN: "Rule"},
    "to": {ZH: "吹哨给", EN: "Called"},
    "was_due": {ZH: "应升级于", EN: "To be raised at"},
    "whistle": {ZH: "哨子", EN: "Whistle"},
}
#: How a place was found; as `geogrid.locate.explanation.BorderRule`.
LOCATED: Final = {
    "inside": {ZH: "在网格内", EN: "inside of the grid"},
    "border": {ZH: "恰在边界上", EN: "exactly on the border"},
    "lowest_code": {ZH: "在几个网格的边界上，取编码最小的", EN: "on the border of several: the lowest code"},
    "nearest": {ZH: "在界外不远，归最近的网格", EN: "just outside, drawn to the nearest grid"},
    "none": {ZH: "不在任何网格内", EN: "in no grid"},
}
_YES: Final = {True: {ZH: "是", EN: "yes"}, False: {ZH: "否", EN: "no"}}
_RAISED: Final = {ZH: "超过时限份额，自动升级", EN: "raised by itself, after its share of the limit"}
#: What steps tell as it was and as it is.
_MOVED: Final = ("due_at", "level", "department")
_MOMENTS: Final = ("due_at", "was_due")
#: For programs: photos are shown, and the numbers of posts say nothing to a reader.
_SILENT: Final = ("photos", "on_duty", "wardens")


def details_of(step: Step, rules: RuleSet, language: Language) -> list[tuple[str, str]]:
    """Return what a step says beside its columns, telephone and identity numbers masked."""
    return [
        (_label(name, language), _words(name, value, step, rules, language))
        for name, value in step.details.items()
        if name not in _SILENT
    ]


def _label(name: str, language: Language) -> str:
    if name in LABELS:
        return LABELS[name][language]
    return text(name, language) if has_text(name) else name


def _words(name: str, value: Any, step: Step, rules: RuleSet, language: Language) -> str:  # noqa: ANN401 - as kept
    if name == "candidates" and isinstance(value, list):
        return ", ".join(f"{one['grid']} {one['metres']:.0f} m" for one in value)
    if isinstance(value, list):
        separator = " → " if len(value) == 2 and name in _MOVED else ", "  # noqa: PLR2004 - a pair
        return separator.join(_plain(name, part, language) for part in value)
    if name == "rule":
        return _rule(str(value), rules, language)
    if name == "outcome":
        transition = rules.workflow.transitions.get(step.action)
        ending = transition.outcomes.get(str(value)) if transition else None
        return name_of(ending, language) if ending else str(value)
    return _plain(name, value, language)


def _rule(name: str, rules: RuleSet, language: Language) -> str:
    """Return a rule's title; of one that is in force no longer, its name."""
    if name == "escalate_after":
        return _RAISED[language]
    return next((rule.title for rule in rules.routing.rules if rule.name == name), name)


def _plain(name: str, value: Any, language: Language) -> str:  # noqa: ANN401 - whatever steps keep
    if isinstance(value, bool):
        return _YES[value][language]
    if name in _MOMENTS and isinstance(value, str):
        return to_the_minute(datetime.fromisoformat(value))
    if name == "level":
        return text(f"level_{value}", language)
    if name == "located" and value in LOCATED:
        return LOCATED[value][language]
    return mask_personal(str(value))
