"""The timeline: heat maps by month, week, day, day of the week or hour of the day, played as an animation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from geogrid.geo.datums import GCJ02
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.point_binning import CELL_DEG
from geogrid_maps.district_map import district_canvas
from geogrid_maps.heatmap import GRADIENT, heat_layer, heat_radius_m
from geogrid_maps.map_data import TimelineData
from geogrid_maps.map_page import Drawing, PageContent
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import STEPS, WEEKDAYS, text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.stats.animation_frames import AnimationFrame
    from geogrid.stats.point_binning import HeatCells
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_query import View

#: Unit of the coordinates in the page: cell centres are multiples of it. Cells in GCJ-02 are not: about one metre.
_UNIT_DEG = CELL_DEG / 2
_SHIFTED_UNIT_DEG = 1e-5


def gather_timeline(figures: MapFigures, view: View) -> TimelineData:
    """Count the incidents of a view by heat cell and time step."""
    selection = figures.select(view)
    return TimelineData(
        selection.shapes, selection.view, figures.rules, figures.animation(selection), query=selection.query
    )


def draw_timeline(data: TimelineData) -> Drawing:
    """Draw the timeline."""
    shapes, animation, language = data.shapes, data.animation, data.language
    unit = _SHIFTED_UNIT_DEG if shapes.datum == GCJ02 else _UNIT_DEG
    canvas = district_canvas(shapes, language)
    canvas.layers["heat"] = heat_layer(None, shapes, language).add_to(canvas.map)
    canvas.start(
        "geogridTimeline",
        shapes,
        language,
        unit=unit,
        heatRadius=heat_radius_m(animation.cell_deg),
        pictures=[
            {
                "label": picture_label(animation.step, picture, language),
                "count": picture.count,
                "cells": _pack_cells(picture.cells, shapes, unit),
            }
            for picture in animation.pictures
        ],
        words={name: text(name, language) for name in ("play", "pause", "incidents")},
    )
    legend = {"gradient": ", ".join(GRADIENT.values()), "densest": animation.largest, "pictures": animation.pictures}
    options = {"step": {step.value: STEPS[step][language] for step in TimeStep}}
    content = PageContent(MapKind.TIMELINE, data, animation.kpi, legend, options)
    return Drawing(canvas.map, content, ("district.js", "heatmap.js", "timeline.js"))


def _pack_cells(cells: HeatCells, shapes: DistrictShapes, unit: float) -> list[int]:
    """Return longitude, latitude in units of `unit` degrees and count of each cell, flat, for a short script."""
    lon, lat = shapes.to_map_datum(cells.lon, cells.lat)
    columns = (lon / unit, lat / unit, cells.count)
    flat: list[int] = np.stack(columns, axis=1).round().astype(np.int64).ravel().tolist()
    return flat


def picture_label(step: TimeStep, picture: AnimationFrame, language: Language) -> str:
    """Return the name of a time step."""
    if step is TimeStep.WEEKDAY:
        return WEEKDAYS[int(picture.key)][language]
    if step is TimeStep.HOUR:
        return f"{int(picture.key):02}:00–{int(picture.key):02}:59"
    day = date.fromisoformat(picture.key)
    if step is TimeStep.MONTH:
        return f"{day:%Y-%m}"
    return f"{text('week_of', language)} {day}" if step is TimeStep.WEEK else str(day)
