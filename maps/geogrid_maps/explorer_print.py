"""The grids as a print: of the district, or of a street or community with the codes of its grids."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.model import GRID_LAYERS, Layer
from geogrid.model.synthetic_share import SyntheticShare
from geogrid_maps.map_data_files import selected_grids
from geogrid_maps.map_query import MapKind, View
from geogrid_maps.prints import LegendEntry, PrintArea, PrintMap
from geogrid_maps.prints.context import PrintContext
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.stats.grid_list import GridRow
    from geogrid_maps.map_data import ExplorerData
    from geogrid_maps.prints import Print, PrintDistrict, Printing

#: ColorBrewer's Set2, lightened: safe for colour-blind readers.
_FILLS: Final = {Layer.URBAN: "#fbe3d2", Layer.RURAL: "#e3f1cf", Layer.DEDICATED: "#8fd0b9"}


def print_explorer(data: ExplorerData, printing: Printing) -> Print:
    """Return the grids of the chosen layer, street or community as a print.

    A street or community fills the map, and its grids show their codes.
    """
    view, language = data.view, data.language
    rows = selected_grids(data)
    part = view.community or (view.street[0] if view.street and len(view.street) == 1 else None)
    prefix = _common_prefix(rows, part) if part else ""
    # Filters of incidents do not change this print, so it does not name them.
    used = View(layer=view.layer, street=view.street, community=view.community, as_of=view.as_of, language=language)
    context = PrintContext(replace(data, view=used), printing)
    counts = Counter(row.layer for row in rows)
    legend = [
        LegendEntry(data.words.layers.get(layer, layer), _FILLS[layer], n=(counts[layer],))
        for layer in GRID_LAYERS
        if counts[layer]
    ]
    return context.fill(
        title=context.title(MapKind.EXPLORER),
        lines=[*context.filters()[1:], f"n = {len(rows):,} {text('grids', language)}"],
        maps=[_part_map(context.district, rows, prefix) if part and rows else _map(context.district, rows)],
        legend_title=text("layer", language),
        legend=legend or [LegendEntry(text("nothing_found", language))],
        notes=[
            *([text("codes_note", language).format(prefix=prefix)] if prefix else []),
            context.layers(restated=data.kpi.generation is not None),
        ],
        synthetic=SyntheticShare(grids=data.shapes.generation.synthetic),
    )


def _common_prefix(rows: Sequence[GridRow], part: str) -> str:
    """Return the beginning of all codes that their labels omit, if possible the code of the street or community."""
    codes = [row.code for row in rows]
    if all(code.startswith(part) for code in codes):
        return part
    shared = takewhile(lambda characters: len(set(characters)) == 1, zip(*codes, strict=False))
    prefix = "".join(first for first, *_ in shared)
    return "" if prefix in codes else prefix


def _map(district: PrintDistrict, rows: Sequence[GridRow]) -> PrintMap:
    return PrintMap(district, areas=[PrintArea(row.shape, _FILLS[row.layer]) for row in rows])


def _part_map(district: PrintDistrict, rows: Sequence[GridRow], prefix: str) -> PrintMap:
    dedicated = shapely.union_all([row.shape for row in rows if row.layer is Layer.DEDICATED])
    labels = [
        # Codes of base grids stand beside the dedicated grids that lie over them.
        (row.code.removeprefix(prefix), row.shape if row.layer is Layer.DEDICATED else row.shape.difference(dedicated))
        for row in rows
    ]
    return replace(_map(district, rows), extent=shapely.union_all([row.shape for row in rows]), labels=labels)
