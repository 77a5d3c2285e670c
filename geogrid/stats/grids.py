"""The grids of a district, or of a part of it, with what they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.stats.area_sets import AreaLevel

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geogrid.model import Layer
    from geogrid.stats.area_sets import GenerationAreas


@dataclass(frozen=True, slots=True)
class GridRow:
    """A grid.

    Attributes
    ----------
    code, name, layer
        As in its layer.
    community, street
        The names of what it belongs to.
    km2
        On the WGS 84 ellipsoid.
    shape
        In WGS 84 degrees.
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
    """Return grids, the dedicated ones last.

    Parameters
    ----------
    areas
        Those of a generation.
    layer, street, community
        Select the grids of a layer, of some streets, and of a community or village, by their codes.
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
