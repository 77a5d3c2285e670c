"""Rendering of a page of the administration area, or an error page, with its navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid_maps.admin_texts import admin_text
from geogrid_maps.desk import render
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.page_context import FIGURES, INCIDENTS, LEDGER
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language
    from geogrid_maps.admin_sections import Section


_PAGE_NAMES: Final = {INCIDENTS: "incidents_page", FIGURES: "figures_page", LEDGER: "ledger_page"}


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """Frame of a page: language, user and navigation.

    Attributes
    ----------
    language
        Language of the page.
    here
        URL path of the page.
    district
        Name of the district; empty if the service has not started.
    who
        Name of the user; empty for anonymous users.
    links
        URL paths of the navigation bar that the user can open.
    sections
        Sections that the user can open.
    """

    language: Language
    here: str
    district: str = ""
    who: str = ""
    links: Sequence[str] = ()
    sections: Sequence[Section] = ()


def admin_page(template: str, frame: AdminFrame, **values: object) -> str:
    """Return a page of the administration area, or an error page."""
    language = frame.language
    return render(
        template,
        language,
        a=lambda key: admin_text(key, language),
        frame=frame,
        district=frame.district,
        links={path: page_name(path, language) for path in frame.links},
        **values,
    )


def page_name(path: str, language: Language) -> str:
    """Return the name of a page for links."""
    bare = path.split("?", maxsplit=1)[0]
    if bare == "/admin":
        return admin_text("admin", language)
    if bare == "/account":
        return admin_text("own_account", language)
    if bare in {"/desk", "/m"}:
        return desk_text("desk", language)
    return text(_PAGE_NAMES.get(bare, "maps_page"), language)
