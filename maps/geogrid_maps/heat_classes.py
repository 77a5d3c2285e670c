"""Heat in classes that a legend can name, the same for all maps of a sheet."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from geogrid_maps.heatmap import GRADIENT
from geogrid_maps.prints import LegendEntry, density_surface, heat_bands
from geogrid_maps.prints.heat_surface import SIGMA_M, class_counts, round_breaks
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language
    from geogrid.stats.density import HeatCells
    from geogrid_maps.prints import Band

_FILLS = tuple(GRADIENT.values())


def classify_heat(
    found: Sequence[HeatCells], language: Language, *, apart: bool = False
) -> tuple[list[Sequence[Band]], list[LegendEntry]]:
    """Return what is to be filled on each map, and the legend of all.

    Parameters
    ----------
    found
        The cells of each map.
    language
        That of the legend.
    apart
        Whether the legend counts each map by itself, or all of them together.
    """
    surfaces = [density_surface(cells.lon, cells.lat, cells.count) if len(cells.count) else None for cells in found]
    largest = max((float(surface.per_km2.max()) for surface in surfaces if surface), default=0.0)
    if not largest:
        return [() for _ in found], [LegendEntry(text("no_incident", language))]
    breaks = round_breaks(largest, len(_FILLS))
    fills = _FILLS[-len(breaks) :]
    bands: list[Sequence[Band]] = [heat_bands(surface, breaks, fills) if surface else () for surface in surfaces]
    counts = [
        class_counts(surface, cells.count, breaks) if surface else [0] * (len(breaks) + 1)
        for surface, cells in zip(surfaces, found, strict=True)
    ]
    labels = [
        text("class_under", language).format(lower=f"{breaks[0]:,g}"),
        *(f"{lower:,g} – {upper:,g}" for lower, upper in pairwise(breaks)),
        text("class_over", language).format(lower=f"{breaks[-1]:,g}"),
    ]
    legend = [
        LegendEntry(label, fill, n=n if apart else (sum(n),))
        for label, fill, n in zip(labels, (None, *fills), zip(*counts, strict=True), strict=True)
    ]
    # The densest stand on top, as on other maps of the office.
    return bands, legend[::-1]


def heat_notes(left_out: int, language: Language) -> list[str]:
    """Return how heat is made, and how many incidents are not in it."""
    return [
        text("kernel_note", language).format(sigma=f"{SIGMA_M:g}"),
        *([text("left_out_note", language).format(n=f"{left_out:,}")] if left_out else []),
    ]
