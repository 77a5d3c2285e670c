"""Neighbours of an area: areas that share a border, not only a corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

#: Minimum length of a shared border in degrees, about 1.5 m; shorter ones are corners.
_CORNER_DEG: Final = 1.5e-5
_NEIGHBOUR_LAYERS: Final[Mapping[Layer, tuple[Layer, ...]]] = {
    Layer.STREET: (Layer.STREET,),
    Layer.COMMUNITY: (Layer.COMMUNITY, Layer.VILLAGE),
    Layer.VILLAGE: (Layer.COMMUNITY, Layer.VILLAGE),
    Layer.URBAN: (Layer.URBAN, Layer.RURAL),
    Layer.RURAL: (Layer.URBAN, Layer.RURAL),
    # Dedicated grids lie on top of base grids.
    Layer.DEDICATED: (Layer.URBAN, Layer.RURAL),
}


def find_neighbours(layers: Mapping[Layer, gpd.GeoDataFrame], layer: Layer, code: str) -> list[tuple[str, str]]:
    """Return code and name of the neighbours of an area, sorted by code.

    Parameters
    ----------
    layers
        All layers of a generation, in WGS 84 degrees.
    layer, code
        The area. The neighbours of a dedicated grid are the base grids that it overlaps or touches.

    Returns
    -------
    list of tuple of str
        Code and name of each neighbour.

    Raises
    ------
    KeyError
        If the layer has no area with this code.

    Examples
    --------
    >>> import geopandas as gpd
    >>> boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    >>> frame = gpd.GeoDataFrame({"code": list("abc"), "name": list("ABC")}, geometry=boxes)
    >>> find_neighbours({Layer.STREET: frame}, Layer.STREET, "a")
    [('b', 'B')]
    """
    shape = layers[layer].set_index("code").geometry[code]
    neighbours = []
    for neighbour_layer in _NEIGHBOUR_LAYERS.get(layer, ()):
        frame = layers.get(neighbour_layer)
        if frame is None:
            continue
        candidates = frame.iloc[frame.sindex.query(shape, predicate="intersects")]
        shared = shapely.length(shapely.intersection(candidates.geometry.to_numpy(), shape.boundary))
        inside = shapely.area(shapely.intersection(candidates.geometry.to_numpy(), shape)) > 0
        meets = (shared > _CORNER_DEG) | (inside if layer is Layer.DEDICATED else False)
        neighbours += [(row.code, row.name) for row in candidates[meets].itertuples(index=False) if row.code != code]
    return sorted(neighbours)
