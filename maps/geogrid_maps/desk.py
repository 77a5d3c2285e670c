"""Pages of the dispatch desk. Jinja escapes all text; data for scripts is JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from geogrid.constants import Language
from geogrid.model import Layer, Permission
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.permissions import has_permission
from geogrid_maps.admin_sections import SECTIONS
from geogrid_maps.admin_texts import admin_text
from geogrid_maps.category_choices import ChoiceGroup, group_categories
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.formatting import name_of
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.category_tree import CategoryTree
    from geogrid.model import Actor, Category
    from geogrid.rules.district_words import DistrictWords
    from geogrid_maps.district_shapes import DistrictShapes


def render(template: str, language: Language, **values: object) -> str:
    """Return a rendered template of the desk; its links keep the language of the page."""

    def at(path: str, **query: object) -> str:
        given = {name: value for name, value in query.items() if value not in (None, "")}
        if language is Language.EN:
            given["lang"] = language.value
        return f"{path}?{urlencode(given)}" if given else path

    return ENVIRONMENT.get_template(template).render(
        **values,
        language=language,
        at=at,
        d=lambda key: desk_text(key, language),
        t=lambda key: text(key, language),
    )


def categories(known: Mapping[str, Category], tree: CategoryTree, language: Language) -> list[ChoiceGroup]:
    """Return code and name of each known category by code, so that users can type either, in groups by 大类."""
    named = {code: f"{code} {name_of(category, language)}" for code, category in known.items()}
    return group_categories(named, tree, language)


def page(
    template: str,
    shapes: DistrictShapes,
    actor: Actor,
    words: DistrictWords,
    *,
    areas: str,
    parts: Mapping[str, object],
) -> str:
    """Return a complete page of the desk, for dispatchers or for phones.

    Parameters
    ----------
    template
        File name of the template.
    shapes, areas
        The active generation, and the URL path of its script.
    actor
        The user.
    words
        Words of the district, in the language of the page.
    parts
        Rendered parts and choices of filters.
    """
    west, south, east, north = shapes.bounds
    return render(
        template,
        words.language,
        district=words.name,
        credit=words.credit,
        borders={
            "streets": words.name_borders([Layer.STREET]),
            "communities": words.name_borders([Layer.COMMUNITY, Layer.VILLAGE]),
        },
        actor=actor,
        reports=has_permission(actor, Permission.INCIDENTS_REPORT),
        reads_ledger=has_permission(actor, Permission.LEDGER_READ),
        administers=any(
            has_permission(actor, permission) for section in SECTIONS for permission in section.permissions
        ),
        admin=admin_text("admin", words.language),
        areas=areas,
        bounds=[[south, west], [north, east]],
        base=shapes.base,
        synthetic=SyntheticShare(grids=shapes.generation.synthetic).describe(words.language),
        **parts,
    )
