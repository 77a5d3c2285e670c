"""Tests of mending: narrow faults are closed and recorded, wide ones stay, all other geometry is unchanged."""

import json
import time

import faults
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from faults import STEP, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.cli.main import cli
from geogrid.errors import LayerError
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.layers.mend import MendAction, OverlapRule, json_changes, mend_layers, text_changes
from geogrid.layers.topology import FindingCode, check_layers
from geogrid.model import Layer
from geogrid.reference_files import data_path

#: Degrees of longitude per metre in the district.
METRE = 1 / 85_180
TILED = ((Layer.STREET,), (Layer.COMMUNITY, Layer.VILLAGE), (Layer.URBAN, Layer.RURAL))


def same_bytes(one, other):
    return shapely.to_wkb(one.geometry.to_numpy()).tolist() == shapely.to_wkb(other.geometry.to_numpy()).tolist()


def is_untouched(mended, layers):
    """Return whether exactly the areas with a change record have changed bytes."""
    changed = {(change.layer, code) for change in mended.changes for code in change.codes}
    for layer, was in layers.items():
        now = mended.layers[layer]
        assert now.drop(columns="geometry").equals(was.drop(columns="geometry"))
        kept = [(layer, code) not in changed for code in was.code]
        assert same_bytes(now[kept], was[kept])
    return True


def tiles(layers):
    return all(
        shapely.coverage_is_valid(np.concatenate([layers[layer].geometry.to_numpy() for layer in level]))
        for level in TILED
    )


def carve(draft, metres, *, hole=True, same=True):
    """Remove a strip along the border from a grid (gap), or add one of its neighbour (overlap)."""
    one, other, middle = draft.border(same=same)
    width = metres * METRE
    strip = shapely.box(middle.x - width / 2, middle.y - 2 * STEP, middle.x + width / 2, middle.y + 2 * STEP)
    layer = draft.base_layer(one)
    shape = draft.shape(layer, one)
    draft.put(layer, one, geometry=shape.difference(strip) if hole else shape.union(strip))
    return one, other


class TestDemo:
    def test_valid_layers_are_unchanged(self, layers):
        mended = mend_layers(layers)
        assert mended.changes == []
        assert all(same_bytes(mended.layers[layer], layers[layer]) for layer in layers)

    @pytest.mark.parametrize("metres", [0.05, 0.3])
    @pytest.mark.parametrize("hole", [True, False])
    @pytest.mark.parametrize("same", [True, False])
    def test_narrow_fault_is_closed_and_recorded(self, draft, metres, hole, same):
        codes = carve(draft, metres, hole=hole, same=same)
        mended = mend_layers(draft.layers)
        assert check_layers(draft.layers, faults.SCHEME)
        assert check_layers(mended.layers) == []
        assert tiles(mended.layers)
        assert is_untouched(mended, draft.layers)
        assert {change.codes[0] for change in mended.changes if change.moved_m} <= set(codes)
        assert 0 < max(change.moved_m for change in mended.changes) <= metres
        assert mend_layers(mended.layers).changes == []

    @pytest.mark.parametrize("hole", [True, False])
    def test_wide_fault_stays(self, draft, hole):
        carve(draft, 3, hole=hole)
        mended = mend_layers(draft.layers)
        assert {change.done for change in mended.changes} <= {(MendAction.NODE_ADDED,)}
        left = [(found.code, found.area_m2) for found in check_layers(mended.layers)]
        assert left == [(found.code, found.area_m2) for found in check_layers(draft.layers, faults.SCHEME)]
        assert is_untouched(mended, draft.layers)

    @pytest.mark.parametrize("insert", faults.COMMON_FAULTS + faults.OTHER_FAULTS, ids=lambda insert: insert.__name__)
    def test_each_type_of_fault(self, draft, insert):
        insert(draft)
        mended = mend_layers(draft.layers)
        before, after = ({found.code for found in check_layers(one)} for one in (draft.layers, mended.layers))
        expected = {faults.ring_invalid: {FindingCode.GAP}, faults.seam: set()}
        assert after == expected.get(insert, before)
        assert is_untouched(mended, draft.layers)
        assert mend_layers(mended.layers).changes == []

    def test_grids_follow_outline(self, layers, draft):
        outline = layers[Layer.DISTRICT].geometry.iloc[0]
        inner = shapely.buffer(outline, -0.2 * METRE, join_style="mitre")
        cut = layers[Layer.URBAN].geometry.intersection(inner)
        draft.layers[Layer.URBAN] = layers[Layer.URBAN].assign(geometry=cut)
        assert check_layers(draft.layers, faults.SCHEME)
        mended = mend_layers(draft.layers)
        assert same_bytes(mended.layers[Layer.DISTRICT], layers[Layer.DISTRICT])
        left = [found for found in check_layers(mended.layers) if found.code is not FindingCode.NOISE]
        assert left == []
        assert max(change.moved_m for change in mended.changes) <= 0.5

    def test_dedicated_grids_only_shrink(self, draft):
        one, *_ = draft.dedicated()
        shape = draft.shape(Layer.DEDICATED, one)
        east = shape.bounds[2]
        neighbour = shapely.box(east - 0.3 * METRE, shape.bounds[1], east + 20 * METRE, shape.bounds[3])
        squared = shapely.box(*shape.bounds)
        pair = {Layer.DEDICATED: frame(Layer.DEDICATED, [squared, neighbour])}
        assert check_layers(pair)
        mended = mend_layers(pair)
        assert check_layers(mended.layers) == []
        assert [change.gained_m2 for change in mended.changes if MendAction.BORDER_SNAPPED in change.done] == [0.0]


class TestRules:
    @pytest.mark.parametrize("rule", list(OverlapRule))
    def test_wide_overlap_is_settled_by_rule(self, draft, rule):
        inserted = faults.overlap(draft)
        mended = mend_layers(draft.layers, overlaps=rule)
        left = [found.code for found in check_layers(mended.layers)]
        if rule is OverlapRule.REFUSE:
            assert (left, mended.changes) == ([FindingCode.OVERLAP], [])
            return
        assert left == []
        areas = {code: faults.area_m2(draft.shape(draft.base_layer(code), code)) for code in inserted.codes}
        keeper = {OverlapRule.LOWEST_CODE: min, OverlapRule.LARGER: max, OverlapRule.SMALLER: min}[rule](
            inserted.codes, key=None if rule is OverlapRule.LOWEST_CODE else areas.get
        )
        record = mended.changes[0]
        assert (record.done, record.codes[0]) == ((MendAction.OVERLAP_SETTLED,), keeper)
        assert set(record.codes) == set(inserted.codes)
        assert record.lost_m2 == pytest.approx(inserted.area_m2, 1e-5)
        assert mend_layers(mended.layers, overlaps=rule).changes == []

    @pytest.mark.parametrize("rule", list(OverlapRule))
    def test_no_area_becomes_too_small(self, draft, rule):
        faults.duplicate_shape(draft)
        mended = mend_layers(draft.layers, overlaps=rule)
        assert mended.changes == []
        assert FindingCode.DUPLICATE_SHAPE in {found.code for found in check_layers(mended.layers)}


class TestRings:
    def test_bow_tie_is_not_repaired(self):
        bow = shapely.Polygon([(113, 40), (113.01, 40.01), (113.01, 40), (113, 40.01)])
        given_layers = {Layer.DEDICATED: frame(Layer.DEDICATED, [bow])}
        mended = mend_layers(given_layers)
        assert mended.changes == []
        assert same_bytes(mended.layers[Layer.DEDICATED], given_layers[Layer.DEDICATED])

    def test_spike_is_removed(self):
        square = shapely.box(113, 40, 113.01, 40.01)
        spike = shapely.Polygon([(113, 40), (113.01, 40), (113.02, 40), (113.01, 40), (113.01, 40.01), (113, 40.01)])
        mended = mend_layers({Layer.DEDICATED: frame(Layer.DEDICATED, [spike])})
        assert mended.layers[Layer.DEDICATED].geometry.iloc[0].equals(square)
        assert [change.done for change in mended.changes] == [(MendAction.RING_MENDED,)]


class TestHostile:
    @pytest.mark.parametrize("teeth", [400, 4900])
    def test_combs_take_bounded_time(self, teeth):
        points = [(x + side, y) for x in range(teeth) for side, y in ((0, 1), (0, teeth), (0.5, teeth), (0.5, 1))]
        comb = np.array([(0, 0), *points, (teeth - 0.5, 0)])
        across = [shapely.Polygon(one * 1e-5 + (113, 40)) for one in (comb, comb[:, ::-1])]
        given_layers = {Layer.URBAN: frame(Layer.URBAN, across)}
        start = time.perf_counter()
        mended = mend_layers(given_layers)
        assert time.perf_counter() - start < 10
        assert same_bytes(mended.layers[Layer.URBAN], given_layers[Layer.URBAN])

    def test_empty_rows_are_unchanged(self):
        odd = frame(Layer.DEDICATED, [None, shapely.Polygon(), shapely.Polygon([(113, 40), (np.inf, 40), (113, 41)])])
        assert mend_layers({Layer.DEDICATED: odd}).changes == []
        assert mend_layers({}).changes == []

    @pytest.mark.parametrize("tolerance", [0, -1, 5.1, float("nan"), float("inf")])
    def test_tolerance_out_of_range_is_refused(self, layers, tolerance):
        with pytest.raises(LayerError):
            mend_layers(layers, tolerance_m=tolerance)


def squares(side):
    """Return squares of 40 m that tile a larger square, with a vertex every 10 m."""
    cell = 40 * METRE
    return [
        shapely.segmentize(shapely.box(x, y, x + cell, y + cell), cell / 4)
        for y in 40 + cell * np.arange(side)
        for x in 113 + cell * np.arange(side)
    ]


class TestAnyCoverage:
    @settings(max_examples=8, deadline=None)
    @given(side=st.integers(2, 4), seed=st.integers(0, 10_000), metres=st.floats(1e-4, 0.2), outline=st.booleans())
    def test_displaced_vertices_are_mended(self, side, seed, metres, outline):
        noise, sound = np.random.default_rng(seed), squares(side)

        def shake(xy):
            shaken = xy + noise.uniform(-metres, metres, xy.shape) * METRE
            shaken[-1] = shaken[0]
            return shaken

        whole = shapely.union_all(sound)
        shaken = frame(Layer.URBAN, [shapely.transform(shape, shake) for shape in sound])
        given_layers = {Layer.URBAN: shaken}
        if outline:
            given_layers[Layer.DISTRICT] = frame(Layer.DISTRICT, [whole])
        before = shapely.to_wkb(shaken.geometry.to_numpy()).tolist()
        mended = mend_layers(given_layers)
        now = mended.layers[Layer.URBAN]
        assert shapely.to_wkb(shaken.geometry.to_numpy()).tolist() == before
        assert is_untouched(mended, given_layers)
        assert max((change.moved_m for change in mended.changes), default=0.0) <= 0.5 + 0.01
        assert shapely.is_valid(now.geometry.to_numpy()).all()
        rim = whole.length * metres
        assert abs(shapely.area(now.geometry.to_numpy()).sum() - whole.area) <= 2 * rim * METRE


class TestCommand:
    @pytest.fixture
    def folder(self, draft, tmp_path):
        carve(draft, 0.6)
        (tmp_path / "in").mkdir()
        for layer, one in draft.layers.items():
            write_layer(tmp_path / "in" / LAYER_FILES[layer], one, {"name": layer.value, "notice": "示意"})
        return tmp_path / "in"

    def run(self, *arguments):
        return CliRunner().invoke(cli, ["layers", "check", *map(str, arguments)])

    def test_command_prints_changes_then_findings(self, folder, tmp_path):
        result = self.run(folder, "--fix", tmp_path / "out")
        assert result.exit_code == 0
        assert "gap closed; moved up to 0.3" in result.output
        assert result.output.endswith("0 errors 错误, 0 warnings 警告\n")
        head = json.loads((tmp_path / "out" / "urban.geojson").read_text(encoding="utf-8"))
        assert head["notice"] == "示意"
        assert self.run(tmp_path / "out").output == "0 errors 错误, 0 warnings 警告\n"

    def test_command_json_output(self, folder, tmp_path):
        report = json.loads(self.run(folder, "--fix", tmp_path / "out", "--format", "json").output)
        assert (report["mended"]["schema"], report["left"]["errors"]) == (1, 0)
        assert report["mended"]["moved_m"] <= 0.31

    def test_command_does_not_overwrite(self, folder):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        result = self.run(folder, "--fix", folder)
        assert result.exit_code != 0
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_narrower_tolerance_keeps_fault(self, folder, tmp_path):
        assert self.run(folder, "--fix", tmp_path / "out", "--tolerance", 0.1).exit_code == 1

    @pytest.mark.parametrize(
        "options", [["--tolerance", "1"], ["--overlaps", "larger"], ["--fix", "new", "--format", "geojson"]]
    )
    def test_conflicting_options_are_refused(self, options):
        assert self.run(data_path("boundaries"), *options).exit_code == 2


def test_reports_name_every_change(draft):
    faults.overlap(draft)
    changes = mend_layers(draft.layers, overlaps=OverlapRule.LARGER).changes
    text, report = text_changes(changes), json.loads(json_changes(changes))
    assert all(change.message_zh in text and change.message_en in text for change in changes)
    assert (report["overlaps"], report["areas"], len(report["changes"])) == (1, len(changes) - 1, len(changes))
