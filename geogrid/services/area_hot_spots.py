"""Hot spots among the base grids of a district, and what may be published of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.services.area_counts import compute_values
from geogrid.stats.disclosure_control import MIN_COUNT
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.hot_areas import GridCounts, rank_hot_areas
from geogrid.stats.measures import GOOD_IF_HIGH, SMOOTHED_MEASURES, Measure, count_excess

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.incidents.query import IncidentQuery
    from geogrid.services.area_counts import AreaCounts
    from geogrid.stats.generation_areas import GenerationAreas
    from geogrid.stats.hot_areas import HotArea

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AreaHotSpots:
    """Hot spots of a district as they may be published.

    Attributes
    ----------
    strength, z, p, q
        Statistics of all base grids, see `geogrid.stats.hotspots.HotSpots`; `z`, `p` and `q` are NaN where they would
        reveal a hidden count.
    ranking
        Codes of the significant grids of the query by descending distance from 0.
    hot_areas
        Hot areas among the grids of the query.
    too_few
        Whether there are too few incidents to call any grid.
    """

    strength: NDArray[np.int64]
    z: Floats
    p: Floats
    q: Floats
    ranking: tuple[str, ...]
    hot_areas: tuple[HotArea, ...]
    too_few: bool


def of_whole_district(filters: IncidentQuery) -> IncidentQuery:
    """Return filters without places: the null hypothesis is about all grids, whichever of them a user selects."""
    # Bounds without areas stay equal, so that callers see that nothing is left to count.
    within = filters.within and replace(filters.within, areas=())
    return replace(filters, street=None, community=None, grid=None, layer=None, within=within)


def find_area_hot_spots(
    areas: GenerationAreas, counts: AreaCounts, measure: Measure, included: NDArray[np.bool_], *, coarse: bool
) -> AreaHotSpots:
    """Return the hot spots of a district, the same for every user; only the published counts and scores differ.

    Parameters
    ----------
    areas
        The areas of the generation.
    counts
        Counts of all base grids, from filters of `of_whole_district`.
    measure
        The measure.
    included
        Grids of the query and within the bounds of the user, shape (n,).
    coarse
        Apply disclosure control to all grids; otherwise to the grids that are not included.
    """
    area_set = areas.level(AreaLevel.GRID)
    everything, nothing = np.ones(len(included), dtype=bool), np.zeros(len(included), dtype=bool)
    found = compute_values(measure, area_set, counts, everything, nothing)
    # Unsmoothed rates of small areas are mostly noise.
    spots = areas.hot_spots(found.smoothed if measure in SMOOTHED_MEASURES else found.values)
    hidden = (counts.base < MIN_COUNT) & (everything if coarse else ~included)
    observed, expected = count_excess(measure, counts.base, counts.part, area_set.km2, counts.people)
    bad = spots.strength < 0 if measure in GOOD_IF_HIGH else spots.strength > 0
    grid_counts = GridCounts(area_set.codes, counts.base, observed, expected, hidden)
    hot_areas = rank_hot_areas(bad & included, spots.z, areas.adjacency, grid_counts)
    # A score is a sum over neighbours, so published scores and counts would give a hidden count.
    revealing = areas.adjacency.sparse @ hidden.astype(np.float64) > 0
    z, p, q = (np.where(revealing, np.nan, scores) for scores in (spots.z, spots.p, spots.q))
    ranking = tuple(area_set.codes[row] for row in spots.ranking().tolist() if included[row])
    return AreaHotSpots(spots.strength, z, p, q, ranking, hot_areas, spots.too_few)
