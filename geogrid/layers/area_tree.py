"""The areas of a generation as a tree: each code with its parent, whatever the code scheme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Self

    import geopandas as gpd

    from geogrid.model import Layer


@dataclass(frozen=True)
class AreaTree:
    """Parents of the areas of one generation, by code.

    Examples
    --------
    >>> tree = AreaTree({"D": None, "S1": "D", "S2": "D", "G1": "S1"})
    >>> tree.lineage("G1"), tree.lineage("lane 7")
    (('G1', 'S1', 'D'), ('lane 7',))
    >>> tree.is_within("G1", ["S1", "S2"]), tree.is_within("S2", ["S1"]), sorted(tree.descendants(["S1"]))
    (True, False, ['G1', 'S1'])
    """

    parents: Mapping[str, str | None]

    @classmethod
    def of(cls, layers: Mapping[Layer, gpd.GeoDataFrame]) -> Self:
        """Return the tree of the frames of a generation."""
        return cls(
            {
                code: parent if isinstance(parent, str) else None
                for frame in layers.values()
                for code, parent in zip(frame["code"], frame["parent"], strict=True)
            }
        )

    @cached_property
    def _lineages(self) -> dict[str, tuple[str, ...]]:
        return {}

    def lineage(self, code: str) -> tuple[str, ...]:
        """Return a code and those of its ancestors, upwards; an unknown code has no ancestors."""
        if code not in self._lineages:
            above = [code]
            while (parent := self.parents.get(above[-1])) and parent not in above:
                above.append(parent)
            self._lineages[code] = tuple(above)
        return self._lineages[code]

    def is_within(self, code: str, areas: Collection[str]) -> bool:
        """Return whether an area is one of the areas or lies in one of them."""
        return not set(areas).isdisjoint(self.lineage(code))

    def find_name(self, code: str, names: Mapping[str, str]) -> str:
        """Return the name of the area, or of its nearest ancestor, that has one in `names`; empty without one."""
        return next((names[one] for one in self.lineage(code) if one in names), "")

    def descendants(self, areas: Iterable[str]) -> set[str]:
        """Return the codes of areas and of all areas in them."""
        wanted = set(areas)
        return wanted | {code for code in self.parents if self.is_within(code, wanted)}
