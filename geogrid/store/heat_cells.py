"""Incidents counted by cells of a fine raster, in the database: what comes out is as small as what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Integer, cast, func

from geogrid.stats.animation import TimeStep
from geogrid.stats.density import CELL_DEG, HeatCells
from geogrid.store.local_time import local_day, local_hour, local_weekday
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection

    from geogrid.store.incident_conditions import Choice

_KEYS: Final[Mapping[TimeStep, Any]] = {TimeStep.WEEKDAY: local_weekday, TimeStep.HOUR: local_hour}


def count_cells(connection: Connection, choice: Choice) -> HeatCells:
    """Return the cells that the incidents of a choice lie in, ordered by longitude, then latitude."""
    places = _places()
    query = choice.select(*places, func.count()).group_by(*places).order_by(*places)
    return _cells([tuple(row) for row in connection.execute(query)])


def count_cells_over_time(connection: Connection, choice: Choice, step: TimeStep) -> dict[str, HeatCells]:
    """Return the cells by hour, by day of the week, or else by day."""
    places = _places()
    key = _KEYS.get(step, local_day)(incidents.c.reported_at)
    query = choice.select(key, *places, func.count()).group_by(key, *places)
    found: dict[str, list[tuple[int, int, int]]] = {}
    for when, column, row, count in connection.execute(query):
        found.setdefault(str(when), []).append((column, row, count))
    return {when: _cells(rows) for when, rows in found.items()}


def _places() -> tuple[ColumnElement[int], ColumnElement[int]]:
    # Every SQLite can round, not every one has a floor.
    return (
        cast(func.round(incidents.c.lon / CELL_DEG - 0.5), Integer),
        cast(func.round(incidents.c.lat / CELL_DEG - 0.5), Integer),
    )


def _cells(rows: list[tuple[int, int, int]]) -> HeatCells:
    found = np.array(rows, dtype=np.int64).reshape(-1, 3)
    centres = ((found[:, :2].astype(np.float64) + 0.5) * CELL_DEG).round(4)
    return HeatCells(centres[:, 0], centres[:, 1], found[:, 2])
