"""The drawer: details of a selected grid beside the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geogrid.constants import Language
from geogrid.local_time import local_zone
from geogrid.rules.district_words import DistrictWords
from geogrid.rules.vocabulary import name_code
from geogrid.stats.rate_change import compare_rates
from geogrid_maps.area_labels import page_text
from geogrid_maps.formatting import format_change, name_of
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.ui_texts import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.category_tree import CategoryTree
    from geogrid.incidents.query import Standing
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident, Post
    from geogrid.model.synthetic_share import SyntheticShare
    from geogrid.services.figure_tables import FigureRow
    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.map_query import View


@dataclass(frozen=True, slots=True)
class DrawerFigures:
    """Details of a grid.

    Attributes
    ----------
    owner
        The grid, its community or village, and its street.
    km2
        Area in km².
    synthetic
        The synthetic part of the incidents and of the shapes.
    figures
        Figures of the filtered incidents in the grid, with the preceding period if the view has one.
    holders
        Posts of each person in office, masked for users who may not read people.
    latest
        Newest filtered incidents; None for users who may not read incidents.
    neighbours
        Code and name of each adjacent grid.
    days
        Days of the preceding and of the shown period; None without a period.
    gap
        Note on an incomplete restatement; empty if nothing is missing.
    """

    owner: Owner
    km2: float
    synthetic: SyntheticShare
    figures: FigureRow
    holders: Sequence[Sequence[Post]]
    latest: Sequence[Incident] | None
    neighbours: Sequence[tuple[str, str]]
    days: ComparedDays | None
    gap: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """An incident in a list."""

    number: int
    at: str
    category: str
    status: str


def drawer_part(found: DrawerFigures, view: View, rules: RuleSet) -> str:
    """Return the details of a grid as HTML.

    Parameters
    ----------
    found
        The details.
    view
        The filters and the language.
    rules
        The active rules.
    """
    language, words = view.language, DistrictWords.of(rules.profile, view.language)
    figures = found.figures
    before = next(iter(figures.compared.values()), None)
    received = figures.counts["received"]
    rates = {figure.code: figure.rate.value for figure in figures.figures}
    return ENVIRONMENT.get_template("drawer.html").render(
        t=page_text(words),
        grid=found.owner.grid,
        community=found.owner.community,
        street=found.owner.street,
        layer=words.layers.get(found.owner.grid.layer, ""),
        km2=found.km2,
        synthetic=found.synthetic.describe(language),
        received=received,
        density=received / found.km2 if found.km2 else None,
        open=figures.counts["open"],
        rates=rates,
        change=format_change(compare_rates(before.counts["received"], received, found.days))
        if before and found.days
        else "",
        people=[_person(posts, rules, language) for posts in found.holders],
        latest=None
        if found.latest is None
        else [_line(incident, rules.categories, language) for incident in found.latest],
        neighbours=found.neighbours,
        query=view.query(),
        language=language,
        gap=found.gap,
    )


def _person(posts: Sequence[Post], rules: RuleSet, language: Language) -> tuple[str, Post]:
    """Merge the posts of one person: return the names of the duties, and a post with all titles and phone numbers."""
    between = "、" if language is Language.ZH else ", "
    duties, titles, phones = (
        dict.fromkeys(filter(None, values))
        for values in (
            (name_code(rules.profile.duties, post.duty, language) for post in posts),
            (post.title for post in posts),
            (post.phone for post in posts),
        )
    )
    return between.join(duties), replace(posts[0], title=between.join(titles), phone=between.join(phones))


def _line(incident: Incident, categories: CategoryTree, language: Language) -> _Line:
    report = incident.report
    category = categories.nodes.get(report.category)
    name = report.category if category is None else name_of(category, language)
    standing: Standing = next(key for key in STATUSES if key.value == incident.progress.status)
    return _Line(
        incident.id, f"{report.reported_at.astimezone(local_zone()):%Y-%m-%d %H:%M}", name, STATUSES[standing][language]
    )
