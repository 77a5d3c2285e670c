"""Hot areas: hot-spot grids that touch each other, ranked by the incidents above the expected number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libpysal.graph import Graph
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HotArea:
    """Contiguous grids with significantly bad values.

    Attributes
    ----------
    codes
        Codes of the grids, the most significant first.
    n
        Number of incidents of the measure's base in the grids; None if hidden.
    observed
        Number of incidents that the measure counts, see `geogrid.stats.measures.count_excess`; None if hidden.
    expected
        Expected number of these; None if hidden, or if the measure has none.
    excess
        ``observed - expected``, or None.
    """

    codes: tuple[str, ...]
    n: int | None
    observed: int | None
    expected: float | None
    excess: float | None


@dataclass(frozen=True, slots=True, eq=False)
class GridCounts:
    """Counts of the grids for hot areas.

    Attributes
    ----------
    codes
        Codes of the grids.
    base, observed
        Incidents of the measure's base, and those that the measure counts, shape (n,).
    expected
        Expected number of the latter, shape (n,), or None.
    hidden
        Grids whose counts must not be published, shape (n,).
    """

    codes: Sequence[str]
    base: Whole
    observed: Whole
    expected: Floats | None
    hidden: Mask


def rank_hot_areas(bad: Mask, z: Floats, neighbours: Graph, counts: GridCounts) -> tuple[HotArea, ...]:
    """Return the contiguous bad grids by descending excess, or by descending distance of z from 0 without one.

    Parameters
    ----------
    bad
        Grids to list, shape (n,).
    z
        Standard scores of the grids, shape (n,).
    neighbours
        Graph of the grids, from `geogrid.stats.hotspots.find_neighbours`.
    counts
        Counts of the grids.
    """
    rows = np.flatnonzero(bad)
    if not len(rows):
        return ()
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - slow to import

    _, labels = connected_components(neighbours.sparse.tocsr()[rows][:, rows], directed=False)
    parts = (rows[labels == label] for label in range(labels.max() + 1))
    ordered = [part[np.argsort(-np.abs(z[part]), kind="stable")] for part in parts]
    rank = -np.abs(z) if counts.expected is None else counts.expected - counts.observed
    ordered.sort(key=lambda part: float(rank[part].sum() if counts.expected is not None else rank[part].min()))
    return tuple(_make_area(part, counts) for part in ordered)


def _make_area(part: Whole, counts: GridCounts) -> HotArea:
    codes = tuple(counts.codes[row] for row in part.tolist())
    # The sum minus the published counts would be the hidden count.
    if counts.hidden[part].any():
        return HotArea(codes, None, None, None, None)
    observed = int(counts.observed[part].sum())
    expected = None if counts.expected is None else float(counts.expected[part].sum())
    return HotArea(
        codes=codes,
        n=int(counts.base[part].sum()),
        observed=observed,
        expected=None if expected is None else round(expected, 1),
        excess=None if expected is None else round(observed - expected, 1),
    )
