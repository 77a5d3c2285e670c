"""Choice of the polygons to which a file of points is assigned: a generation of layers, or a polygon file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import QueryError
from geogrid.layers.files import FieldMapping, read_file
from geogrid.locate.bulk.assignment_target import GRID_COLUMNS, AssignmentTarget, grid_target, polygon_target
from geogrid.locate.locator import Locator
from geogrid.locate.tree_index import LayerIndex
from geogrid.services.layer_generations import generation_at, load_generation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class ChosenTarget:
    """A target of an assignment.

    Attributes
    ----------
    target
        The indexed polygons.
    identity
        An identifier of the target; an interrupted run resumes only with an equal identifier.
    notes
        Notes for the user, one sentence each.
    """

    target: AssignmentTarget
    identity: str
    notes: tuple[str, ...] = ()


def choose_generation(
    store: Store,
    *,
    generation_id: int | None = None,
    moment: datetime | None = None,
    layers: Iterable[str] = tuple(GRID_COLUMNS),
) -> ChosenTarget:
    """Return a generation as target, by default the active one.

    Parameters
    ----------
    store
        The database.
    generation_id
        The id of the generation.
    moment
        A time; the generation active at this time is used.
    layers
        ``base``, ``dedicated`` or both.

    Raises
    ------
    NotFoundError
        If the generation does not exist, or if none was active.
    QueryError
        If both an id and a time are given.
    """
    if generation_id is not None and moment is not None:
        raise QueryError("A generation is selected by id or by time, not by both.", code="generation_choice")
    selected_id = generation_at(store, moment).id if generation_id is None else generation_id
    generation, frames = load_generation(store, selected_id)
    notes = ("The layers are synthetic. 图层为合成示意。",) if generation.synthetic else ()
    return ChosenTarget(grid_target(Locator(generation, frames), layers), f"{generation.id} {generation.label}", notes)


def choose_polygons(
    path: Path, *, code_field: str | None = None, datum: str | None = None, table: str | None = None
) -> ChosenTarget:
    """Return the polygons of a file as target, without a database.

    Parameters
    ----------
    path
        A file for `geogrid.layers.files.read_file`.
    code_field
        The column of codes; by default a column with a usual name.
    datum
        The datum of the polygons; required if the file does not contain it.
    table
        The layer of a GeoPackage with several layers.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    raw = read_file(path, layer=table, datum=datum, mapping=FieldMapping(code=code_field))
    polygons = LayerIndex(list(raw.frame["code"]), list(raw.frame.geometry))
    target, overlap = polygon_target(polygons, path.name)
    notes = ("Polygons overlap; a point in several polygons gets the lowest code. 多边形有重叠，取编码最小者。",)
    identity = f"{zlib.crc32(path.read_bytes()) if path.is_file() else 0:08x} {raw.mapping.code} {raw.datum}"
    return ChosenTarget(target, identity, (*raw.notes, *(notes if overlap else ())))
