r"""Tables of polynomials that convert points of a datum to WGS 84, some hundred times as fast as `geogrid.geo.datums`.

GCJ-02 has no inverse formula: each point takes five iterations. A table covers the area of some layers by square tiles,
each with a quadratic polynomial in both coordinates for the longitude and one for the latitude. Its error has a bound.

**GCJ-02 and BD-09: proved.** Let F be the conversion from WGS 84 and P the polynomials of a tile, and let r = F∘P −
id be the residual. F − id changes by less than L = 0.05 a degree, so |P − F⁻¹| ≤ |r| / (1 − L). The residual is
computed at 7 × 7 Chebyshev nodes of the tile. Elsewhere it is at most Λ² times as large as at the nodes, where Λ <
2.3 is the Lebesgue constant of 7 nodes, plus the error of interpolating r. Consider the Bernstein ellipse around a
side of the tile that extends a = 0.08° into the complex plane. With tiles of the half width w its parameter is ρ =
a/w + √((a/w)² − 1). There P − id changes by less than 0.02°, which is checked, and F is analytic within 0.1° of the
tile: tiles near 105°E, where GCJ-02 has the root of a distance, and near the border of its box have no polynomials.
So r is analytic in the ellipse, and |r| ≤ B = 0.2°, because GCJ-02 moves a point by less than 0.03° there, and BD-09
by less than 0.06° more. Interpolation in one direction misses at most 4 B ρ⁻⁶ / (ρ − 1), in both at most 1 + Λ times
that (Trefethen, *Approximation Theory and Approximation Practice*, theorem 8.2).

**Projections: measured.** The error is computed at 16 × 16 other places of each tile and must be eight times smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.geo import datums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.geo.datums import Pair

    Bounds = tuple[float, float, float, float]

#: Largest error of a table in degrees: 1 cm.
MAX_ERROR: Final = 9e-8
#: Exponents of the terms of a polynomial, in the order of its coefficients.
_TERMS: Final = [(i, j) for i in range(3) for j in range(3 - i)]
_NODES: Final = 7
_CHECKS: Final = 16
_MAX_TILES: Final = 60_000
#: Tiles in one degree, to begin with; a table that is too coarse gets twice as many. Projections: tiles in one metre.
_TILES_PER_DEGREE: Final = {datums.GCJ02: 80.0, datums.BD09: 288.0}
_TILES_PER_METRE: Final = 1 / 4_000
#: Factor of a measured error, for places between those measured.
_MARGIN: Final = 8.0
# The constants of the proof.
_SLOPE: Final = 0.05
_LEBESGUE: Final = 2.3
_REACH: Final = 0.08
_EXCURSION: Final = 0.02
_RESIDUAL_IN_ELLIPSE: Final = 0.2
#: Lines in degrees where GCJ-02 is not smooth, and the distance at which tiles begin: 0.1°, and the shift of a point.
_ROUGH_LON: Final = (105.0, *datums.GCJ02_BOX[:2])
_ROUGH_LAT: Final = datums.GCJ02_BOX[2:]
_DISTANCE: Final = 0.13


@dataclass(frozen=True, slots=True)
class InverseTable:
    """Polynomials that convert points to WGS 84 degrees.

    Attributes
    ----------
    datum
        Canonical name of the datum.
    x, y
        Corner of the first tile, in the unit of the datum.
    per_unit
        Tiles in one unit.
    columns, rows
        Number of tiles in both directions.
    coefficients : ndarray, shape (rows * columns, 12)
        Six coefficients for the longitude and six for the latitude of each tile, row by row; NaN for a tile without
        polynomials, such as the tiles of the rim, to which points outside are clamped. The variables are the distances
        from the centre of the tile, in tiles.
    error
        Bound of the error in degrees.
    """

    datum: str
    x: float
    y: float
    per_unit: float
    columns: int
    rows: int
    coefficients: NDArray[np.float64]
    error: float

    def to_wgs84(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Pair:
        """Return points converted to WGS 84 degrees, with an error of at most `error`.

        Parameters
        ----------
        x, y
            Coordinates in the datum, shape (n,).

        Returns
        -------
        lon, lat : ndarray of float64, shape (n,)
            NaN for a point outside the tiles with polynomials.
        """
        with np.errstate(over="ignore"):  # an infinite column is outside
            column: NDArray[np.float64] = np.fmin(np.fmax((x - self.x) * self.per_unit, 0.0), self.columns - 1.0)
            row: NDArray[np.float64] = np.fmin(np.fmax((y - self.y) * self.per_unit, 0.0), self.rows - 1.0)
        tile_column, tile_row = column.astype(np.intp), row.astype(np.intp)
        u, v = column - tile_column - 0.5, row - tile_row - 0.5
        coefficients = self.coefficients.take(tile_row * self.columns + tile_column, axis=0).T
        return _quadratic(coefficients[:6], u, v), _quadratic(coefficients[6:], u, v)


def count_nodes(datum: str, bounds: Bounds) -> float:
    """Return the number of exact conversions that the table of an area takes; infinite if it gets no table.

    Parameters
    ----------
    datum, bounds
        As for `build_inverse_table`.

    Examples
    --------
    >>> count_nodes("gcj02", (113.2, 40.0, 113.5, 40.2)), count_nodes("gcj02", (73.0, 18.0, 135.0, 54.0))
    (25137, inf)
    """
    layout = _lay_out(datum, bounds, _first_density(datum))
    return layout.columns * layout.rows * _NODES**2 if layout else math.inf


def build_inverse_table(datum: str, bounds: Bounds) -> InverseTable | None:
    """Return the table of an area, or None if the area is too large or the conversion not smooth.

    Parameters
    ----------
    datum
        Canonical name of a datum other than WGS 84 and CGCS2000.
    bounds
        West, south, east and north of the area, WGS 84 degrees.

    Examples
    --------
    >>> table = build_inverse_table("gcj02", (113.2, 40.0, 113.5, 40.2))
    >>> table.error < 1e-7
    True
    >>> lon, lat = table.to_wgs84(np.array([113.3050, 116.4]), np.array([40.0908, 39.9]))
    >>> lon.round(5).tolist(), lat.round(5).tolist()
    ([113.29799, nan], [40.0896, nan])
    """
    density = _first_density(datum)
    while layout := _lay_out(datum, bounds, density):
        coefficients, error = layout.fit()
        if error <= MAX_ERROR:
            return InverseTable(datum, layout.x, layout.y, density, layout.columns, layout.rows, coefficients, error)
        density *= 2
    return None


def _first_density(datum: str) -> float:
    return _TILES_PER_DEGREE.get(datum) or _TILES_PER_METRE * datums.metres_per_unit(datum)


def _lay_out(datum: str, bounds: Bounds, density: float) -> _TileLayout | None:
    """Return tiles that cover an area and a rim, or None if they are too many or the datum has a grid of shifts."""
    west, south, east, north = bounds
    along = np.linspace(0, 1, 33)
    lon = np.concatenate([west + (east - west) * along] * 2 + [np.full(33, west), np.full(33, east)])
    lat = np.concatenate([np.full(33, south), np.full(33, north)] + [south + (north - south) * along] * 2)
    x, y = datums.from_wgs84(lon, lat, datum)
    if not np.isfinite([x, y]).all() or datums.uses_shift_grid(datum):
        return None
    first_column, last_column = math.floor(x.min() * density) - 1, math.floor(x.max() * density) + 1
    first_row, last_row = math.floor(y.min() * density) - 1, math.floor(y.max() * density) + 1
    columns, rows = last_column - first_column + 1, last_row - first_row + 1
    return _TileLayout(datum, first_column, first_row, columns, rows, density) if columns * rows <= _MAX_TILES else None


@dataclass(frozen=True, slots=True)
class _TileLayout:
    """Square tiles: first column and row, counted from the origin of the datum; their numbers; tiles in one unit."""

    datum: str
    first_column: int
    first_row: int
    columns: int
    rows: int
    density: float

    @property
    def x(self) -> float:
        """Western side of the first column."""
        return self.first_column / self.density

    @property
    def y(self) -> float:
        """Southern side of the first row."""
        return self.first_row / self.density

    def fit(self) -> tuple[NDArray[np.float64], float]:
        """Return the coefficients of all tiles, and a bound of their error in degrees."""
        u, v = _square(np.cos((2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)) / 2)
        x, y = self._places(u, v)
        fitted = np.linalg.pinv(_terms(u, v)).T
        exact = datums.to_wgs84(x.ravel(), y.ravel(), self.datum)
        lon, lat = (values.reshape(x.shape) @ fitted for values in exact)
        excluded = self._excluded()
        lon[excluded] = lat[excluded] = np.nan
        error = self._prove(lon, lat, u, v) if self.datum in _TILES_PER_DEGREE else self._measure(lon, lat)
        return np.ascontiguousarray(np.concatenate([lon, lat], axis=1)), error

    def _places(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> Pair:
        """Return the coordinates of places in each tile, shape (tiles, places)."""
        row, column = (values.ravel() for values in np.indices((self.rows, self.columns)))
        return (
            self.x + (column[:, None] + 0.5 + u) / self.density,
            self.y + (row[:, None] + 0.5 + v) / self.density,
        )

    def _excluded(self) -> NDArray[np.bool_]:
        """Return which tiles belong to the rim, or lie near a line where the conversion is not smooth."""
        row, column = (values.ravel() for values in np.indices((self.rows, self.columns)))
        excluded: NDArray[np.bool_] = (row % (self.rows - 1) == 0) | (column % (self.columns - 1) == 0)
        if self.datum in _TILES_PER_DEGREE:
            x, y = (values.ravel() for values in self._places(np.zeros(1), np.zeros(1)))
            for centre, lines in ((x, _ROUGH_LON), (y, _ROUGH_LAT)):
                excluded |= (np.abs(centre[:, None] - lines) <= _DISTANCE + 0.5 / self.density).any(axis=1)
        return excluded

    def _prove(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]
    ) -> float:
        """Return the bound of the error of polynomials of GCJ-02 or BD-09, see the description of the module."""
        x, y = self._places(u, v)
        terms = _terms(u, v).T
        again = datums.from_wgs84((lon @ terms).ravel(), (lat @ terms).ravel(), self.datum)
        residual = max(_largest(got.reshape(x.shape) - at) for got, at in zip(again, (x, y), strict=True))
        sizes = (_REACH * self.density) ** np.array([i + j for i, j in _TERMS[1:]])
        if max(_largest(p) for p in self._shifts(lon, lat, sizes)) > _EXCURSION:
            return math.inf
        steps = _REACH * 2 * self.density
        ellipse = steps + math.sqrt(steps**2 - 1)
        missed = 4 * _RESIDUAL_IN_ELLIPSE * ellipse ** (1 - _NODES) / (ellipse - 1) * (1 + _LEBESGUE)
        return (_LEBESGUE**2 * residual + missed) / (1 - _SLOPE)

    def _shifts(self, lon: NDArray[np.float64], lat: NDArray[np.float64], sizes: NDArray[np.float64]) -> Pair:
        """Return a bound of the change of P − id in each tile, for terms of some sizes."""
        return tuple(
            np.abs(p[:, 1:] - (np.array(_TERMS[1:]) == own).all(axis=1) / self.density) @ sizes
            for p, own in ((lon, (1, 0)), (lat, (0, 1)))
        )

    def _measure(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> float:
        """Return the largest error of polynomials at places between the nodes, times a margin."""
        u, v = _square(np.linspace(-0.5, 0.5, _CHECKS))
        x, y = self._places(u, v)
        terms = _terms(u, v).T
        exact = datums.to_wgs84(x.ravel(), y.ravel(), self.datum)
        return _MARGIN * max(_largest(p @ terms - e.reshape(x.shape)) for p, e in zip((lon, lat), exact, strict=True))


def _quadratic(c: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of polynomials, `c` has the shape (6, n)."""
    value: NDArray[np.float64] = (c[0] + v * (c[1] + v * c[2])) + u * (c[3] + v * c[4] + u * c[5])
    return value


def _largest(values: NDArray[np.float64]) -> float:
    """Return the largest absolute value; tiles without polynomials, NaN, do not count."""
    return float(np.nanmax(np.abs(values), initial=0.0))


def _square(values: NDArray[np.floating]) -> Pair:
    """Return all pairs of some values, as two arrays."""
    u, v = np.meshgrid(values, values, indexing="ij")
    return u.ravel(), v.ravel()


def _terms(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the terms of the polynomials at some places, shape (places, 6)."""
    return np.stack([u**i * v**j for i, j in _TERMS], axis=1)
