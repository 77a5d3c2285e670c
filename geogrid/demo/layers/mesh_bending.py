"""Bending the mesh a little towards the villages, and along the river: cities are straight, the country is not.

Only nodes move, and all blocks share them, so the mesh stays a mesh. The outline stays where it is, and so does the
old city with its surroundings, except for the river.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.demo.layers.lattice import METRES, Node, Ring, edges, started, units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: How far a node moves at most each way in the country, and across the river, in metres.
_COUNTRY_M: Final = 110.0
_RIVER_M: Final = 130.0
#: The size of a bend: about a half wave, in metres.
_CELL_M: Final = 3000.0
#: Half the side of the square around the old city in which nothing bends, and of that beyond which all does.
_CITY_M: Final = (2200.0, 5000.0)
#: Nearer to the outline than this the bend fades out.
_OUTLINE_M: Final = 900.0
#: The river's middle east of the old city; it takes along what lies within the first width, and less up to the second.
_RIVER_EAST_M: Final = 2800.0
_RIVER_WIDTH_M: Final = (500.0, 1600.0)
#: Cells of noise on each side of the old city: the district ends within.
_REACH: Final = 6


def bent(rings: Sequence[Ring], outline: Ring, rng: Random) -> list[Ring]:
    """Bend a mesh.

    Parameters
    ----------
    rings
        The blocks of the mesh, noded.
    outline
        The ring around them, with every node of theirs that lies on it; these stay.
    rng
        Draws the bends.

    Returns
    -------
    list of Ring
        The same blocks, in the same order, each beginning with its westernmost node.
    """
    nodes = sorted({node for ring in rings for node in ring})
    places = np.array(nodes, dtype=np.float64) * np.array(METRES)
    shifts = _shifts(places, np.array(edges(outline), dtype=np.float64) * np.array(METRES), rng)
    moved: dict[Node, Node] = {
        node: (node[0] + units(float(east), 0), node[1] + units(float(north), 1))
        for node, (east, north) in zip(nodes, shifts, strict=True)
    }
    return [started([moved[node] for node in ring]) for ring in rings]


def _shifts(places: Floats, outline: Floats, rng: Random) -> Floats:
    """Give each place its shift in metres, shape (n, 2)."""
    fade = _ease(_distance_m(places, outline) / _OUTLINE_M)
    away = np.maximum(np.abs(places[:, 0]), np.abs(places[:, 1]))
    country = fade * _ease((away - _CITY_M[0]) / (_CITY_M[1] - _CITY_M[0])) * _COUNTRY_M
    shifts = np.column_stack([country * _noise(places, rng) for _ in range(2)])
    beside = (np.abs(places[:, 0] - _RIVER_EAST_M) - _RIVER_WIDTH_M[0]) / (_RIVER_WIDTH_M[1] - _RIVER_WIDTH_M[0])
    along = np.column_stack([np.zeros(len(places)), places[:, 1]])
    shifts[:, 0] += fade * (1 - _ease(beside)) * _RIVER_M * _noise(along, rng)
    return shifts


def _noise(places: Floats, rng: Random) -> Floats:
    """Give a smooth value between -1 and 1 at each place: random corners of cells, eased in between."""
    side = 2 * _REACH + 1
    corners = np.array([[2 * rng.random() - 1 for _ in range(side)] for _ in range(side)])
    scaled = places / _CELL_M + _REACH
    cell = np.floor(scaled).astype(np.intp)
    part = _ease(scaled - cell)
    (i, j), (u, v) = cell.T, part.T
    low = corners[i, j] * (1 - u) + corners[i + 1, j] * u
    high = corners[i, j + 1] * (1 - u) + corners[i + 1, j + 1] * u
    noise: Floats = low * (1 - v) + high * v
    return noise


def _ease(value: Floats) -> Floats:
    """Rise smoothly from 0 at 0 to 1 at 1."""
    held = np.clip(value, 0.0, 1.0)
    eased: Floats = held * held * (3 - 2 * held)
    return eased


def _distance_m(places: Floats, segments: Floats) -> Floats:
    """Give the distance of each place from the nearest segment; plain products, no linear-algebra library."""
    start, run = segments[:, 0], segments[:, 1] - segments[:, 0]
    off_x, off_y = (places[:, None, axis] - start[None, :, axis] for axis in (0, 1))
    part = np.clip((off_x * run[:, 0] + off_y * run[:, 1]) / (run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]), 0, 1)
    gap_x, gap_y = off_x - part * run[:, 0], off_y - part * run[:, 1]
    nearest: Floats = np.sqrt(gap_x * gap_x + gap_y * gap_y).min(axis=1)
    return nearest
