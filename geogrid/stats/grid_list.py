"""List the grids of a district with their community and street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.stats.generation_areas import AreaLevel

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geogrid.model import Layer
    from geogrid.stats.generation_areas import GenerationAreas


@dataclass(frozen=True, slots=True)
class GridRow:
    """A grid with the names of its community and street.

    Attributes
    ----------
    code, name, layer
        Columns of the layer.
    community, street
        Names of the community or village, and of the street; empty without one.
    km2
        Area on the WGS 84 ellipsoid.
    shape
        Polygon in WGS 84 degrees.
    """

    code: str
    name: str
    layer: Layer
    community: str
    street: str
    km2: float
    shape: BaseGeometry


def grid_rows(
    areas: GenerationAreas,
    *,
    layer: Layer | None = None,
    street: tuple[str, ...] | None = None,
    community: str | None = None,
) -> list[GridRow]:
    """Return grids, dedicated grids last.

    Parameters
    ----------
    areas
        The areas of a generation.
    layer, street, community
        Filter by layer, codes of the streets, and code of the community or village; None disables a filter.
    """
    communities, streets = (
        dict(zip(level.codes, level.names, strict=True))
        for level in (areas.level(AreaLevel.COMMUNITY), areas.level(AreaLevel.STREET))
    )
    rows = []
    for level in (areas.level(AreaLevel.GRID), areas.level(AreaLevel.DEDICATED)):
        for code, name, kind, km2, shape in zip(
            level.codes, level.names, level.layers, level.km2, level.shapes, strict=True
        ):
            lineage = areas.tree.lineage(code)
            inside = (street is None or not set(street).isdisjoint(lineage)) and community in {None, *lineage}
            if inside and layer in {None, kind}:
                divisions = areas.tree.find_name(code, communities), areas.tree.find_name(code, streets)
                rows.append(GridRow(code, name, kind, *divisions, float(km2), shape))
    return rows
