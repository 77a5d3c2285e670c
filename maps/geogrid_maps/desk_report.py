"""The form of a new report at the desk, place suggestions, and the details of a chosen place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.model import Role
from geogrid.rules.vocabulary import SourceUse
from geogrid_maps import desk_level_choices
from geogrid_maps.desk import categories, render
from geogrid_maps.desk_error_texts import REFUSALS
from geogrid_maps.formatting import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.explanation import LayerExplanation
    from geogrid.locate.locator import ExplainedMembership, Owner
    from geogrid.model import Actor, PlaceMatch, Point
    from geogrid.rules.routing import Route, RoutingCase
    from geogrid.rules.time_limits import CategoryLimits
    from geogrid_maps.desk_error_texts import Refused

#: Choices of the datum of pasted coordinates; with the first one, none is chosen.
DATUMS: Final = {
    "": ("请选择", "choose"),
    "gcj02": ("GCJ-02（高德、腾讯、手机）", "GCJ-02 (AMap, Tencent, phones)"),
    "bd09": ("BD-09（百度）", "BD-09 (Baidu)"),
    "wgs84": ("WGS 84", "WGS 84"),
    "cgcs2000": ("CGCS2000", "CGCS2000"),
}


@dataclass(frozen=True, slots=True)
class UrgencyChoices:
    """Choices of department and level of a report.

    Attributes
    ----------
    dispatches
        Whether the user can dispatch the report, and so choose the department.
    route
        Result of the routing rules; None without a category or place.
    by_rule
        Level set by the rules, as text.
    levels
        Other levels to choose from, by code, as text.
    department, level
        Chosen values; empty for those of the rules.
    """

    dispatches: bool
    route: Route | None
    by_rule: str
    levels: Mapping[str, str]
    department: str
    level: str


def urgency_choices(
    rules: RuleSet, actor: Actor, language: Language, now: datetime, case: RoutingCase | None, kept: Mapping[str, str]
) -> UrgencyChoices:
    """Return the choices of department and level of a report.

    Parameters
    ----------
    rules, actor, language, now
        The active rules, the user, the language of the page, and the current time.
    case
        What the rules test; None without a category or place.
    kept
        Values of the form: ``category``, ``department`` and ``level``.
    """
    category = kept.get("category", "")
    route: Route | None = None
    limits: CategoryLimits | None = None
    if case is not None:
        route = rules.route(case)
        limits = rules.due_times.limits.choose(case, rules.categories)
    elif category in rules.categories:
        limits = rules.due_times.limits.find(category, rules.categories)
    dispatches = all(actor.roles & rules.workflow.transitions[action].roles for action in ("file", "dispatch"))
    # Users who cannot dispatch, and reports that a rule dispatches, only allow higher levels.
    only_above = route is not None and (route.dispatch or not dispatches)
    above = route.level if route and only_above else None if dispatches else rules.profile.lowest_level
    return UrgencyChoices(
        dispatches=dispatches,
        route=route,
        by_rule=desk_level_choices.words(rules, limits, route.level, language, now) if route else "",
        levels=desk_level_choices.choices(rules, limits, language, above=above, since=now),
        department=kept.get("department", ""),
        level=kept.get("level", ""),
    )


def urgency_part(how: UrgencyChoices, rules: RuleSet, language: Language) -> str:
    """Return the urgency part of the form as HTML, sent beside another part."""
    return render("desk_how.html", language, how=how, departments=sorted(rules.departments), beside=True)


def new_part(
    rules: RuleSet,
    actor: Actor,
    language: Language,
    *,
    key: str,
    how: UrgencyChoices,
    refused: Refused | None,
    kept: Mapping[str, str],
) -> str:
    """Return the form of a new report as HTML.

    Parameters
    ----------
    rules, actor, language
        The active rules, the user, and the language of the page.
    key
        Idempotency key: a report that is sent twice is stored once.
    how
        Choices of department and level.
    refused, kept
        Error of the previous attempt, and its values.
    """
    profile, patrols = rules.profile, Role.GRID_WORKER in actor.roles
    return render(
        "desk_new.html",
        language,
        categories=categories(rules.categories.offered, rules.categories, language),
        is_tree=not rules.categories.is_flat,
        sources={code: source.label(language) for code, source in profile.sources.items() if source.at_desk},
        datums={name: words[language is Language.EN] for name, words in DATUMS.items()},
        default_source=(patrols and profile.default_source(SourceUse.PATROL)) or profile.default_source(SourceUse.DESK),
        departments=sorted(rules.departments),
        key=key,
        how=how,
        on_spot=rules.workflow.on_spot is not None and bool(actor.roles & rules.workflow.on_spot.roles),
        beside=False,
        refused=refused,
        kept=dict(kept),
    )


def places_part(
    found: Sequence[PlaceMatch], note: str, datum: str, language: Language, *, given: Point | None = None
) -> str:
    """Return the suggestions of the place field as HTML.

    Parameters
    ----------
    found
        Places, best match first.
    note
        Remark; may be empty.
    datum, given
        Datum and coordinates of a pasted point.
    language
        Language of the page.
    """
    return render("desk_places.html", language, found=found, note=note, datum=datum, given=given)


@dataclass(frozen=True, slots=True)
class ReportLocation:
    """Details of a chosen place.

    Attributes
    ----------
    explained
        Grids of the place, with an explanation.
    people
        Responsible people as text.
    duplicates
        Possible duplicates; None without a category.
    reached
        Whether the place lies within the bounds of the user.
    """

    explained: ExplainedMembership
    people: Sequence[str]
    duplicates: Sequence[Duplicate] | None
    reached: bool


def where_part(where: ReportLocation, rules: RuleSet, owners: Mapping[str, Owner], language: Language) -> str:
    """Return the details of a place as HTML: grids, people, nearest border, duplicates."""
    border = _nearest_border(where.explained.layers)
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


def _nearest_border(layers: Sequence[LayerExplanation]) -> LayerExplanation | None:
    with_border = [layer for layer in layers if layer.border_m is not None]
    return min(with_border, key=lambda layer: layer.border_m or 0.0, default=None)
