"""Division of the district into communities and villages, and of these into base grids."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from math import sqrt
from random import Random
from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.apportionment import apportion
from geogrid.demo.layers.cut_end_index import Junctions
from geogrid.demo.layers.grid_names import reading_order
from geogrid.demo.layers.lattice import Ring, area_m2, centroid, distance_from_origin_m
from geogrid.demo.layers.mesh import add_shared_nodes, merge_close_nodes, union_rings
from geogrid.demo.layers.mesh_bending import bend_mesh
from geogrid.demo.layers.ring_splits import split_ring
from geogrid.demo.layers.street_plan import Zone, lay_out_zones
from geogrid.errors import LayerError
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.demo.layers.source_data import Division

#: Total number of base grids of all communities and of all villages; and the minimum of each.
GRID_COUNT: Final = {Layer.COMMUNITY: 1073, Layer.VILLAGE: 183}
_LEAST: Final = {Layer.COMMUNITY: 3, Layer.VILLAGE: 2}
#: Distance from the centre, in metres, at which a community has two thirds of the grids of one in the centre.
_NEAR_M: Final = 1500.0


@dataclass(frozen=True, slots=True)
class GridParent:
    """A community or village with its base grids, in reading order."""

    division: Division
    grids: list[Ring]

    @property
    def ring(self) -> Ring:
        """The outer ring of its grids."""
        return union_rings(self.grids)


def random_stream(seed: int, *names: str) -> Random:
    """Return a separate random stream for a step, so that the steps do not affect each other."""
    return Random("/".join((str(seed), *names)))  # noqa: S311 - shapes, not secrets


def build_parents(outline: Ring, divisions: Sequence[Division], seed: int) -> list[GridParent]:
    """Cut the district into communities and villages, and these into base grids.

    Parameters
    ----------
    outline
        The outline of the district.
    divisions
        The communities and villages; their number per street must match the plan.
    seed
        The random seed of the shapes.

    Returns
    -------
    list of Parent
        Sorted by code. All their grids form one mesh with shared nodes.

    Raises
    ------
    LayerError
        If the divisions do not match the plan.
    """
    junctions = Junctions()
    rings_by_division = dict(_place_divisions(outline, divisions, junctions, seed))
    counts = _grid_counts(rings_by_division, seed)
    cuts = {
        division: split_ring(ring, counts[division.code], random_stream(seed, "grids", division.code), junctions)
        for division, ring in rings_by_division.items()
    }
    mesh = add_shared_nodes([ring for rings in cuts.values() for ring in rings])
    around = union_rings(mesh)
    blocks = iter(bend_mesh(merge_close_nodes(mesh, around), around, random_stream(seed, "bend")))
    parents = []
    for division, rings in cuts.items():
        grids = list(islice(blocks, len(rings)))
        parents.append(GridParent(division, [grids[index] for index in reading_order(grids)]))
    return sorted(parents, key=lambda parent: parent.division.code)


def _place_divisions(
    outline: Ring, divisions: Sequence[Division], junctions: Junctions, seed: int
) -> Iterator[tuple[Division, Ring]]:
    """Yield each division with its ring; within a zone, codes follow the reading order."""
    remaining: defaultdict[tuple[str, Layer], list[Division]] = defaultdict(list)
    for division in sorted(divisions, key=lambda division: division.code, reverse=True):
        remaining[division.street_code, division.kind].append(division)
    zones = lay_out_zones(outline, junctions)
    _check_counts([zone for zone, _ in zones], remaining)
    for number, (zone, ring) in enumerate(zones):
        parts = split_ring(ring, zone.count, random_stream(seed, "zone", str(number)), junctions)
        for index in reading_order(parts):
            yield remaining[zone.street, zone.layer].pop(), parts[index]


def _check_counts(zones: Sequence[Zone], divisions_by_zone: dict[tuple[str, Layer], list[Division]]) -> None:
    planned: defaultdict[tuple[str, Layer], int] = defaultdict(int)
    for zone in zones:
        planned[zone.street, zone.layer] += zone.count
    if planned != {key: len(divisions) for key, divisions in divisions_by_zone.items()}:
        raise LayerError("The divisions do not match the plan.", code="plan_divisions")


def _grid_counts(rings_by_division: dict[Division, Ring], seed: int) -> dict[str, int]:
    """Return the number of grids by code; communities near the old city have more grids per area."""
    counts: dict[str, int] = {}
    for layer, total in GRID_COUNT.items():
        divisions = [(division, ring) for division, ring in rings_by_division.items() if division.kind is layer]
        rng = random_stream(seed, "counts", layer.value)
        weights = [_grid_weight(layer, ring) * (0.85 + 0.3 * rng.random()) for _, ring in divisions]
        dealt = apportion(total, weights, _LEAST[layer])
        counts |= {division.code: count for (division, _), count in zip(divisions, dealt, strict=True)}
    return counts


def _grid_weight(layer: Layer, ring: Ring) -> float:
    if layer is Layer.VILLAGE:
        return area_m2(ring)
    return sqrt(area_m2(ring)) * (1 + 2 * _NEAR_M / (_NEAR_M + distance_from_origin_m(centroid(ring))))
