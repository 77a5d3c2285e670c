"""The timeline as a print: small maps with one colour scale, and a bar chart."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.stats.animation_frames import TimeStep, next_frame_day
from geogrid.stats.point_binning import join_cells
from geogrid_maps.heat_print_classes import classify_heat, heat_notes
from geogrid_maps.heatmap_print import format_total
from geogrid_maps.map_query import MapKind
from geogrid_maps.prints import Bar, Chart, PrintMap
from geogrid_maps.prints.context import PrintContext
from geogrid_maps.timeline_map import picture_label
from geogrid_maps.ui_texts import STEPS, WEEKDAYS, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.constants import Language
    from geogrid.stats.animation_frames import AnimationFrame
    from geogrid_maps.map_data import TimelineData
    from geogrid_maps.map_query import View
    from geogrid_maps.prints import Band, Print, PrintDistrict, Printing

#: Maps of a print that are still large enough to read.
MAX_MAPS: Final = 24
_BY_CLOCK: Final = (TimeStep.WEEKDAY, TimeStep.HOUR)


def print_timeline(data: TimelineData, printing: Printing) -> Print:
    """Return the timeline as a print. Above `MAX_MAPS` time steps, each map joins several."""
    context, animation, language = PrintContext(data, printing), data.animation, data.language
    kpi = animation.kpi
    each = max(math.ceil(len(animation.pictures) / MAX_MAPS), 1)
    groups = [animation.pictures[first : first + each] for first in range(0, len(animation.pictures), each)]
    cells = [join_cells([picture.cells for picture in group]) for group in groups]
    heat = classify_heat(cells, context.district, language)
    step = STEPS[animation.step][language]
    left_out = kpi.received - sum(int(part.count.sum()) for part in cells)
    return context.fill(
        title=context.title(MapKind.TIMELINE),
        lines=[*context.filters(), step, format_total(kpi, language)],
        maps=_maps(context.district, animation.step, groups, heat.bands, data.view),
        legend_title=text("heat_measure", language),
        legend=heat.legend,
        notes=[
            *([text("tiles_note", language)] if len(groups) > 1 else []),
            *([text("joined_note", language).format(n=each)] if each > 1 else []),
            *heat_notes(left_out, context),
            context.layers(restated=kpi.generation is not None),
        ],
        chart=Chart(f"{text('count', language)} · {step}", _bars(animation.step, groups, language)),
        synthetic=kpi.share(data.shapes.generation),
    )


def _maps(
    district: PrintDistrict,
    step: TimeStep,
    groups: Sequence[Sequence[AnimationFrame]],
    bands: Sequence[Sequence[Band]],
    view: View,
) -> list[PrintMap]:
    maps = [
        PrintMap(district, bands=filled, caption=_caption(step, group, view), n=sum(picture.count for picture in group))
        for group, filled in zip(groups, bands, strict=True)
    ]
    return maps or [PrintMap(district)]


def _caption(step: TimeStep, group: Sequence[AnimationFrame], view: View) -> str:
    """Return the time step of a map, or its days within the period."""
    if step in _BY_CLOCK or (step is TimeStep.MONTH and len(group) == 1):
        return picture_label(step, group[0], view.language)
    first = date.fromisoformat(group[0].key)
    last = next_frame_day(step, date.fromisoformat(group[-1].key)) - timedelta(days=1)
    first, last = max(first, view.first or first), min(last, view.last or last)
    # The print states the period: captions need no year within one year.
    one_year = view.first and view.last and view.first.year == view.last.year
    days = [f"{day:%m-%d}" if one_year else str(day) for day in (first, last)]
    return " – ".join(dict.fromkeys(days))


def _bars(step: TimeStep, groups: Sequence[Sequence[AnimationFrame]], language: Language) -> list[Bar]:
    return [
        Bar(_bar_label(step, picture.key, language), picture.count, place)
        for place, group in enumerate(groups)
        for picture in group
    ]


def _bar_label(step: TimeStep, key: str, language: Language) -> str:
    if step is TimeStep.WEEKDAY:
        # 周一, Mon
        return WEEKDAYS[int(key)][language][:3]
    if step is TimeStep.HOUR:
        return f"{int(key):02}"
    # Months without a day, days without a year.
    return key[:7] if step is TimeStep.MONTH else key[5:]
