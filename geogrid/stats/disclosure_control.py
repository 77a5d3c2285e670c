"""Hide small counts in heat cells for anonymous users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.stats.point_binning import CELL_DEG, HeatCells, join_cells, merge_cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Minimum number of incidents in a published cell.
MIN_COUNT: Final = 3
#: Number of times the width of a cell is doubled: up to 0.7 km by 0.9 km at 40° north.
_STEPS: Final = 3


def hide_small_counts(cells: HeatCells) -> HeatCells:
    """Return cells of at least `MIN_COUNT` points: smaller counts are merged into larger cells, or left out.

    Parameters
    ----------
    cells
        Cells from `geogrid.stats.point_binning.bin_points`.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.stats.point_binning import bin_points
    >>> fine = bin_points(np.array([113.3001, 113.3012, 113.3013, 113.9]), np.array([40.0901, 40.0901, 40.0902, 40.5]))
    >>> coarse = hide_small_counts(fine)
    >>> coarse.lon.tolist(), coarse.lat.tolist(), coarse.count.tolist()
    ([113.301], [40.091], [3])
    """
    kept: list[HeatCells] = []
    for step in range(_STEPS + 1):
        if step:
            cells = merge_cells(cells, CELL_DEG * 2**step)
        enough = cells.count >= MIN_COUNT
        kept.append(_select(cells, enough))
        cells = _select(cells, ~enough)
    return join_cells(kept)


def _select(cells: HeatCells, mask: NDArray[np.bool_]) -> HeatCells:
    return HeatCells(cells.lon[mask], cells.lat[mask], cells.count[mask])
