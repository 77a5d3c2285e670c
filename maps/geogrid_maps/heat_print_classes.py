"""Classes of incidents per km² for printed heat maps, common to all maps of a print."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from geogrid_maps.heatmap import GRADIENT, name_cell
from geogrid_maps.prints import LegendEntry, density_surface, heat_bands
from geogrid_maps.prints.heat_surface import class_counts, kernel_sigma_m, round_breaks
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language
    from geogrid.stats.point_binning import HeatCells
    from geogrid_maps.prints import Band, PrintDistrict
    from geogrid_maps.prints.context import PrintContext

_FILLS = tuple(GRADIENT.values())


@dataclass(frozen=True, slots=True)
class HeatClasses:
    """Heat surfaces in classes: `bands` to fill on each map, and the legend of all maps."""

    bands: list[Sequence[Band]]
    legend: list[LegendEntry]


def classify_heat(
    cells_by_map: Sequence[HeatCells], district: PrintDistrict, language: Language, *, apart: bool = False
) -> HeatClasses:
    """Return the heat of several maps in common classes of incidents per km².

    Parameters
    ----------
    cells_by_map
        Heat cells of each map.
    district
        The district, whose size sets the kernel.
    language
        Language of the legend.
    apart
        Count the incidents of each map separately in the legend, instead of together.
    """
    sigma_m = kernel_sigma_m(district)
    surfaces = [
        density_surface(cells, district.projection, sigma_m) if len(cells.count) else None for cells in cells_by_map
    ]
    largest = max((float(surface.per_km2.max()) for surface in surfaces if surface), default=0.0)
    if not largest:
        return HeatClasses([() for _ in cells_by_map], [LegendEntry(text("no_incident", language))])
    breaks = round_breaks(largest, len(_FILLS), sigma_m)
    fills = _FILLS[-len(breaks) :]
    counts = [
        class_counts(surface, cells.count, breaks) if surface else [0] * (len(breaks) + 1)
        for surface, cells in zip(surfaces, cells_by_map, strict=True)
    ]
    legend = [
        LegendEntry(label, fill, n=n if apart else (sum(n),))
        for label, fill, n in zip(
            _class_labels(breaks, language), (None, *fills), zip(*counts, strict=True), strict=True
        )
    ]
    # The densest class stands on top, as in the centre's other maps.
    return HeatClasses([heat_bands(surface, breaks, fills) if surface else () for surface in surfaces], legend[::-1])


def _class_labels(breaks: Sequence[float], language: Language) -> list[str]:
    return [
        text("class_under", language).format(lower=f"{breaks[0]:,g}"),
        *(f"{lower:,g} – {upper:,g}" for lower, upper in pairwise(breaks)),
        text("class_over", language).format(lower=f"{breaks[-1]:,g}"),
    ]


def heat_notes(left_out: int, context: PrintContext) -> list[str]:
    """Return notes on the kernel, and on the number of incidents that are not drawn."""
    language = context.data.language
    sigma = f"{kernel_sigma_m(context.district):g}"
    return [
        name_cell("kernel_note", context.data.shapes, language, sigma=sigma),
        *([text("left_out_note", language).format(n=f"{left_out:,}")] if left_out else []),
    ]
