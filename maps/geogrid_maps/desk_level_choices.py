"""Handling levels to choose from at the desk, as texts with time limits and due times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.model import LimitUnit
from geogrid.rules.vocabulary import name_code

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Limit

UNITS: Final = {
    LimitUnit.CONTINUOUS_HOURS: {Language.ZH: "小时（昼夜连续）", Language.EN: "hours, nights included"},
    LimitUnit.WORKING_HOURS: {Language.ZH: "工作时", Language.EN: "working hours"},
    LimitUnit.WORKING_DAYS: {Language.ZH: "工作日", Language.EN: "working days"},
}


def choices(
    rules: RuleSet,
    category: str,
    language: Language,
    *,
    above: str | None = None,
    since: datetime | None = None,
    limits: bool = True,
) -> dict[str, str]:
    """Return the levels to choose from, by code, as text.

    Parameters
    ----------
    rules, category
        Source of the time limits; unknown categories have none.
    language
        Language of the page.
    above
        Only levels above this one; None for all.
    since
        Start of the time limit; None leaves out due times.
    limits
        False leaves out time limits: a running limit does not change.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> choices(load_rules(), "Z06", Language.EN, above="leader")
    {'street': 'street office · 1 working day', 'district': 'district · 2 working days'}
    """
    known = category if limits and category in rules.categories else None
    return {level: words(rules, known, level, language, since) for level in rules.profile.higher_levels(above)}


def words(rules: RuleSet, category: str | None, level: str, language: Language, since: datetime | None = None) -> str:
    """Return a level as text, with its time limit for a category; see `choices`."""
    name = name_code(rules.profile.levels, level, language)
    if category is None:
        return name
    limit = _limit(rules.due_times.handle_limit(category, level), language)
    if since is None:
        return f"{name} · {limit}"
    due = rules.due_times.handle_due(category, level, since).astimezone(local_zone()).strftime("%m-%d %H:%M")
    return f"{name} · {limit}，{due} 前" if language is Language.ZH else f"{name} · {limit}, by {due}"


def _limit(limit: Limit, language: Language) -> str:
    unit = UNITS[limit.unit][language]
    if language is Language.EN and limit.amount == 1:
        unit = unit.replace("hours", "hour", 1).replace("days", "day", 1)
    return f"{limit.amount:g} {unit}"
