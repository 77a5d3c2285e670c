"""Use cases around many points at once: which layers a file of points is assigned to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import QueryError
from geogrid.layers.files import FieldMapping, read_file
from geogrid.locate.bulk.assignment_target import GRID_COLUMNS, AssignmentTarget, grid_target, polygon_target
from geogrid.locate.index import LayerIndex
from geogrid.locate.locator import Locator
from geogrid.services.layers import generation_at, load_generation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class ChosenTarget:
    """What points are to be assigned to.

    Attributes
    ----------
    target
        Ready to be asked.
    identity
        What tells it from others: a run is continued only with the same.
    notes
        What should be known about it, a sentence each.
    """

    target: AssignmentTarget
    identity: str
    notes: tuple[str, ...] = ()


def choose_generation(
    store: Store,
    *,
    number: int | None = None,
    moment: datetime | None = None,
    layers: Iterable[str] = tuple(GRID_COLUMNS),
) -> ChosenTarget:
    """Return a generation of layers, by default the one in force.

    Parameters
    ----------
    store
        Where it is.
    number
        Which one.
    moment
        Or the one in force at this moment.
    layers
        Which of ``base`` and ``dedicated``.

    Raises
    ------
    NotFoundError
        If there is none.
    QueryError
        If both a number and a moment are given.
    """
    if number is not None and moment is not None:
        raise QueryError("A generation is chosen by its number or by a moment, not by both.", code="generation_choice")
    chosen = generation_at(store, moment).id if number is None else number
    generation, frames = load_generation(store, chosen)
    notes = ("The layers are synthetic. 图层为合成示意。",) if generation.synthetic else ()
    return ChosenTarget(grid_target(Locator(generation, frames), layers), f"{generation.id} {generation.label}", notes)


def choose_polygons(
    path: Path, *, code_field: str | None = None, datum: str | None = None, table: str | None = None
) -> ChosenTarget:
    """Return the polygons of a file; no database is opened.

    Parameters
    ----------
    path
        A file that `geogrid.layers.files.read_file` can read.
    code_field
        The column with the codes; by default one with a usual name.
    datum
        The datum of the polygons, where the file does not say it.
    table
        The layer of a GeoPackage that has several.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    raw = read_file(path, layer=table, datum=datum, mapping=FieldMapping(code=code_field))
    polygons = LayerIndex(list(raw.frame["code"]), list(raw.frame.geometry))
    target, overlap = polygon_target(polygons, path.name)
    notes = ("Polygons overlap; where several hold a point, the lowest code answers. 多边形有重叠，取编码最小者。",)
    identity = f"{zlib.crc32(path.read_bytes()) if path.is_file() else 0:08x} {raw.mapping.code} {raw.datum}"
    return ChosenTarget(target, identity, (*raw.notes, *(notes if overlap else ())))
