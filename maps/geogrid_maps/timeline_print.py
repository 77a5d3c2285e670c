"""The timeline as a printed sheet: small maps of one scale, and a bar for each step."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Unpack

from geogrid.stats.animation import TimeStep, next_day
from geogrid.stats.density import join_cells
from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.heat_classes import classify_heat, heat_notes
from geogrid_maps.heatmap_print import format_total
from geogrid_maps.map_query import MapKind
from geogrid_maps.prints import Bar, Chart, Print, PrintDistrict, PrintMap
from geogrid_maps.timeline_map import picture_label
from geogrid_maps.ui_texts import STEPS, TITLES, WEEKDAYS, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.animation import Playback
    from geogrid.stats.animation import AnimationFrame
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Band, Printing

#: More maps than these are too small to be read: steps are then joined.
MOST_MAPS: Final = 24
_BY_CLOCK: Final = (TimeStep.WEEKDAY, TimeStep.HOUR)


def print_timeline(
    backdrop: DistrictShapes,
    found: Playback,
    view: View,
    categories: Mapping[str, Category],
    **how: Unpack[Printing],
) -> Print:
    """Return the timeline as a sheet to be drawn.

    Parameters
    ----------
    backdrop
        The district.
    found
        The pictures; where there are more than `MOST_MAPS`, each map joins several.
    view
        What was asked for; the sheet says it in words.
    categories
        The names of the categories.
    how
        Of the print.
    """
    language, kpi = view.language, found.kpi
    each = max(math.ceil(len(found.pictures) / MOST_MAPS), 1)
    groups = [found.pictures[first : first + each] for first in range(0, len(found.pictures), each)]
    cells = [join_cells([picture.cells for picture in group]) for group in groups]
    bands, legend = classify_heat(cells, language)
    step = STEPS[found.step][language]
    left_out = kpi.received - sum(int(part.count.sum()) for part in cells)
    joined = [text("joined_note", language).format(n=each)] if each > 1 else []
    return Print(
        title=f"{text('district', language)} · {TITLES[MapKind.TIMELINE][language]}",
        lines=[*filter_words(backdrop, view, categories), step, format_total(kpi, language)],
        maps=_maps(PrintDistrict.of(backdrop), found.step, groups, bands, view),
        legend_title=text("heat_measure", language),
        legend=legend,
        notes=[
            *([text("tiles_note", language)] if len(groups) > 1 else []),
            *joined,
            *heat_notes(left_out, language),
            layers_words(backdrop, language, restated=kpi.generation is not None),
        ],
        source=text("outline", language),
        chart=Chart(f"{text('count', language)} · {step}", _bars(found.step, groups, language)),
        synthetic=bool(kpi.synthetic) or backdrop.generation.synthetic,
        language=language,
        **how,
    )


def _maps(
    ground: PrintDistrict,
    step: TimeStep,
    groups: Sequence[Sequence[AnimationFrame]],
    bands: Sequence[Sequence[Band]],
    view: View,
) -> list[PrintMap]:
    maps = [
        PrintMap(ground, bands=filled, caption=_caption(step, group, view), n=sum(picture.count for picture in group))
        for group, filled in zip(groups, bands, strict=True)
    ]
    return maps or [PrintMap(ground)]


def _caption(step: TimeStep, group: Sequence[AnimationFrame], view: View) -> str:
    """Return what a map is of: a step by the clock, a month, or days, of which those beyond the period are not told."""
    if step in _BY_CLOCK or (step is TimeStep.MONTH and len(group) == 1):
        return picture_label(step, group[0], view.language)
    first = date.fromisoformat(group[0].key)
    last = next_day(step, date.fromisoformat(group[-1].key)) - timedelta(days=1)
    first, last = max(first, view.first or first), min(last, view.last or last)
    # The period stands beside the maps; where it is of one year, that need not stand on each.
    one_year = view.first and view.last and view.first.year == view.last.year
    days = [f"{day:%m-%d}" if one_year else str(day) for day in (first, last)]
    return " – ".join(dict.fromkeys(days))


def _bars(step: TimeStep, groups: Sequence[Sequence[AnimationFrame]], language: Language) -> list[Bar]:
    return [
        Bar(_short(step, picture.key, language), picture.count, place)
        for place, group in enumerate(groups)
        for picture in group
    ]


def _short(step: TimeStep, key: str, language: Language) -> str:
    if step is TimeStep.WEEKDAY:
        # 周一, Mon.
        return WEEKDAYS[int(key)][language][:3]
    if step is TimeStep.HOUR:
        return f"{int(key):02}"
    # Without the day of a month, without the year of a day.
    return key[:7] if step is TimeStep.MONTH else key[5:]
