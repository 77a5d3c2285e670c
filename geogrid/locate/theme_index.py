"""Find thematic features in an area or near a point."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.geo.plane import Plane
from geogrid.model import Place, ShapeKind

if TYPE_CHECKING:
    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.model import Point


class ThemeIndex:
    """Spatial index of a thematic layer.

    Parameters
    ----------
    layer
        The layer. Its features may overlap.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.layers.thematic_layers import ThematicLayer, make_theme
    >>> boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> frame = gpd.GeoDataFrame({"code": ["A", "B"], "name": ["甲片", "乙片"]}, geometry=boxes, crs="EPSG:4326")
    >>> index = ThemeIndex(ThematicLayer(make_theme("wards", ShapeKind.POLYGON), frame))
    >>> index.find_in_area(shapely.box(0.2, 0.2, 1, 0.8))
    [Place(code='A', name='甲片')]
    """

    def __init__(self, layer: ThematicLayer) -> None:
        self.theme = layer.theme
        self._codes, self._names = layer.frame["code"].tolist(), layer.frame["name"].tolist()
        self._shapes = layer.frame.geometry.to_numpy()
        self._tree = shapely.STRtree(self._shapes)

    def find_near(self, point: Point, within_m: float) -> list[Place]:
        """Return the features within a distance of a point, by code; a polygon that contains the point is 0 m away.

        Parameters
        ----------
        point
            The point in WGS 84 degrees.
        within_m
            Maximum distance in metres, accurate to 0.2 % within a district.
        """
        location = self._plane.to_metres(shapely.Point(point.lon, point.lat))
        rows = np.sort(self._metres.query(location, predicate="dwithin", distance=within_m))
        return [Place(self._codes[row], self._names[row]) for row in rows.tolist()]

    @cached_property
    def _plane(self) -> Plane:
        return Plane.around(self._shapes)

    @cached_property
    def _metres(self) -> shapely.STRtree:
        return shapely.STRtree(self._plane.to_metres(self._shapes))

    def find_in_area(self, shape: shapely.Geometry) -> list[Place]:
        """Return the polygons that overlap an area, or the lines and points that intersect it, by code.

        A lane on the border of two grids intersects both.

        Parameters
        ----------
        shape
            A polygon in WGS 84 degrees.
        """
        rows = np.sort(self._tree.query(shape, predicate="intersects"))
        if self.theme.shape is ShapeKind.POLYGON:
            rows = rows[~shapely.touches(self._shapes[rows], shape)]
        return [Place(self._codes[row], self._names[row]) for row in rows.tolist()]
