"""A new report at the desk: its form, the places that are suggested, and what is known of a place before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.model import IncidentSource, Level, Role
from geogrid_maps import desk_levels
from geogrid_maps.desk import categories, render
from geogrid_maps.desk_refusals import REFUSALS
from geogrid_maps.formatting import name_of
from geogrid_maps.ui_texts import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.explanation import LayerExplanation
    from geogrid.locate.locator import Explained, Owner
    from geogrid.model import Actor, PlaceMatch, Point
    from geogrid.rules.routing import Route
    from geogrid_maps.desk_refusals import Refused

#: The datums on offer for coordinates that are pasted; the first is what nobody has chosen.
DATUMS: Final = {
    "": ("请选择", "choose"),
    "gcj02": ("GCJ-02（高德、腾讯、手机）", "GCJ-02 (AMap, Tencent, phones)"),
    "bd09": ("BD-09（百度）", "BD-09 (Baidu)"),
    "wgs84": ("WGS 84", "WGS 84"),
    "cgcs2000": ("CGCS2000", "CGCS2000"),
}


@dataclass(frozen=True, slots=True)
class How:
    """How urgent a report is, and whose: what may be chosen.

    Attributes
    ----------
    dispatches
        Whether who reports may dispatch it as well, and so may choose the department.
    route
        What the routing rules say; None as long as category or place are missing.
    by_rule
        The level of the rules in words.
    levels
        The levels that may be chosen instead, by their codes, in words.
    department, level
        What has been chosen; empty leaves it to the rules.
    """

    dispatches: bool
    route: Route | None
    by_rule: str
    levels: Mapping[str, str]
    department: str
    level: str


def how_of(
    rules: RuleSet, actor: Actor, language: Language, now: datetime, route: Route | None, kept: Mapping[str, str]
) -> How:
    """Return what may be chosen of how urgent a report is.

    Parameters
    ----------
    rules, actor, language, now
        The rules in force, who reports, the language of the page, and the present moment.
    route
        What the routing rules say; None as long as category or place are missing.
    kept
        The form as it stands: its ``category``, ``department`` and ``level``.
    """
    category = kept.get("category", "")
    dispatches = all(actor.roles & rules.workflow.transitions[action].roles for action in ("file", "dispatch"))
    # Who does not dispatch, or comes after a rule that has, can only raise it.
    only_above = route is not None and (route.dispatch or not dispatches)
    above = route.level if route and only_above else None if dispatches else Level.GRID
    return How(
        dispatches=dispatches,
        route=route,
        by_rule=desk_levels.words(rules, category, route.level, language, now) if route else "",
        levels=desk_levels.choices(rules, category, language, above=above, since=now),
        department=kept.get("department", ""),
        level=kept.get("level", ""),
    )


def how_part(how: How, rules: RuleSet, language: Language) -> str:
    """Return the part of the form that asks how urgent it is, as it comes beside another part."""
    return render("desk_how.html", language, how=how, departments=sorted(rules.departments), beside=True)


def new_part(
    rules: RuleSet,
    actor: Actor,
    language: Language,
    *,
    key: str,
    how: How,
    refused: Refused | None,
    kept: Mapping[str, str],
) -> str:
    """Return the form of a new report.

    Parameters
    ----------
    rules, actor, language
        The rules in force, who reports, and the language of the page.
    key
        That tells one report from another, so that one that is sent twice is kept once.
    how
        What may be chosen of how urgent it is.
    refused, kept
        Why the one before was not taken, and what was written in it.
    """
    return render(
        "desk_new.html",
        language,
        categories=categories(rules, language),
        sources={
            source.value: SOURCES[source][language] for source in IncidentSource if source is not IncidentSource.SYSTEM
        },
        datums={name: words[language is Language.EN] for name, words in DATUMS.items()},
        default_source=IncidentSource.PATROL if Role.GRID_WORKER in actor.roles else IncidentSource.HOTLINE,
        departments=sorted(rules.departments),
        key=key,
        how=how,
        beside=False,
        refused=refused,
        kept=dict(kept),
    )


def places_part(
    found: Sequence[PlaceMatch], note: str, datum: str, language: Language, *, given: Point | None = None
) -> str:
    """Return what a place box suggests.

    Parameters
    ----------
    found
        The places, the likeliest first.
    note
        What is to be said of them; may be empty.
    datum, given
        Of a point that was pasted: its datum, and the point as it was given.
    language
        Of the page.
    """
    return render("desk_places.html", language, found=found, note=note, datum=datum, given=given)


@dataclass(frozen=True, slots=True)
class ReportLocation:
    """What is known of a place before a report is made.

    Attributes
    ----------
    explained
        Its grids, and why.
    people
        Who answers for it, in words.
    duplicates
        What a report from there may be a duplicate of; None where no category has been chosen.
    reached
        Whether it lies within the bounds of who asks.
    """

    explained: Explained
    people: Sequence[str]
    duplicates: Sequence[Duplicate] | None
    reached: bool


def where_part(where: ReportLocation, rules: RuleSet, owners: Mapping[str, Owner], language: Language) -> str:
    """Return what is known of a place: grids, people, the nearest border and duplicates."""
    border = _nearest(where.explained.layers)
    beyond = owners.get(border.beyond or "") if border else None
    return render(
        "desk_where.html",
        language,
        where=where,
        place=where.explained.membership,
        border=border,
        beyond=beyond,
        refused=REFUSALS["out_of_bounds"][language],
        states={code.value: name_of(state, language) for code, state in rules.workflow.states.items()},
    )


def _nearest(layers: Sequence[LayerExplanation]) -> Any:  # noqa: ANN401 - the layer whose border is nearest, or None
    return min((one for one in layers if one.border_m is not None), key=lambda one: one.border_m or 0.0, default=None)
