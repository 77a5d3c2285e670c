"""The pages of the administration area and the error pages, with what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid_maps.admin_texts import admin_text
from geogrid_maps.desk import render
from geogrid_maps.desk_texts import desk_text
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language
    from geogrid_maps.admin_sections import Section


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """What stands around a page.

    Attributes
    ----------
    language
        Of the page.
    here
        The path of the page.
    who
        The name of the account; empty for nobody.
    links
        The paths in the bar that the account may open.
    sections
        The sections that it may open.
    """

    language: Language
    here: str
    who: str = ""
    links: Sequence[str] = ()
    sections: Sequence[Section] = ()


def admin_page(template: str, frame: AdminFrame, **values: object) -> str:
    """Render a page of the administration area, or an error page."""
    language = frame.language
    return render(
        template,
        language,
        a=lambda key: admin_text(key, language),
        frame=frame,
        links={path: page_name(path, language) for path in frame.links},
        **values,
    )


def page_name(path: str, language: Language) -> str:
    """Return the name of a page that a bar or an error page links to."""
    bare = path.split("?", maxsplit=1)[0]
    if bare == "/admin":
        return admin_text("admin", language)
    if bare == "/account":
        return admin_text("own_account", language)
    if bare in {"/desk", "/m"}:
        return desk_text("desk", language)
    return text({"/incidents": "incidents_page", "/figures": "figures_page"}.get(bare, "maps_page"), language)
