"""Comparison of two generations of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

#: Split and merge: minimum share of the whole that its parts cover, and of each part that lies in the whole.
_SHARE: Final = 0.99
#: A change below this area is ignored: rounding to 7 decimals causes as much.
_MOVED_M2: Final = 0.5


@dataclass(frozen=True, slots=True)
class MovedArea:
    """An area with the same code and another shape: area gained and lost, in m² on the WGS 84 ellipsoid."""

    code: str
    gained_m2: float
    lost_m2: float


@dataclass(frozen=True, slots=True)
class RegroupedAreas:
    """Areas that replaced other areas: one code before is a split, one code after is a merger.

    One of several areas may keep the code of the single one.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """The changes of a layer.

    Attributes
    ----------
    added, removed
        Codes added and removed, except those of splits and mergers.
    split, merged
        Splits of one area into several, and mergers of several areas into one; a code can stay the same in both.
    moved
        Areas with another border, except those of splits and mergers.
    redrawn
        Codes of lines with another geometry.
    renamed
        Codes with another name, parent, kind or attribute.
    """

    added: list[str]
    removed: list[str]
    split: list[RegroupedAreas]
    merged: list[RegroupedAreas]
    moved: list[MovedArea]
    redrawn: list[str]
    renamed: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether the layer has no changes."""
        return not any((self.added, self.removed, self.split, self.merged, self.moved, self.redrawn, self.renamed))


def diff_layers(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> LayerDiff:
    """Return the changes between two generations of a layer.

    Parameters
    ----------
    old, new
        Frames of areas or of lines as `geogrid.layers.standard_columns.standard_frame` returns them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> def layer(**boxes):
    ...     data = {"code": list(boxes), "name": "", "parent": "", "kind": None}
    ...     return gpd.GeoDataFrame(data, geometry=[shapely.box(*box) for box in boxes.values()], crs="EPSG:4326")
    >>> whole = layer(a=(113, 40, 113.02, 40.01))
    >>> halves = layer(b=(113, 40, 113.01, 40.01), c=(113.01, 40, 113.02, 40.01))
    >>> diff_layers(whole, halves).split
    [RegroupedAreas(before=('a',), after=('b', 'c'))]
    >>> diff_layers(halves, whole).merged
    [RegroupedAreas(before=('b', 'c'), after=('a',))]

    An area that takes in its neighbour and keeps its code:

    >>> diff_layers(halves, layer(b=(113, 40, 113.02, 40.01))).merged
    [RegroupedAreas(before=('b', 'c'), after=('b',))]
    """
    old, new = old.set_index("code"), new.set_index("code")
    removed, added = old.index.difference(new.index), new.index.difference(old.index)
    kept = old.index.intersection(new.index)
    moved = _moved_areas(old.loc[kept], new.loc[kept])
    resized = [area.code for area in moved]
    splits = _find_splits(old.loc[[*removed, *resized]], new.loc[[*added, *resized]])
    mergers = _find_splits(new.loc[[*added, *resized]], old.loc[[*removed, *resized]])
    merged = [RegroupedAreas(merger.after, merger.before) for merger in mergers]
    explained_removed = {code for group in (*splits, *merged) for code in group.before}
    explained_added = {code for group in (*splits, *merged) for code in group.after}
    columns = ["name", "parent", "kind"]
    same = (old.loc[kept, columns].fillna("") == new.loc[kept, columns].fillna("")).all(axis=1)
    same &= _same_attributes(old.loc[kept], new.loc[kept])
    return LayerDiff(
        added=sorted(set(added) - explained_added),
        removed=sorted(set(removed) - explained_removed),
        split=splits,
        merged=merged,
        moved=[area for area in moved if area.code not in explained_removed & explained_added],
        redrawn=_redrawn_lines(old.loc[kept], new.loc[kept]),
        renamed=sorted(same.index[~same]),
    )


def _same_attributes(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    before, after = _attributes(old), _attributes(new)
    # Old generations have no attributes; they are not compared.
    if not (any(before) and any(after)):
        return np.ones(len(old), dtype=bool)
    return np.array([first == second for first, second in zip(before, after, strict=True)], dtype=bool)


def _attributes(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [attributes or {} for attributes in frame["attributes"]] if "attributes" in frame else [{}] * len(frame)


def _moved_areas(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[MovedArea]:
    before, after = old.geometry.to_numpy(), new.geometry.to_numpy()
    changed = _changed_rows(before, after)
    results = []
    for row in changed:
        gained = _area_m2(shapely.difference(after[row], before[row]))
        lost = _area_m2(shapely.difference(before[row], after[row]))
        if max(gained, lost) >= _MOVED_M2:
            results.append(MovedArea(str(old.index[row]), round(gained, 1), round(lost, 1)))
    return results


def _redrawn_lines(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[str]:
    before, after = old.geometry.to_numpy(), new.geometry.to_numpy()
    changed = _changed_rows(before, after)
    lines = changed[shapely.get_dimensions(after[changed]) == 1]
    return [str(code) for code in old.index[lines]]


def _changed_rows(before: NDArray[np.object_], after: NDArray[np.object_]) -> NDArray[np.intp]:
    return np.flatnonzero(~shapely.equals_exact(before, after, tolerance=0.0, normalize=True))


def _find_splits(wholes: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> list[RegroupedAreas]:
    """Return the areas of `wholes` that several areas of `parts` cover almost completely."""
    if wholes.empty or parts.empty:
        return []
    shapes = parts.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    results = []
    for code, whole in wholes.geometry.items():
        near = np.sort(tree.query(whole, predicate="intersects"))
        shared = shapely.area(shapely.intersection(shapes[near], whole))
        inside = near[shared >= _SHARE * shapely.area(shapes[near])]
        # Lines have no area and no splits.
        if len(inside) > 1 and whole.area and shapely.area(shapes[inside]).sum() >= _SHARE * whole.area:
            results.append(RegroupedAreas((str(code),), _codes(parts, inside)))
    return results


def _codes(frame: gpd.GeoDataFrame, rows: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(sorted(str(code) for code in frame.index[rows]))


def _area_m2(shape: shapely.Geometry) -> float:
    from pyproj import Geod  # noqa: PLC0415 - commands that compare no layers do without pyproj

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]))
