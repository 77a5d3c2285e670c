"""Construction of the synthetic incident reports: place, time, category and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.demo.incidents.locations import draw_points
from geogrid.demo.incidents.times import draw_handled, draw_reported
from geogrid.geo import datums
from geogrid.model import Point, Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.category_tree import CategoryTree
    from geogrid.model import Layer

#: Figures of the local press for the first half of 2022.
RECEIVED: Final = 59_369
HANDLED: Final = 58_621
SEED: Final = 20_220_630

_MIX: Final = {
    "Z01": 20, "Z02": 14, "Z03": 11, "Z04": 6, "Z05": 9, "Z06": 13, "Z07": 2, "Z08": 2, "Z09": 15, "Z10": 8,
}  # fmt: skip
#: Typical hours of handling; the median is 0.45 of this value.
_HOURS: Final = {
    "Z01": 4, "Z02": 2, "Z03": 24, "Z04": 8, "Z05": 12, "Z06": 4, "Z07": 72, "Z08": 72, "Z09": 48, "Z10": 48,
}  # fmt: skip
#: Shares of sources of the demo profile.
_SOURCES: Final = {
    "patrol": 0.62,
    "hotline": 0.18,
    "resident": 0.15,
    "inspection": 0.05,
}
#: The datums of each source: phones of grid workers, map links of callers, instruments of surveyors.
_DATUMS: Final = {
    "patrol": {datums.GCJ02: 0.7, datums.WGS84: 0.3},
    "hotline": {datums.GCJ02: 0.8, datums.BD09: 0.2},
    "resident": {datums.GCJ02: 0.75, datums.BD09: 0.25},
    "inspection": {datums.CGCS2000: 0.6, datums.WGS84: 0.4},
}


def make_reports(
    layers: Mapping[Layer, gpd.GeoDataFrame],
    categories: CategoryTree,
    *,
    received: int = RECEIVED,
    seed: int = SEED,
) -> list[Report]:
    """Return the reports of the demo.

    Parameters
    ----------
    layers
        The layers of the demo.
    categories
        The categories by code, for their names.
    received
        The number of reports.
    seed
        The random seed; equal seeds, layers and numbers of reports give equal reports.

    Returns
    -------
    list of Report
        The reports sorted by time, all marked as synthetic. The share that is handled is `HANDLED` / `RECEIVED`.
    """
    rng = np.random.default_rng(seed)
    points = draw_points(layers, received, rng)
    codes = _draw_categories(points.spot, rng)
    sources, names = _draw_sources(points.surveyed, rng)
    reported = draw_reported(codes, rng)
    hours = np.array([_HOURS[code] for code in codes.tolist()], dtype=np.float64)
    handled = draw_handled(reported, hours, round(received * HANDLED / RECEIVED), rng)
    given_x, given_y = _as_given(points.lon, points.lat, names)
    order = sorted(range(received), key=lambda row: (reported[row], row))
    return [
        Report(
            reported_at=reported[row],
            category=str(codes[row]),
            source=sources[row],
            point=Point(float(given_x[row]), float(given_y[row])),
            datum=str(names[row]),
            description=f"{categories[str(codes[row])].name}（合成示意 synthetic）",
            handled_at=handled[row],
            external_id=f"demo-{number:06d}",
            synthetic=True,
        )
        for number, row in enumerate(order, start=1)
    ]


def _draw_categories(spot: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.str_]:
    """Return a random category per point; each hot spot has its own distribution."""
    names = np.array(list(_MIX))
    mix = np.array(list(_MIX.values()), dtype=np.float64)
    drawn = rng.choice(names, len(spot), p=mix / mix.sum())
    for number in range(spot.max(initial=-1) + 1):
        rows = np.flatnonzero(spot == number)
        own = mix * rng.lognormal(0.0, 1.3, len(mix))
        drawn[rows] = rng.choice(names, len(rows), p=own / own.sum())
    return drawn


def _draw_sources(surveyed: NDArray[np.bool_], rng: np.random.Generator) -> tuple[list[str], NDArray[np.str_]]:
    """Return a random source and datum per point."""
    kinds = list(_SOURCES)
    drawn = rng.choice(len(kinds), len(surveyed), p=list(_SOURCES.values()))
    drawn[surveyed] = kinds.index("inspection")
    names = np.empty(len(surveyed), dtype="U10")
    for position, kind in enumerate(kinds):
        rows = np.flatnonzero(drawn == position)
        names[rows] = rng.choice(list(_DATUMS[kind]), len(rows), p=list(_DATUMS[kind].values()))
    return [kinds[position] for position in drawn.tolist()], names


def _as_given(
    lon: NDArray[np.float64], lat: NDArray[np.float64], names: NDArray[np.str_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points in the datums of their sources, rounded to 7 decimals (1 cm)."""
    x, y = lon.copy(), lat.copy()
    for datum in np.unique(names).tolist():
        rows = names == datum
        x[rows], y[rows] = datums.from_wgs84(lon[rows], lat[rows], datum)
    return x.round(7), y.round(7)
