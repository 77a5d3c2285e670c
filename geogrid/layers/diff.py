"""What changed between two generations of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

#: Of an area, the share that its parts must cover, and of each part the share that must lie in it.
_SHARE: Final = 0.99
#: A border that moved by less than this many square metres has not moved: rounding to 7 decimals does as much.
_MOVED_M2: Final = 0.5


@dataclass(frozen=True, slots=True)
class Moved:
    """An area that kept its code and changed its shape: what it gained and lost, in square metres on the ellipsoid."""

    code: str
    gained_m2: float
    lost_m2: float


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Areas that took the place of others: one by several is a split, several by one a merger."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """What changed in a layer.

    Attributes
    ----------
    added, removed
        The codes that came and went, but for those of splits and mergers.
    split, merged
        One area in the place of which there are several, and the other way round.
    moved
        The areas whose borders moved.
    redrawn
        The codes of lines that run elsewhere now.
    renamed
        The codes whose name, parent, kind or other columns changed.
    """

    added: list[str]
    removed: list[str]
    split: list[Regrouped]
    merged: list[Regrouped]
    moved: list[Moved]
    redrawn: list[str]
    renamed: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not any((self.added, self.removed, self.split, self.merged, self.moved, self.redrawn, self.renamed))


def diff_layers(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> LayerDiff:
    """Compare two generations of a layer.

    Parameters
    ----------
    old, new
        Frames as `geogrid.layers.convert.standard_frame` returns them, in WGS 84: of areas, or of lines.

    Examples
    --------
    >>> import geopandas as gpd
    >>> def layer(**boxes):
    ...     data = {"code": list(boxes), "name": "", "parent": "", "kind": None}
    ...     return gpd.GeoDataFrame(data, geometry=[shapely.box(*box) for box in boxes.values()], crs="EPSG:4326")
    >>> whole = layer(a=(113, 40, 113.02, 40.01))
    >>> halves = layer(b=(113, 40, 113.01, 40.01), c=(113.01, 40, 113.02, 40.01))
    >>> diff_layers(whole, halves).split
    [Regrouped(before=('a',), after=('b', 'c'))]
    >>> diff_layers(halves, whole).merged
    [Regrouped(before=('b', 'c'), after=('a',))]
    """
    old, new = old.set_index("code"), new.set_index("code")
    gone, come = old.index.difference(new.index), new.index.difference(old.index)
    kept = old.index.intersection(new.index)
    split = _regrouped(old.loc[gone], new.loc[come])
    merged = [Regrouped(found.after, found.before) for found in _regrouped(new.loc[come], old.loc[gone])]
    explained_gone = {code for found in (*split, *merged) for code in found.before}
    explained_come = {code for found in (*split, *merged) for code in found.after}
    columns = ["name", "parent", "kind"]
    same = (old.loc[kept, columns].fillna("") == new.loc[kept, columns].fillna("")).all(axis=1)
    same &= _same_others(old.loc[kept], new.loc[kept])
    return LayerDiff(
        added=sorted(set(come) - explained_come),
        removed=sorted(set(gone) - explained_gone),
        split=split,
        merged=merged,
        moved=_moved(old.loc[kept], new.loc[kept]),
        redrawn=_redrawn(old.loc[kept], new.loc[kept]),
        renamed=sorted(same.index[~same]),
    )


def _same_others(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    before, after = _others(old), _others(new)
    # A generation that kept no other columns says nothing about them.
    if not (any(before) and any(after)):
        return np.ones(len(old), dtype=bool)
    return np.array([one == other for one, other in zip(before, after, strict=True)], dtype=bool)


def _others(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [found or {} for found in frame["attributes"]] if "attributes" in frame else [{}] * len(frame)


def _moved(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[Moved]:
    before, after = old.geometry.to_numpy(), new.geometry.to_numpy()
    changed = _changed(before, after)
    found = []
    for row in changed:
        gained = _area_m2(shapely.difference(after[row], before[row]))
        lost = _area_m2(shapely.difference(before[row], after[row]))
        if max(gained, lost) >= _MOVED_M2:
            found.append(Moved(str(old.index[row]), round(gained, 1), round(lost, 1)))
    return found


def _redrawn(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[str]:
    before, after = old.geometry.to_numpy(), new.geometry.to_numpy()
    changed = _changed(before, after)
    lines = changed[shapely.get_dimensions(after[changed]) == 1]
    return [str(code) for code in old.index[lines]]


def _changed(before: NDArray[np.object_], after: NDArray[np.object_]) -> NDArray[np.intp]:
    return np.flatnonzero(~shapely.equals_exact(before, after, tolerance=0.0, normalize=True))


def _regrouped(wholes: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> list[Regrouped]:
    """Return the wholes that several parts, each nearly all inside, cover nearly entirely."""
    if wholes.empty or parts.empty:
        return []
    shapes = parts.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found = []
    for code, whole in wholes.geometry.items():
        near = np.sort(tree.query(whole, predicate="intersects"))
        shared = shapely.area(shapely.intersection(shapes[near], whole))
        inside = near[shared >= _SHARE * shapely.area(shapes[near])]
        # Lines have no area to share out.
        if len(inside) > 1 and whole.area and shapely.area(shapes[inside]).sum() >= _SHARE * whole.area:
            found.append(Regrouped((str(code),), _codes(parts, inside)))
    return found


def _codes(frame: gpd.GeoDataFrame, rows: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(sorted(str(code) for code in frame.index[rows]))


def _area_m2(shape: shapely.Geometry) -> float:
    from pyproj import Geod  # noqa: PLC0415 - commands that compare no layers do without pyproj

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]))
