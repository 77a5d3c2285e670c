"""Detect points whose stated datum is wrong, from the grids that the reporters name.

GCJ-02 is some 600 m off WGS 84, several grids away, and coordinates do not show their datum. Reporters know their grid.
If points and claimed grids agree much better under another datum, that datum is the likely one.
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

#: Minimum number of claimed grids for a comparison.
MIN_CLAIMS: Final = 20
#: Minimum increase of the share of agreeing rows; the share must also be twice as large.
MIN_GAIN: Final = 0.2
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
    """

    datum: str
    claims: int
    agree: float
    better: str
    better_agree: float

    @property
    def message(self) -> str:
        """One line in both languages."""
        return (
            f"疑似坐标系有误 suspected datum shift: of {self.claims:,} claimed grids "
            f"{self.agree:.1%} agree in {self.datum}, {self.better_agree:.1%} in {self.better}"
        )


def find_datum_mismatch(
    locator: Locator, x: ArrayLike, y: ArrayLike, datum: str, claimed: Sequence[str | None]
) -> DatumMismatch | None:
    """Return the datum that fits the claimed grids much better than the stated one, or None.

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
    >>> from geogrid.layers.standard_file_reader import read_generation
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
    if len(rows) < MIN_CLAIMS or datum not in {*_DATUMS, datums.CGCS2000}:
        return None
    codes = np.array([claimed[row] for row in rows])
    lon, lat = np.asarray(x, dtype=np.float64)[rows], np.asarray(y, dtype=np.float64)[rows]
    own = datums.WGS84 if datum == datums.CGCS2000 else datum
    agree = {name: _agreement(locator, lon, lat, name, codes) for name in _DATUMS}
    better = max(agree, key=lambda name: agree[name])
    if agree[better] < agree[own] + MIN_GAIN or agree[better] < 2 * agree[own]:
        return None
    return DatumMismatch(datum, len(rows), agree[own], better, agree[better])


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
    >>> from geogrid.layers.standard_file_reader import read_generation
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


def _agreement(
    locator: Locator, x: NDArray[np.float64], y: NDArray[np.float64], datum: str, codes: NDArray[np.str_]
) -> float:
    """Return the share of points that lie in the grid of their code, 0 to 1."""
    located = locator.positions(*datums.to_wgs84(x, y, datum))
    layers = ((located.base, locator.base_codes), (located.dedicated, locator.dedicated_codes))
    agrees = np.zeros(len(codes), dtype=bool)
    for positions, layer_codes in layers:
        inside = positions != NO_POLYGON
        agrees[inside] |= layer_codes[positions[inside]] == codes[inside]
    return float(agrees.mean())
