"""The areas of the layers as the check sees them, and the plane in which it measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

#: What tiles the district, from the widest to the narrowest, each as its layers.
TILINGS: Final = ((Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), (Layer.URBAN, Layer.RURAL))
#: The layers in which the parents of a layer are looked for.
PARENTS: Final = {
    Layer.STREET: (Layer.DISTRICT,),
    Layer.COMMUNITY: (Layer.STREET,),
    Layer.VILLAGE: (Layer.STREET,),
    **dict.fromkeys((Layer.URBAN, Layer.RURAL, Layer.DEDICATED), (Layer.COMMUNITY, Layer.VILLAGE)),
}
_LONGEST_LABEL: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class CheckedArea:
    """One feature of a layer, good or bad.

    Attributes
    ----------
    layer, code, name, parent, kind
        As in the frame; None for what is missing.
    label
        The code as a report can show it.
    shape
        In WGS 84 degrees, as it came; None if there is none.
    metres
        The shape in the plane, or None if it cannot be compared with others.
    """

    layer: Layer
    code: str | None
    label: str
    name: str | None
    parent: str | None
    kind: str | None
    shape: shapely.Geometry | None
    metres: shapely.Geometry | None = None


def iter_areas(layers: Mapping[Layer, gpd.GeoDataFrame]) -> Iterator[CheckedArea]:
    """Return every feature of every layer, in the order of the layers and of their frames."""
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
    """Return a code as a report can show it: printable, on one line, not endless.

    Examples
    --------
    >>> printable_code("140213051001001"), label_of(None, 3), label_of("a" + chr(27) + "[31m")
    ('140213051001001', '#3', 'a?[31m')
    """
    if not code:
        return f"#{number}"
    shown = "".join(character if character.isprintable() else "?" for character in code[:_LONGEST_LABEL])
    return shown if len(code) <= _LONGEST_LABEL else f"{shown}…"


def plane_shapes(areas: Iterable[CheckedArea]) -> Shapes:
    """Return the shapes of areas in the plane, as an array."""
    shapes = [area.metres for area in areas]
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def _text(value: object) -> str | None:
    # A missing value may come as None or, from a column of pandas, as NaN.
    return value if isinstance(value, str) and value.strip() else None
