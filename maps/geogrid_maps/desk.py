"""The dispatch desk: what its pages and their parts show. Text goes through Jinja's escapes, or as JSON into data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from geogrid.constants import Language
from geogrid.model import Permission
from geogrid.permissions import may
from geogrid_maps.admin_sections import SECTIONS
from geogrid_maps.admin_texts import admin_text
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.formatting import name_of
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor
    from geogrid_maps.district_shapes import DistrictShapes


def render(template: str, language: Language, **values: object) -> str:
    """Render a template of the desk; its addresses keep the language of the page."""

    def at(path: str, **query: object) -> str:
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        if language is Language.EN:
            asked["lang"] = language.value
        return f"{path}?{urlencode(asked)}" if asked else path

    return ENVIRONMENT.get_template(template).render(
        **values,
        language=language,
        at=at,
        d=lambda key: desk_text(key, language),
        t=lambda key: text(key, language),
    )


def categories(rules: RuleSet, language: Language) -> dict[str, str]:
    """Return the categories by code, each with its code before its name, so that typing either finds it."""
    return {code: f"{code} {name_of(category, language)}" for code, category in rules.categories.items()}


def page(
    template: str,
    backdrop: DistrictShapes,
    actor: Actor,
    language: Language,
    *,
    areas: str,
    parts: Mapping[str, object],
) -> str:
    """Return a whole page of the desk: for a dispatcher, or for a telephone.

    Parameters
    ----------
    template
        Which one.
    backdrop, areas
        The district, and the address that its shapes are served at.
    actor
        Whose page.
    language
        Of the page.
    parts
        What stands in it: finished parts, and choices of filters.
    """
    west, south, east, north = backdrop.bounds
    return render(
        template,
        language,
        actor=actor,
        reports=may(actor, Permission.INCIDENTS_REPORT),
        administers=any(may(actor, one) for section in SECTIONS for one in section.permissions),
        admin=admin_text("admin", language),
        areas=areas,
        bounds=[[south, west], [north, east]],
        base=backdrop.base,
        synthetic=backdrop.generation.synthetic,
        **parts,
    )
