"""From the plan to base grids: each community and village, and the grids that it is cut into."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from math import sqrt
from random import Random
from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.apportionment import deal
from geogrid.demo.layers.junctions import Junctions
from geogrid.demo.layers.lattice import Ring, area_m2, centroid, distance_m
from geogrid.demo.layers.mesh import joined, noded, union
from geogrid.demo.layers.mesh_bending import bent
from geogrid.demo.layers.numbering import reading_order
from geogrid.demo.layers.plan import Zone, lay_out
from geogrid.demo.layers.ring_splits import split
from geogrid.errors import LayerError
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.demo.layers.divisions import Division

#: How many base grids the communities, and the villages, have in all; and each at least.
GRID_COUNT: Final = {Layer.COMMUNITY: 1073, Layer.VILLAGE: 183}
_LEAST: Final = {Layer.COMMUNITY: 3, Layer.VILLAGE: 2}
#: A community this far out, in metres, has two thirds of the grids that one of its size has in the very middle.
_NEAR_M: Final = 1500.0


@dataclass(frozen=True, slots=True)
class Parent:
    """A community or village with its base grids, in reading order."""

    division: Division
    grids: list[Ring]

    @property
    def ring(self) -> Ring:
        """The ring around its grids."""
        return union(self.grids)


def draw(seed: int, *names: str) -> Random:
    """Give a stream of random numbers of its own to a step, so that no step disturbs another."""
    return Random("/".join((str(seed), *names)))  # noqa: S311 - shapes, not secrets


def build_parents(outline: Ring, divisions: Sequence[Division], seed: int) -> list[Parent]:
    """Cut the district into communities and villages and these into base grids.

    Parameters
    ----------
    outline
        The district's outline.
    divisions
        The communities and villages; so many a street as the plan has.
    seed
        Draws the shapes.

    Returns
    -------
    list of Parent
        Sorted by code. All their grids are one mesh.

    Raises
    ------
    LayerError
        If the divisions are not those that the plan is written for.
    """
    junctions = Junctions()
    placed = dict(_placed(outline, divisions, junctions, seed))
    counts = _grid_counts(placed, seed)
    cuts = {
        division: split(ring, counts[division.code], draw(seed, "grids", division.code), junctions)
        for division, ring in placed.items()
    }
    mesh = noded([ring for rings in cuts.values() for ring in rings])
    around = union(mesh)
    blocks = iter(bent(joined(mesh, around), around, draw(seed, "bend")))
    parents = []
    for division, rings in cuts.items():
        grids = list(islice(blocks, len(rings)))
        parents.append(Parent(division, [grids[index] for index in reading_order(grids)]))
    return sorted(parents, key=lambda parent: parent.division.code)


def _placed(
    outline: Ring, divisions: Sequence[Division], junctions: Junctions, seed: int
) -> Iterator[tuple[Division, Ring]]:
    """Pair each division with its shape: within a zone, codes run in reading order."""
    waiting: defaultdict[tuple[str, Layer], list[Division]] = defaultdict(list)
    for division in sorted(divisions, key=lambda division: division.code, reverse=True):
        waiting[division.street_code, division.kind].append(division)
    laid_out = lay_out(outline, junctions)
    _check_counts([zone for zone, _ in laid_out], waiting)
    for number, (zone, ring) in enumerate(laid_out):
        parts = split(ring, zone.count, draw(seed, "zone", str(number)), junctions)
        for index in reading_order(parts):
            yield waiting[zone.street, zone.layer].pop(), parts[index]


def _check_counts(zones: Sequence[Zone], found: dict[tuple[str, Layer], list[Division]]) -> None:
    planned: defaultdict[tuple[str, Layer], int] = defaultdict(int)
    for zone in zones:
        planned[zone.street, zone.layer] += zone.count
    if planned != {key: len(some) for key, some in found.items()}:
        raise LayerError("The divisions are not those of the plan.", code="plan_divisions")


def _grid_counts(placed: dict[Division, Ring], seed: int) -> dict[str, int]:
    """Deal the grids: by the root of the area to communities, more near the old city; by the area to villages."""
    counts: dict[str, int] = {}
    for layer, total in GRID_COUNT.items():
        some = [(division, ring) for division, ring in placed.items() if division.kind is layer]
        rng = draw(seed, "counts", layer.value)
        weights = [_weight(layer, ring) * (0.85 + 0.3 * rng.random()) for _, ring in some]
        dealt = deal(total, weights, _LEAST[layer])
        counts |= {division.code: count for (division, _), count in zip(some, dealt, strict=True)}
    return counts


def _weight(layer: Layer, ring: Ring) -> float:
    if layer is Layer.VILLAGE:
        return area_m2(ring)
    return sqrt(area_m2(ring)) * (1 + 2 * _NEAR_M / (_NEAR_M + distance_m(centroid(ring))))
