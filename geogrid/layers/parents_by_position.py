"""Parents of the areas of layers without a parent column, by their position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from geogrid.layers.topology.bounded_overlay import overlay, too_costly
from geogrid.layers.topology.checked_features import TILINGS
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

#: The levels, from the district downwards.
_LEVELS: Final = ((Layer.DISTRICT,), *TILINGS, (Layer.DEDICATED,))
#: Minimum share of an area inside a level that has its parent.
_MIN_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class InferredParents:
    """Layers with parents, and notes for the user on the layers whose parents were inferred."""

    layers: dict[Layer, gpd.GeoDataFrame]
    notes: list[str]


def infer_parents(layers: Mapping[Layer, gpd.GeoDataFrame]) -> InferredParents:
    """Return layers in which every layer without any parent has the parents that its shapes show.

    The parent is the area with the largest share in the next higher level that covers at least half of the area. An
    area without such a parent keeps none, which the check of the layers reports.

    Parameters
    ----------
    layers
        Frames with the columns code, parent and geometry in WGS 84 degrees; values and shapes may be invalid.

    Examples
    --------
    >>> import geopandas as gpd
    >>> def frame(**shapes):
    ...     return gpd.GeoDataFrame({"code": list(shapes), "parent": None}, geometry=list(shapes.values()), crs=4326)
    >>> outline, halves = frame(D=shapely.box(0, 0, 2, 1)), frame(W=shapely.box(0, 0, 1, 1), E=shapely.box(1, 0, 2, 1))
    >>> inferred = infer_parents({Layer.DISTRICT: outline, Layer.STREET: halves})
    >>> inferred.layers[Layer.STREET]["parent"].tolist(), len(inferred.notes)
    (['D', 'D'], 1)
    """
    found, notes = dict(layers), []
    for position, level in enumerate(_LEVELS[1:], start=1):
        for layer in level:
            frame = layers.get(layer)
            if frame is None or not len(frame) or frame["parent"].notna().any():
                continue
            # Dedicated grids lie in the areas that contain base grids, not in base grids.
            above = _LEVELS[: position - 1] if layer is Layer.DEDICATED else _LEVELS[:position]
            parents = _find_parents(frame, [[layers[one] for one in upper if one in layers] for upper in above[::-1]])
            found[layer] = frame.assign(parent=pd.Series(parents, index=frame.index, dtype=object))
            notes.append(_note(layer, parents))
    return InferredParents(found, notes)


def _note(layer: Layer, parents: Sequence[str | None]) -> str:
    known = sum(parent is not None for parent in parents)
    return (
        f"{layer}: no column names the parents. {known:,} of {len(parents):,} parents are inferred: the area of the "
        f"next higher layer with the largest share. 没有上级列，{known:,} 个上级按所占面积最大者推定。"
    )


def _find_parents(frame: gpd.GeoDataFrame, levels: Sequence[Sequence[gpd.GeoDataFrame]]) -> list[str | None]:
    shapes, parents = _usable(frame), list[str | None]([None] * len(frame))
    wanted = np.flatnonzero(shapely.area(shapes) > 0)
    for frames in levels:
        uppers = np.concatenate([_usable(upper) for upper in frames] or [np.array([], dtype=object)])
        codes = [code for upper in frames for code in upper["code"]]
        shares = _shares(shapes[wanted], uppers)
        for row, (upper, covered) in zip(wanted, shares, strict=True):
            if covered >= _MIN_SHARE:
                parents[row] = codes[upper]
        wanted = np.array([row for row in wanted if parents[row] is None], dtype=np.intp)
    return parents


def _shares(shapes: NDArray[np.object_], uppers: NDArray[np.object_]) -> list[tuple[int, float]]:
    """Return for each shape the index of the upper shape with the largest part of it, and the share inside all."""
    rows, columns = shapely.STRtree(uppers).query(shapes)
    pairs = shapes[rows], uppers[columns]
    common, _ = overlay(shapely.intersection, *pairs, too_costly(*pairs))
    parts = shapely.area(common)
    covered = np.bincount(rows, weights=parts, minlength=len(shapes)) / shapely.area(shapes)
    best = np.zeros(len(shapes), dtype=np.intp)
    # The last assignment of a row is its largest part.
    order = np.argsort(parts, kind="stable")
    best[rows[order]] = columns[order]
    return list(zip(best.tolist(), covered.tolist(), strict=True))


def _usable(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the shapes, and an empty polygon in place of each missing or invalid one."""
    shapes: NDArray[np.object_] = frame.geometry.to_numpy().copy()
    shapes[~shapely.is_valid(shapes)] = shapely.Polygon()
    return shapes
