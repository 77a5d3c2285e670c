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
    from geogrid.rules.time_limits import CategoryLimits

UNITS: Final = {
    LimitUnit.CONTINUOUS_HOURS: {Language.ZH: "小时（昼夜连续）", Language.EN: "hours, nights included"},
    LimitUnit.WORKING_HOURS: {Language.ZH: "工作时", Language.EN: "working hours"},
    LimitUnit.WORKING_DAYS: {Language.ZH: "工作日", Language.EN: "working days"},
}


def choices(
    rules: RuleSet,
    limits: CategoryLimits | None,
    language: Language,
    *,
    above: str | None = None,
    since: datetime | None = None,
) -> dict[str, str]:
    """Return the levels to choose from, by code, as text.

    Parameters
    ----------
    rules
        The active rules.
    limits
        The time limits of the incident; None leaves them out: a running limit does not change.
    language
        Language of the page.
    above
        Only levels above this one; None for all.
    since
        Start of the time limit; None leaves out due times.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> rules = load_rules()
    >>> limits = rules.due_times.limits.find("Z06", rules.categories)
    >>> choices(rules, limits, Language.EN, above="leader")
    {'street': 'street office · 1 working day', 'district': 'district · 2 working days'}
    """
    return {level: words(rules, limits, level, language, since) for level in rules.profile.higher_levels(above)}


def words(
    rules: RuleSet, limits: CategoryLimits | None, level: str, language: Language, since: datetime | None = None
) -> str:
    """Return a level as text, with its time limit; see `choices`."""
    name = name_code(rules.profile.levels, level, language)
    if limits is None:
        return name
    limit = format_limit(limits.handle_limit(level), language)
    if since is None:
        return f"{name} · {limit}"
    due = rules.due_times.handle_due(limits, level, since).astimezone(local_zone()).strftime("%m-%d %H:%M")
    return f"{name} · {limit}，{due} 前" if language is Language.ZH else f"{name} · {limit}, by {due}"


def format_limit(limit: Limit, language: Language) -> str:
    """Return a time limit as text, such as ``4 working hours``."""
    unit = UNITS[limit.unit][language]
    if language is Language.EN and limit.amount == 1:
        unit = unit.replace("hours", "hour", 1).replace("days", "day", 1)
    return f"{limit.amount:g} {unit}"
