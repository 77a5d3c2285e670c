"""Which areas lie beside one another: those that share a border, not those that meet in a corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

#: Borders that are shorter are corners, in degrees: a metre and a half.
_CORNER_DEG: Final = 1.5e-5
_BESIDE: Final[Mapping[Layer, tuple[Layer, ...]]] = {
    Layer.STREET: (Layer.STREET,),
    Layer.COMMUNITY: (Layer.COMMUNITY, Layer.VILLAGE),
    Layer.VILLAGE: (Layer.COMMUNITY, Layer.VILLAGE),
    Layer.URBAN: (Layer.URBAN, Layer.RURAL),
    Layer.RURAL: (Layer.URBAN, Layer.RURAL),
    # It lies on top of base grids; these are what is round about it.
    Layer.DEDICATED: (Layer.URBAN, Layer.RURAL),
}


def find_neighbours(layers: Mapping[Layer, gpd.GeoDataFrame], layer: Layer, code: str) -> list[tuple[str, str]]:
    """Return the areas beside one, by code.

    Parameters
    ----------
    layers
        All layers of a generation, in WGS 84 degrees.
    layer, code
        The area. The neighbours of a dedicated grid are the base grids that it lies in or beside.

    Returns
    -------
    list of tuple of str
        The code and the name of each.

    Raises
    ------
    KeyError
        If there is no area of this code in the layer.

    Examples
    --------
    >>> import geopandas as gpd
    >>> boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    >>> frame = gpd.GeoDataFrame({"code": list("abc"), "name": list("ABC")}, geometry=boxes)
    >>> find_neighbours({Layer.STREET: frame}, Layer.STREET, "a")
    [('b', 'B')]
    """
    shape = layers[layer].set_index("code").geometry[code]
    found = []
    for beside in _BESIDE.get(layer, ()):
        frame = layers.get(beside)
        if frame is None:
            continue
        near = frame.iloc[frame.sindex.query(shape, predicate="intersects")]
        shared = shapely.length(shapely.intersection(near.geometry.to_numpy(), shape.boundary))
        inside = shapely.area(shapely.intersection(near.geometry.to_numpy(), shape)) > 0
        meets = (shared > _CORNER_DEG) | (inside if layer is Layer.DEDICATED else False)
        found += [(row.code, row.name) for row in near[meets].itertuples(index=False) if row.code != code]
    return sorted(found)
