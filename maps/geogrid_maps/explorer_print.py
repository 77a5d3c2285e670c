"""The grids as a printed sheet: those of the district, or of a street or community with their codes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Unpack

import shapely

from geogrid.model import GRID_LAYERS, Layer
from geogrid.stats.grids import grid_rows
from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.map_query import MapKind, View
from geogrid_maps.prints import LegendEntry, Print, PrintArea, PrintDistrict, PrintMap
from geogrid_maps.ui_texts import LAYERS, TITLES, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.model import Category
    from geogrid.stats.grids import GridRow
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.prints import Printing

#: Of ColorBrewer's Set2, lightened: the colour-blind tell them apart.
_FILLS: Final = {Layer.URBAN: "#fbe3d2", Layer.RURAL: "#e3f1cf", Layer.DEDICATED: "#8fd0b9"}


def print_explorer(
    backdrop: DistrictShapes,
    view: View,
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return the grids as a sheet to be drawn.

    Parameters
    ----------
    backdrop
        The district.
    view
        Which layer, street or community is meant. A street or community fills the sheet, and its grids have their
        codes.
    categories
        The names of the categories.
    how
        Of the print.
    """
    language = view.language
    rows = grid_rows(backdrop.areas, layer=view.layer, street=view.street, community=view.community)
    part = view.community or view.street
    # What is said of incidents means nothing here.
    meant = View(layer=view.layer, street=view.street, community=view.community, as_of=view.as_of, language=language)
    counts = Counter(row.layer for row in rows)
    legend = [
        LegendEntry(LAYERS[layer][language], _FILLS[layer], n=(counts[layer],))
        for layer in GRID_LAYERS
        if counts[layer]
    ]
    return Print(
        title=f"{text('district', language)} · {TITLES[MapKind.EXPLORER][language]}",
        lines=[*filter_words(backdrop, meant, categories)[1:], f"n = {len(rows):,} {text('grids', language)}"],
        maps=[_map(backdrop, rows, part)],
        legend_title=text("layer", language),
        legend=legend or [LegendEntry(text("nothing_found", language))],
        notes=[
            *([text("codes_note", language).format(prefix=part)] if part else []),
            layers_words(backdrop, language, restated=False),
        ],
        source=text("outline", language),
        synthetic=backdrop.generation.synthetic,
        language=language,
        **how,
    )


def _map(backdrop: DistrictShapes, rows: Sequence[GridRow], part: str | None) -> PrintMap:
    areas = [PrintArea(row.shape, _FILLS[row.layer]) for row in rows]
    ground = PrintDistrict.of(backdrop)
    if part is None or not rows:
        return PrintMap(ground, areas=areas)
    over = shapely.union_all([row.shape for row in rows if row.layer is Layer.DEDICATED])
    labels = [
        # A dedicated grid lies over others, whose codes stand beside it.
        (row.code.removeprefix(part), row.shape if row.layer is Layer.DEDICATED else row.shape.difference(over))
        for row in rows
    ]
    return PrintMap(ground, areas=areas, extent=shapely.union_all([row.shape for row in rows]), labels=labels)
