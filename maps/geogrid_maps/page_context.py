"""What stands around a page for planners, be it a map or a table: the bar, the rail of filters and what is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid_maps.filter_panel import chips, choices, hidden, layer_choices, moments, period, preset_chips
from geogrid_maps.map_query import MapKind, View
from geogrid_maps.ui_texts import MAPS, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from geogrid.model import Category, Generation
    from geogrid_maps.district_shapes import DistrictShapes

#: The pages with tables, below the maps in the bar.
INCIDENTS: Final = "/incidents"
FIGURES: Final = "/figures"


@dataclass(frozen=True, slots=True)
class PageContext:
    """What the filters of a service offer beside those of every map.

    Attributes
    ----------
    newest
        The day of the newest incident, which the periods on offer end with; None where there is none.
    versions
        The layers, see `geogrid.services.layers.list_versions`.
    who
        The name of who is logged in; empty for nobody, who is offered to log in.
    """

    newest: date | None = None
    versions: Sequence[tuple[datetime, Generation]] = ()
    who: str = ""


def map_address(kind: MapKind) -> str:
    """Return the address of a map's page."""
    return f"/maps/{kind}"


def page_values(
    address: str,
    backdrop: DistrictShapes,
    view: View,
    categories: Mapping[str, Category],
    *,
    options: Mapping[str, Mapping[str, str]] | None = None,
    offer: PageContext,
) -> dict[str, Any]:
    """Return what the templates ``bar.html`` and ``filters.html`` ask for.

    Parameters
    ----------
    address
        The path of the page.
    backdrop, view, categories
        The district, what was asked for, and the names of the categories.
    options
        What this page alone lets one choose, above the filters: fields of `View`, each with its values and their names.
    offer
        What the service offers.
    """
    language, options = view.language, options or {}
    named = choices(backdrop, view, categories)
    compares = address == map_address(MapKind.COMPARE)
    layers = layer_choices(view, offer.versions, other=compares)
    fields = [*named, *options, *layers, *(("from2", "to2") if compares else ())]
    return {
        "t": lambda key: text(key, language),
        "address": address,
        "pages": _pages(language),
        "view": view,
        "who": offer.who,
        "period": period(view),
        "chips": chips(view, named),
        "presets": preset_chips(view, offer.newest) if offer.newest else [],
        "newest": offer.newest,
        "options": options,
        "choices": named,
        "compares": compares,
        "layers": layers,
        "moments": moments(view),
        "hidden": hidden(view, fields),
        "other": view.query(language=Language.EN if language is Language.ZH else Language.ZH),
        "plain": View(language=language).query(),
    }


def _pages(language: Language) -> dict[str, str]:
    maps = {map_address(kind): MAPS[kind][language] for kind in MapKind}
    return {**maps, INCIDENTS: text("incidents_page", language), FIGURES: text("figures_page", language)}
