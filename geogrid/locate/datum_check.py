"""Detect points whose stated datum is wrong, from the grids that the reporters name.

GCJ-02 is some 600 m off WGS 84, and coordinates do not show their datum. Reporters know their grid. If points and
claimed grids agree significantly better under another datum, that datum is the likely one.

The test is the exact test of McNemar. It counts only the rows whose claim agrees under exactly one of two datums. If
the stated datum is right, such a row favours the other datum with a probability of at most one half. The test is right
for small grids, where nearly all claims disagree under a wrong datum, and for large ones, where most still agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.geo import datums
from geogrid.locate.tree_index import NO_POLYGON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from geogrid.locate.locator import Locator
    from geogrid.model import Point

#: Level of the test: the probability of a false alarm for a file, at most.
LEVEL: Final = 0.001
_DATUMS: Final = (datums.WGS84, datums.GCJ02, datums.BD09)


@dataclass(frozen=True, slots=True)
class DatumMismatch:
    """Shares of points in their claimed grids, under the stated datum and under a better one.

    Attributes
    ----------
    datum
        The stated datum.
    claims
        Number of rows with a claimed grid.
    agree
        Share of these rows whose point lies in the claimed grid, 0 to 1.
    better
        The datum with the largest share.
    better_agree
        The share under that datum.
    p_value
        Probability of at least this difference if the stated datum is right, for all compared datums.
    """

    datum: str
    claims: int
    agree: float
    better: str
    better_agree: float
    p_value: float

    @property
    def message(self) -> str:
        """One line in both languages."""
        return (
            f"疑似坐标系有误 suspected datum shift: of n = {self.claims:,} claimed grids "
            f"{self.agree:.1%} agree in {self.datum}, {self.better_agree:.1%} in {self.better} (p = {self.p_value:.1g})"
        )


def find_datum_mismatch(
    locator: Locator, x: ArrayLike, y: ArrayLike, datum: str, claimed: Sequence[str | None]
) -> DatumMismatch | None:
    """Return the datum that fits the claimed grids significantly better than the stated one, or None.

    Parameters
    ----------
    locator
        Locator of the generation.
    x, y
        Valid coordinates in `datum`, shape (n,).
    datum
        Canonical name of the stated datum, see `geogrid.geo.datums.parse_datum`. Projected datums are not checked.
    claimed
        Code of the base or dedicated grid that the reporter names, or None, one for each point.

    Examples
    --------
    >>> from geogrid.layers.generation_file_reader import read_generation
    >>> from geogrid.model import Generation
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.reference_files import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> lon, lat = np.linspace(113.28, 113.32, 50), np.full(50, 40.09)
    >>> claimed = [str(locator.base_codes[position]) for position in locator.positions(lon, lat).base]
    >>> gcj02 = datums.from_wgs84(lon, lat, "gcj02")
    >>> mismatch = find_datum_mismatch(locator, *gcj02, "wgs84", claimed)
    >>> mismatch.better, mismatch.better_agree
    ('gcj02', 1.0)
    >>> find_datum_mismatch(locator, *gcj02, "gcj02", claimed) is None
    True
    """
    rows = [row for row, code in enumerate(claimed) if code is not None]
    if not rows or datum not in {*_DATUMS, datums.CGCS2000}:
        return None
    codes = np.array([claimed[row] for row in rows])
    lon, lat = np.asarray(x, dtype=np.float64)[rows], np.asarray(y, dtype=np.float64)[rows]
    own = datums.WGS84 if datum == datums.CGCS2000 else datum
    agree = {name: _find_agreeing(locator, lon, lat, name, codes) for name in _DATUMS}
    better = max(agree, key=lambda name: int(agree[name].sum()))
    only_better = int((agree[better] & ~agree[own]).sum())
    only_own = int((agree[own] & ~agree[better]).sum())
    # The best of several datums is compared, so its probability counts for each of them (Bonferroni).
    p_value = min(1.0, (len(_DATUMS) - 1) * binomial_tail(only_better, only_better + only_own))
    if better == own or p_value > LEVEL:
        return None
    return DatumMismatch(datum, len(rows), float(agree[own].mean()), better, float(agree[better].mean()), p_value)


def binomial_tail(successes: int, trials: int) -> float:
    """Return the probability of at least this number of successes in trials with the probability one half.

    Examples
    --------
    >>> round(binomial_tail(10, 10), 6), binomial_tail(0, 10), round(binomial_tail(60, 100), 6)
    (0.000977, 1.0, 0.028444)
    """
    if successes <= 0:
        return 1.0
    counts = np.arange(1, trials + 1)
    # Logarithms of the binomial coefficients, which exceed a float above some thousand trials.
    coefficients = np.concatenate([[0.0], np.cumsum(np.log((trials - counts + 1) / counts))])
    terms = coefficients[successes:] - trials * np.log(2.0)
    return min(1.0, float(np.exp(terms).sum()))


def find_matching_datum(locator: Locator, point: Point, datum: str, claimed: str) -> str | None:
    """Return the datum under which a point lies in its claimed grid, or None if the stated datum fits or none does.

    Parameters
    ----------
    locator
        Locator of the generation.
    point, datum
        A valid point and its stated datum. Projected datums are not checked.
    claimed
        Code of a grid, or of the community, village or street around it.

    Examples
    --------
    >>> from geogrid.layers.generation_file_reader import read_generation
    >>> from geogrid.model import Generation, Point
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.reference_files import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> find_matching_datum(locator, Point(113.3058, 40.0912), "wgs84", "140213051003008")
    'gcj02'
    """
    if datum not in {*_DATUMS, datums.CGCS2000} or _agrees(locator, point, datum, claimed):
        return None
    return next((name for name in _DATUMS if _agrees(locator, point, name, claimed)), None)


def _agrees(locator: Locator, point: Point, datum: str, claimed: str) -> bool:
    membership = locator.locate(point, datum)
    grids = (grid for grid in (membership.base, membership.dedicated) if grid)
    return any(claimed in locator.owners[grid.code].lineage for grid in grids)


def _find_agreeing(
    locator: Locator, x: NDArray[np.float64], y: NDArray[np.float64], datum: str, codes: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Return whether each point lies in the grid of its code."""
    located = locator.positions(x, y, datum=datum)
    layers = ((located.base, locator.base_codes), (located.dedicated, locator.dedicated_codes))
    agrees = np.zeros(len(codes), dtype=bool)
    for positions, layer_codes in layers:
        inside = positions != NO_POLYGON
        agrees[inside] |= layer_codes[positions[inside]] == codes[inside]
    return agrees
