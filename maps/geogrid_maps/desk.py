"""The dispatch desk: what its pages and their parts show. Text goes through Jinja's escapes, or as JSON into data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from geogrid.access import may
from geogrid.model import Permission, Role, Source
from geogrid_maps.desk_texts import say
from geogrid_maps.frame import ENVIRONMENT
from geogrid_maps.texts import SOURCES, text
from geogrid_maps.view import Language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.incidents.rulebook import Rulebook
    from geogrid.model import Actor, FoundPlace, Point
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.desk_refusals import Refused

#: The datums on offer for coordinates that are pasted; the first is what nobody has chosen.
DATUMS: Final = {
    "": ("请选择", "choose"),
    "gcj02": ("GCJ-02（高德、腾讯、手机）", "GCJ-02 (AMap, Tencent, phones)"),
    "bd09": ("BD-09（百度）", "BD-09 (Baidu)"),
    "wgs84": ("WGS 84", "WGS 84"),
    "cgcs2000": ("CGCS2000", "CGCS2000"),
}


def name_of(named: Any, language: Language) -> str:  # noqa: ANN401 - a category, state, transition or outcome
    """Return what something is called in a language."""
    return str(named.name if language is Language.ZH else named.name_en)


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
        d=lambda key: say(key, language),
        t=lambda key: text(key, language),
    )


def categories(rules: Rulebook, language: Language) -> dict[str, str]:
    """Return the categories by code, each with its code before its name, so that typing either finds it."""
    return {code: f"{code} {name_of(category, language)}" for code, category in rules.categories.items()}


def new_part(
    rules: Rulebook, actor: Actor, language: Language, *, key: str, refused: Refused | None, kept: Mapping[str, str]
) -> str:
    """Return the form of a new report.

    Parameters
    ----------
    rules, actor, language
        The rules in force, who reports, and the language of the page.
    key
        That tells one report from another, so that one that is sent twice is kept once.
    refused, kept
        Why the one before was not taken, and what was written in it.
    """
    return render(
        "desk_new.html",
        language,
        categories=categories(rules, language),
        sources={source.value: SOURCES[source][language] for source in Source if source is not Source.SYSTEM},
        datums={name: words[language is Language.EN] for name, words in DATUMS.items()},
        default_source=Source.PATROL if Role.GRID_WORKER in actor.roles else Source.HOTLINE,
        dispatches=all(actor.roles & rules.workflow.transitions[action].roles for action in ("file", "dispatch")),
        key=key,
        refused=refused,
        kept=dict(kept),
    )


def places_part(
    found: Sequence[FoundPlace], note: str, datum: str, language: Language, *, given: Point | None = None
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


def page(
    template: str, backdrop: Backdrop, actor: Actor, language: Language, *, areas: str, parts: Mapping[str, object]
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
        areas=areas,
        bounds=[[south, west], [north, east]],
        base=backdrop.base,
        synthetic=backdrop.generation.synthetic,
        **parts,
    )
