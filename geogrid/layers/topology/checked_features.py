"""The features of the layers in the form that the checks use, and the levels of the layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.model import GRID_LAYERS, DedicatedNesting, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

#: The levels that tile the district, from the largest areas to the smallest, each with its layers.
TILINGS: Final = ((Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), (Layer.URBAN, Layer.RURAL))
#: The layers that may contain the parents of a layer, from the next higher level to the district: a level may be absent
#: in a district or in a part of it.
PARENTS: Final = {
    Layer.STREET: (Layer.DISTRICT,),
    **dict.fromkeys((Layer.COMMUNITY, Layer.VILLAGE), (Layer.STREET, Layer.DISTRICT)),
    **dict.fromkeys(GRID_LAYERS, (Layer.COMMUNITY, Layer.VILLAGE, Layer.STREET, Layer.DISTRICT)),
}
#: The lowest divisions above grids.
COMMUNITY_LAYERS: Final = (Layer.COMMUNITY, Layer.VILLAGE)
_LONGEST_LABEL: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class CheckedArea:
    """One feature of a layer, valid or not.

    Attributes
    ----------
    layer, code, name, parent, kind
        As in the frame; None if missing.
    label
        The code in printable form, for reports.
    shape
        The unchanged shape in WGS 84 degrees, or None.
    metres
        The shape in the plane, or None if it cannot be compared with other shapes.
    """

    layer: Layer
    code: str | None
    label: str
    name: str | None
    parent: str | None
    kind: str | None
    shape: shapely.Geometry | None
    metres: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True)
class Containment:
    """Positions of an area and of the area in which it must lie."""

    inner: int
    outer: int


def iter_areas(layers: Mapping[Layer, gpd.GeoDataFrame]) -> Iterator[CheckedArea]:
    """Yield every feature, in the order of the layers and of their rows."""
    for layer in Layer:
        if layer not in layers:
            continue
        rows = layers[layer][["code", "name", "parent", "kind", "geometry"]].itertuples(index=False)
        for number, row in enumerate(rows, start=1):
            code = _text(row.code)
            shape = row.geometry if isinstance(row.geometry, shapely.Geometry) else None
            yield CheckedArea(
                layer, code, printable_code(code, number), _text(row.name), _text(row.parent), _text(row.kind), shape
            )


def printable_code(code: str | None, number: int = 0) -> str:
    """Return a code in printable form, at most 40 characters and …; ``#`` and the row number if it is missing.

    Examples
    --------
    >>> printable_code("140213051001001"), printable_code(None, 3), printable_code("a" + chr(27) + "[31m")
    ('140213051001001', '#3', 'a?[31m')
    """
    if not code:
        return f"#{number}"
    printable = "".join(character if character.isprintable() else "?" for character in code[:_LONGEST_LABEL])
    return printable if len(code) <= _LONGEST_LABEL else f"{printable}…"


def find_containers(areas: Sequence[CheckedArea], dedicated_in: DedicatedNesting) -> Iterator[Containment]:
    """Yield the pairs of an area and the area in which it must lie; a duplicate code of a parent is ambiguous.

    Parameters
    ----------
    areas
        Areas of all layers.
    dedicated_in
        The rule for dedicated grids.
    """
    known: dict[tuple[Layer, str], list[int]] = {}
    for position, area in enumerate(areas):
        if area.code:
            known.setdefault((area.layer, area.code), []).append(position)
    district = [position for position, area in enumerate(areas) if area.layer is Layer.DISTRICT]

    def parent_of(area: CheckedArea) -> list[int]:
        return [at for layer in PARENTS.get(area.layer, ()) for at in known.get((layer, area.parent or ""), ())]

    for position, area in enumerate(areas):
        containers = parent_of(area)
        if area.layer is Layer.DEDICATED and dedicated_in is DedicatedNesting.STREET and len(containers) == 1:
            parent = areas[containers[0]]
            containers = parent_of(parent) if parent.layer in COMMUNITY_LAYERS else containers
        elif area.layer is Layer.DEDICATED and dedicated_in in {DedicatedNesting.NONE, DedicatedNesting.LARGEST_SHARE}:
            containers = district
        if len(containers) == 1:
            yield Containment(position, containers[0])


def plane_shapes(areas: Iterable[CheckedArea]) -> Shapes:
    """Return the shapes of areas in the plane, shape (n,)."""
    shapes = [area.metres for area in areas]
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _text(value: object) -> str | None:
    # A missing value is None or, in a pandas column, NaN.
    return value if isinstance(value, str) and value.strip() else None
