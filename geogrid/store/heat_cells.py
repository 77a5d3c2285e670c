"""Counts of incidents by cell of a fine raster, computed in the database to keep results small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Integer, cast, func

from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.point_binning import CELL_DEG, HeatCells
from geogrid.store.sql_local_time import local_day, local_hour, local_weekday
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection

    from geogrid.store.incident_conditions import Choice

_KEYS: Final[Mapping[TimeStep, Any]] = {TimeStep.WEEKDAY: local_weekday, TimeStep.HOUR: local_hour}


def count_cells(connection: Connection, choice: Choice) -> HeatCells:
    """Return the incident count of each non-empty cell, ordered by longitude, then latitude."""
    cell = _cell_columns()
    query = choice.select(*cell, func.count()).group_by(*cell).order_by(*cell)
    return _to_heat_cells([tuple(row) for row in connection.execute(query)])


def count_cells_over_time(connection: Connection, choice: Choice, step: TimeStep) -> dict[str, HeatCells]:
    """Return the cell counts by hour, by day of the week, or by day for all other steps."""
    cell = _cell_columns()
    key = _KEYS.get(step, local_day)(incidents.c.reported_at)
    query = choice.select(key, *cell, func.count()).group_by(key, *cell)
    rows_by_key: dict[str, list[tuple[int, int, int]]] = {}
    for step_key, column, row, count in connection.execute(query):
        rows_by_key.setdefault(str(step_key), []).append((column, row, count))
    return {step_key: _to_heat_cells(rows) for step_key, rows in rows_by_key.items()}


def _cell_columns() -> tuple[ColumnElement[int], ColumnElement[int]]:
    # floor() is missing from some builds of SQLite; round() is not.
    return (
        cast(func.round(incidents.c.lon / CELL_DEG - 0.5), Integer),
        cast(func.round(incidents.c.lat / CELL_DEG - 0.5), Integer),
    )


def _to_heat_cells(rows: list[tuple[int, int, int]]) -> HeatCells:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    centres = ((table[:, :2].astype(np.float64) + 0.5) * CELL_DEG).round(4)
    return HeatCells(centres[:, 0], centres[:, 1], table[:, 2])
