"""Values that the templates of all map and table pages share: navigation, filters, state of the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.incidents.query import FIELDS
from geogrid.local_time import local_zone
from geogrid_maps.area_labels import page_text
from geogrid_maps.filter_panel import (
    chips,
    choices,
    gap_words,
    group_choices,
    hidden,
    layer_choices,
    moments,
    period,
    preset_chips,
)
from geogrid_maps.map_query import MapKind, View
from geogrid_maps.ui_texts import MAPS, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from geogrid.model import Generation
    from geogrid_maps.map_data import MapData

#: URL paths of the table pages, after the maps in the navigation bar.
INCIDENTS: Final = "/incidents"
FIGURES: Final = "/figures"
#: The ledger has its own filters and a frame like the administration area.
LEDGER: Final = "/ledger"


@dataclass(frozen=True, slots=True)
class PageContext:
    """State of the service that a page shows beside its content.

    Attributes
    ----------
    newest
        Day of the newest incident, the last day of the preset periods; None without incidents.
    versions
        Generations to choose from, see `geogrid.services.layer_generations.list_versions`.
    user
        Name of the user; empty for anonymous users.
    reads_ledger
        Whether the user may read the ledger.
    """

    newest: date | None = None
    versions: Sequence[tuple[datetime, Generation]] = ()
    user: str = ""
    reads_ledger: bool = False


def map_address(kind: MapKind) -> str:
    """Return the URL path of a map."""
    return f"/maps/{kind}"


def page_values(
    address: str,
    data: MapData,
    *,
    options: Mapping[str, Mapping[str, str]] | None = None,
    context: PageContext,
) -> dict[str, Any]:
    """Return the values of the templates ``bar.html`` and ``filters.html``.

    Parameters
    ----------
    address
        URL path of the page.
    data
        The generation, the filters and the rules.
    options
        Fields of the form that only this page has: attributes of `View`, each with its values and their names.
    context
        State of the service.
    """
    view, language, options = data.view, data.language, options or {}
    named = choices(data)
    compares = address == map_address(MapKind.COMPARE)
    layers = layer_choices(view, context.versions, other=compares)
    fields = [*named, *options, *layers, *(("from2", "to2") if compares else ())]
    return {
        "t": page_text(data.words),
        "district": data.words.name,
        "credit": data.words.credit,
        "zone": local_zone().key,
        "address": address,
        "pages": _pages(language),
        "view": view,
        "who": context.user,
        "ledger": LEDGER if context.reads_ledger else "",
        "period": period(view),
        "chips": chips(view, named),
        "presets": preset_chips(view, context.newest) if context.newest else [],
        "newest": context.newest,
        "options": options,
        "choices": group_choices(named, data.categories, language),
        "several": {name for name in named if FIELDS[name].several},
        "compares": compares,
        "layers": layers,
        "moments": moments(view),
        "gap": gap_words(data.shapes, language),
        "hidden": hidden(view, fields),
        "other": view.query(language=Language.EN if language is Language.ZH else Language.ZH),
        "plain": View(language=language).query(),
    }


def _pages(language: Language) -> dict[str, str]:
    maps = {map_address(kind): MAPS[kind][language] for kind in MapKind}
    return {**maps, INCIDENTS: text("incidents_page", language), FIGURES: text("figures_page", language)}
