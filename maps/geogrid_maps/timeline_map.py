"""The timeline: heat picture by picture, by dates or by the clock, played or walked through."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from geogrid.geo.datums import GCJ02
from geogrid.stats.animation import TimeStep
from geogrid.stats.density import CELL_DEG
from geogrid_maps.district_map import district_canvas
from geogrid_maps.heatmap import GRADIENT, heat_layer, heat_radius_m
from geogrid_maps.map_query import MapKind
from geogrid_maps.page import Drawing, PageContent
from geogrid_maps.ui_texts import STEPS, WEEKDAYS, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.animation import Playback
    from geogrid.stats.animation import AnimationFrame
    from geogrid.stats.density import HeatCells
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View

#: Cells of every width have their centres on multiples of this; once they are shifted, on those of a metre or so.
_UNIT_DEG = CELL_DEG / 2
_SHIFTED_UNIT_DEG = 1e-5


def draw_timeline(backdrop: DistrictShapes, found: Playback, view: View, categories: Mapping[str, Category]) -> Drawing:
    """Draw the timeline; see `geogrid_maps.page` for its two ways out.

    Parameters
    ----------
    backdrop
        The district.
    found
        The pictures.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    """
    language = view.language
    unit = _SHIFTED_UNIT_DEG if backdrop.datum == GCJ02 else _UNIT_DEG
    canvas = district_canvas(backdrop, language)
    canvas.layers["heat"] = heat_layer(None, backdrop, language).add_to(canvas.map)
    canvas.start(
        "geogridTimeline",
        backdrop,
        language,
        unit=unit,
        heatRadius=heat_radius_m(found.cell_deg),
        pictures=[
            {
                "label": picture_label(found.step, picture, language),
                "count": picture.count,
                "cells": _packed(picture.cells, backdrop, unit),
            }
            for picture in found.pictures
        ],
        words={name: text(name, language) for name in ("play", "pause", "incidents")},
    )
    legend = {"gradient": ", ".join(GRADIENT.values()), "densest": found.largest, "pictures": found.pictures}
    options = {"step": {step.value: STEPS[step][language] for step in TimeStep}}
    scene = PageContent(MapKind.TIMELINE, backdrop, found.kpi, view, categories, legend, options)
    return Drawing(canvas.map, scene, ("district.js", "heatmap.js", "timeline.js"))


def _packed(cells: HeatCells, backdrop: DistrictShapes, unit: float) -> list[int]:
    """Return longitude, latitude, count of each cell on the picture, in one row, in whole units: short to write."""
    lon, lat = backdrop.on_picture(cells.lon, cells.lat)
    columns = (lon / unit, lat / unit, cells.count)
    flat: list[int] = np.stack(columns, axis=1).round().astype(np.int64).ravel().tolist()
    return flat


def picture_label(step: TimeStep, picture: AnimationFrame, language: Language) -> str:
    """Return what a picture is of, in words."""
    if step is TimeStep.WEEKDAY:
        return WEEKDAYS[int(picture.key)][language]
    if step is TimeStep.HOUR:
        return f"{int(picture.key):02}:00–{int(picture.key):02}:59"
    day = date.fromisoformat(picture.key)
    if step is TimeStep.MONTH:
        return f"{day:%Y-%m}"
    return f"{text('week_of', language)} {day}" if step is TimeStep.WEEK else str(day)
