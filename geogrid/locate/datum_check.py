"""Whether a batch of points speaks another datum than it says: told by the grids that its reporters claim.

GCJ-02 lies some 600 m off WGS 84, several grids away, and nothing in a pair of numbers tells which of the two it is.
Who reports an incident knows the grid, though. Where points and claimed grids agree much better under another datum,
that is the one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.geo import datums
from geogrid.locate.index import NO_POLYGON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from geogrid.locate.locator import Locator
    from geogrid.model import Point

#: Fewer claims prove nothing.
MIN_CLAIMS: Final = 20
#: So much larger must the share of agreeing rows be, and at least twice as large.
MIN_GAIN: Final = 0.2
_OTHERS: Final = (datums.WGS84, datums.GCJ02, datums.BD09)


@dataclass(frozen=True, slots=True)
class DatumMismatch:
    """A batch that agrees much better with its claims under another datum.

    Attributes
    ----------
    datum
        The datum that it is said to be in.
    claims
        How many of its rows claim a grid.
    agree
        The share of these whose point lies in the grid, 0 to 1.
    better
        The datum under which the most agree.
    better_agree
        The share under that.
    """

    datum: str
    claims: int
    agree: float
    better: str
    better_agree: float

    @property
    def message(self) -> str:
        """The finding in one line, in both languages."""
        return (
            f"疑似坐标系有误 suspected datum shift: of {self.claims:,} claimed grids "
            f"{self.agree:.1%} agree in {self.datum}, {self.better_agree:.1%} in {self.better}"
        )


def find_datum_mismatch(
    locator: Locator, x: ArrayLike, y: ArrayLike, datum: str, claimed: Sequence[str | None]
) -> DatumMismatch | None:
    """Return what speaks for another datum, or None if nothing does.

    Parameters
    ----------
    locator
        The grids.
    x, y
        The coordinates as given, usable in `datum`, shape (n,).
    datum
        Canonical name of the datum, see `geogrid.geo.datums.parse_datum`. Projected datums are never suspected.
    claimed
        The code of a base or dedicated grid for each point, or None.

    Examples
    --------
    >>> from geogrid.layers.geojson_reader import read_generation
    >>> from geogrid.model import Generation
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.resources import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> lon, lat = np.linspace(113.28, 113.32, 50), np.full(50, 40.09)
    >>> claimed = [str(locator.base_codes[position]) for position in locator.positions(lon, lat).base]
    >>> telephone = datums.from_wgs84(lon, lat, "gcj02")
    >>> found = find_datum_mismatch(locator, *telephone, "wgs84", claimed)
    >>> found.better, found.better_agree
    ('gcj02', 1.0)
    >>> find_datum_mismatch(locator, *telephone, "gcj02", claimed) is None
    True
    """
    rows = [row for row, code in enumerate(claimed) if code is not None]
    if len(rows) < MIN_CLAIMS or datum not in {*_OTHERS, datums.CGCS2000}:
        return None
    codes = np.array([claimed[row] for row in rows])
    lon, lat = np.asarray(x, dtype=np.float64)[rows], np.asarray(y, dtype=np.float64)[rows]
    own = datums.WGS84 if datum == datums.CGCS2000 else datum
    agree = {name: _agreement(locator, lon, lat, name, codes) for name in _OTHERS}
    better = max(agree, key=lambda name: agree[name])
    if agree[better] < agree[own] + MIN_GAIN or agree[better] < 2 * agree[own]:
        return None
    return DatumMismatch(datum, len(rows), agree[own], better, agree[better])


def find_matching_datum(locator: Locator, point: Point, datum: str, claimed: str) -> str | None:
    """Return the datum under which a single point lies where its reporter says, if under its own it does not.

    Parameters
    ----------
    locator
        The grids.
    point, datum
        As given, usable; only degrees are suspected.
    claimed
        The code of a grid, or the first digits that all grids of a community or street share.

    Examples
    --------
    >>> from geogrid.layers.geojson_reader import read_generation
    >>> from geogrid.model import Generation, Point
    >>> from geogrid.locate.locator import Locator
    >>> from geogrid.resources import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> find_matching_datum(locator, Point(113.3058, 40.0912), "wgs84", "140213051003008")
    'gcj02'
    """
    if datum not in {*_OTHERS, datums.CGCS2000} or _agrees(locator, point, datum, claimed):
        return None
    return next((name for name in _OTHERS if _agrees(locator, point, name, claimed)), None)


def _agrees(locator: Locator, point: Point, datum: str, claimed: str) -> bool:
    found = locator.locate(point, datum)
    return any(grid.code.startswith(claimed) for grid in (found.base, found.dedicated) if grid)


def _agreement(
    locator: Locator, x: NDArray[np.float64], y: NDArray[np.float64], datum: str, codes: NDArray[np.str_]
) -> float:
    found = locator.positions(*datums.to_wgs84(x, y, datum))
    layers = ((found.base, locator.base_codes), (found.dedicated, locator.dedicated_codes))
    held = np.zeros(len(codes), dtype=bool)
    for positions, known in layers:
        inside = positions != NO_POLYGON
        held[inside] |= known[positions[inside]] == codes[inside]
    return float(held.mean())
