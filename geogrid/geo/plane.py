"""A local plane in metres, in which lengths and areas of a district are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The WGS 84 ellipsoid: semi-major axis in metres, and the square of the first eccentricity.
_A: Final = 6378137.0
_E2: Final = 0.00669437999014132


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane: metres east and north of an origin, linear in the degrees.

    A line that is straight in degrees, as in GeoJSON, stays straight. A map projection would bend a long border away
    from a neighbour's node on it and show false gaps. Lengths are exact at the origin and within 0.2 % in a district;
    areas that are reported should be measured on the ellipsoid.

    Attributes
    ----------
    origin, scale
        Longitude and latitude in degrees, shape (2,); metres per degree of each, shape (2,).
    """

    origin: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def around(cls, shapes: NDArray[np.object_]) -> Plane:
        """Return the plane with its origin at the centre of the bounds of shapes in WGS 84 degrees."""
        if not len(shapes):
            return cls(np.zeros(2), np.ones(2))
        west, south, east, north = shapely.total_bounds(shapes)
        lon, lat = (west + east) / 2, (south + north) / 2
        phi = np.radians(lat)
        w2 = 1 - _E2 * np.sin(phi) ** 2
        radii = np.array([_A / np.sqrt(w2) * np.cos(phi), _A * (1 - _E2) / (w2 * np.sqrt(w2))])
        return cls(np.array([lon, lat]), np.radians(1) * radii)

    def to_metres(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Convert a shape from degrees to metres."""
        return shapely.transform(shape, lambda xy: (xy - self.origin) * self.scale)

    def to_degrees(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Convert a shape from metres to degrees."""
        return shapely.transform(shape, lambda xy: xy / self.scale + self.origin)
