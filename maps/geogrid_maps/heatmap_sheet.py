"""The heat map as a printed sheet."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from geogrid_maps.heatmap import GRADIENT
from geogrid_maps.rail import filter_words
from geogrid_maps.sheet import Entry, Ground, Paper, Sheet, density_surface, heat_bands
from geogrid_maps.sheet.surface import SIGMA_M, class_counts, round_breaks
from geogrid_maps.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid.stats.density import HeatCells
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.sheet import Band
    from geogrid_maps.view import Language, View

_FILLS = tuple(GRADIENT.values())


def heatmap_sheet(
    backdrop: Backdrop,
    density: Density,
    view: View,
    categories: Mapping[str, Category],
    *,
    paper: Paper,
    printed: datetime,
) -> Sheet:
    """Return the heat map of a choice as a sheet to be drawn.

    Parameters
    ----------
    backdrop
        The district.
    density
        Where the incidents lie.
    view
        What was asked for; the sheet says it in words.
    categories
        The names of the categories.
    paper
        Its size.
    printed
        The moment that stands on it.
    """
    language, kpi = view.language, density.kpi
    bands, legend = _heat(density.cells, language)
    rate = kpi.handled_rate.value
    handled = "–" if rate is None else f"{rate:.0%}"
    total = f"n = {kpi.received:,} {text('incidents', language)} · {text('handled', language)} {handled}"
    return Sheet(
        title=text("heat_sheet", language),
        lines=[*filter_words(backdrop, view, categories), total],
        ground=Ground.of(backdrop),
        legend_title=text("heat_measure", language),
        legend=legend,
        notes=_notes(backdrop, density, language),
        source=text("outline", language),
        printed=printed,
        bands=bands,
        synthetic=bool(kpi.synthetic) or backdrop.generation.synthetic,
        paper=paper,
        language=language,
    )


def _heat(cells: HeatCells, language: Language) -> tuple[Sequence[Band], list[Entry]]:
    if not len(cells.count):
        return (), [Entry(text("empty", language))]
    surface = density_surface(cells.lon, cells.lat, cells.count)
    breaks = round_breaks(float(surface.per_km2.max()), len(_FILLS))
    counts = class_counts(surface, cells.count, breaks)
    labels = [
        text("class_under", language).format(lower=f"{breaks[0]:,g}"),
        *(f"{lower:,g} – {upper:,g}" for lower, upper in pairwise(breaks)),
        text("class_over", language).format(lower=f"{breaks[-1]:,g}"),
    ]
    fills = (None, *_FILLS[-len(breaks) :])
    legend = [Entry(label, fill, n=n) for label, fill, n in zip(labels, fills, counts, strict=True)]
    # The densest stand on top, as on other maps of the office.
    return heat_bands(surface, breaks, _FILLS[-len(breaks) :]), legend[::-1]


def _notes(backdrop: Backdrop, density: Density, language: Language) -> list[str]:
    generation, left_out = backdrop.generation, density.kpi.received - int(density.cells.count.sum())
    layers = f"{text('generation', language)} {generation.id} · {generation.label}"
    restated = density.kpi.generation is not None
    return [
        text("kernel_note", language).format(sigma=f"{SIGMA_M:g}"),
        *([text("left_out_note", language).format(n=f"{left_out:,}")] if left_out else []),
        f"{layers} · {text('restated', language)}" if restated else layers,
    ]
