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
        Names of the community or village, and of the street.
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
    streets, communities = areas.level(AreaLevel.STREET), areas.level(AreaLevel.COMMUNITY)
    street_names = dict(zip(streets.codes, streets.names, strict=True))
    parents = {
        code: (name, street_names.get(parent or "", ""))
        for code, name, parent in zip(communities.codes, communities.names, communities.parents, strict=True)
    }
    rows = []
    for level in (areas.level(AreaLevel.GRID), areas.level(AreaLevel.DEDICATED)):
        for code, name, kind, parent, km2, shape in zip(
            level.codes, level.names, level.layers, level.parents, level.km2, level.shapes, strict=True
        ):
            if code.startswith(street or "") and code.startswith(community or "") and layer in {None, kind}:
                rows.append(GridRow(code, name, kind, *parents.get(parent or "", ("", "")), float(km2), shape))
    return rows
