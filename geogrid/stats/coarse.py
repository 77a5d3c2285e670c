"""Heat cells for everybody's eyes: none that shows where one or two incidents lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.stats.density import CELL_DEG, HeatCells

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: So many incidents a cell has at least.
LEAST: Final = 3
#: How often a cell grows to twice its width and height, to eight times in all: 0.7 km by 0.9 km in Datong.
_STEPS: Final = 3


def coarsen(cells: HeatCells) -> HeatCells:
    """Merge cells of fewer than `LEAST` points into larger ones, until each has enough; leave out what remains.

    Parameters
    ----------
    cells
        From `geogrid.stats.density.bin_points`.

    Examples
    --------
    >>> from geogrid.stats.density import bin_points
    >>> fine = bin_points(np.array([113.3001, 113.3012, 113.3013, 113.9]), np.array([40.0901, 40.0901, 40.0902, 40.5]))
    >>> coarse = coarsen(fine)
    >>> coarse.lon.tolist(), coarse.lat.tolist(), coarse.count.tolist()
    ([113.301], [40.091], [3])
    """
    centres, count = np.stack([cells.lon, cells.lat], axis=1), cells.count
    kept: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
    for step in range(_STEPS + 1):
        if step:
            centres, count = _merge(centres, count, CELL_DEG * 2**step)
        enough = count >= LEAST
        kept.append((centres[enough], count[enough]))
        centres, count = centres[~enough], count[~enough]
    points = np.concatenate([some for some, _ in kept])
    return HeatCells(points[:, 0], points[:, 1], np.concatenate([counts for _, counts in kept]))


def _merge(
    centres: NDArray[np.float64], count: NDArray[np.int64], width: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the centres and counts of the cells of a width that some smaller cells lie in."""
    cells, inverse = np.unique(np.floor(centres / width), axis=0, return_inverse=True)
    sums = np.bincount(inverse.ravel(), weights=count, minlength=len(cells)).astype(np.int64)
    return ((cells + 0.5) * width).round(4), sums
