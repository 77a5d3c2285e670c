"""Displacement of mesh nodes, so that borders are curved in the villages and along the river.

The blocks share their nodes, so the mesh stays valid. The outline does not move, nor does the old city with its
surroundings, except along the river.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.demo.layers.lattice import METRES, Node, Ring, edges, rotate_to_start, to_units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Maximum displacement of a node in the villages, and at the river, in metres.
_COUNTRY_M: Final = 110.0
_RIVER_M: Final = 130.0
#: Size of a noise cell, about half a wave, in metres.
_CELL_M: Final = 3000.0
#: Half the side of the square around the old city without displacement, and of the square beyond which it is full.
_CITY_M: Final = (2200.0, 5000.0)
#: Distance from the outline, in metres, within which the displacement decreases to 0.
_OUTLINE_M: Final = 900.0
#: Distance of the river from the old city, and the half widths of full and of decreasing displacement, in metres.
_RIVER_EAST_M: Final = 2800.0
_RIVER_WIDTH_M: Final = (500.0, 1600.0)
#: Number of noise cells on each side of the old city; they cover the district.
_REACH: Final = 6


def bend_mesh(rings: Sequence[Ring], outline: Ring, rng: Random) -> list[Ring]:
    """Return a mesh with displaced nodes.

    Parameters
    ----------
    rings
        The blocks of the mesh with shared nodes.
    outline
        The outer ring with all nodes of the blocks on it; these stay.
    rng
        The random stream.

    Returns
    -------
    list of Ring
        The blocks in the same order, each beginning with its westernmost node.
    """
    nodes = sorted({node for ring in rings for node in ring})
    points = np.array(nodes, dtype=np.float64) * np.array(METRES)
    shifts = _shifts(points, np.array(edges(outline), dtype=np.float64) * np.array(METRES), rng)
    moved: dict[Node, Node] = {
        node: (node[0] + to_units(float(east), 0), node[1] + to_units(float(north), 1))
        for node, (east, north) in zip(nodes, shifts, strict=True)
    }
    return [rotate_to_start([moved[node] for node in ring]) for ring in rings]


def _shifts(points: Floats, outline: Floats, rng: Random) -> Floats:
    """Return the displacement of each point in metres, shape (n, 2)."""
    fade = _smoothstep(_distance_m(points, outline) / _OUTLINE_M)
    away = np.maximum(np.abs(points[:, 0]), np.abs(points[:, 1]))
    country = fade * _smoothstep((away - _CITY_M[0]) / (_CITY_M[1] - _CITY_M[0])) * _COUNTRY_M
    shifts = np.column_stack([country * _noise(points, rng) for _ in range(2)])
    river_distance = (np.abs(points[:, 0] - _RIVER_EAST_M) - _RIVER_WIDTH_M[0]) / (
        _RIVER_WIDTH_M[1] - _RIVER_WIDTH_M[0]
    )
    along = np.column_stack([np.zeros(len(points)), points[:, 1]])
    shifts[:, 0] += fade * (1 - _smoothstep(river_distance)) * _RIVER_M * _noise(along, rng)
    return shifts


def _noise(points: Floats, rng: Random) -> Floats:
    """Return value noise between -1 and 1 at each point, shape (n,)."""
    side = 2 * _REACH + 1
    corners = np.array([[2 * rng.random() - 1 for _ in range(side)] for _ in range(side)])
    scaled = points / _CELL_M + _REACH
    cell = np.floor(scaled).astype(np.intp)
    part = _smoothstep(scaled - cell)
    (i, j), (u, v) = cell.T, part.T
    low = corners[i, j] * (1 - u) + corners[i + 1, j] * u
    high = corners[i, j + 1] * (1 - u) + corners[i + 1, j + 1] * u
    noise: Floats = low * (1 - v) + high * v
    return noise


def _smoothstep(value: Floats) -> Floats:
    """Return the smoothstep function, which rises from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0.0, 1.0)
    smoothed: Floats = clipped * clipped * (3 - 2 * clipped)
    return smoothed


def _distance_m(points: Floats, segments: Floats) -> Floats:
    """Return the distance of each point from the nearest segment, without BLAS."""
    start, run = segments[:, 0], segments[:, 1] - segments[:, 0]
    off_x, off_y = (points[:, None, axis] - start[None, :, axis] for axis in (0, 1))
    part = np.clip((off_x * run[:, 0] + off_y * run[:, 1]) / (run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]), 0, 1)
    gap_x, gap_y = off_x - part * run[:, 0], off_y - part * run[:, 1]
    nearest: Floats = np.sqrt(gap_x * gap_x + gap_y * gap_y).min(axis=1)
    return nearest
