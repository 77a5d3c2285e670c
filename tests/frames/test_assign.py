"""Points and polygons as GeoDataFrames: one rule for answers, clear errors for frames that cannot be used."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geogrid
from geogrid.errors import DatumError, InputError, LayerError, QueryError, RowsError
from geogrid.locate import overlap_partition
from geogrid.model import Layer

LEFT, RIGHT = shapely.box(113, 40, 113.01, 40.01), shapely.box(113.01, 40, 113.02, 40.01)
BOW = shapely.Polygon([(113, 40), (113.01, 40.01), (113.01, 40), (113, 40.01)])
SPIKE = shapely.Polygon([(113, 40), (113.01, 40), (113.02, 40), (113.01, 40), (113.01, 40.01), (113, 40.01)])
INSIDE, BORDER, OUTSIDE = (113.005, 40.005), (113.01, 40.005), (114.0, 40.0)


def areas(shapes=(LEFT, RIGHT), codes=("b", "a"), crs="EPSG:4326", **columns):
    return gpd.GeoDataFrame({"code": list(codes), **columns}, geometry=list(shapes), crs=crs)


def points(*places, crs="EPSG:4326", index=None):
    return gpd.GeoSeries([place and shapely.Point(place) for place in places], index=index, crs=crs)


cells = st.integers(0, 5)
boxes = st.tuples(cells, cells, st.integers(1, 3), st.integers(1, 3))
codes = st.one_of(
    st.lists(st.text("ab01", min_size=1, max_size=3), min_size=1, max_size=8, unique=True),
    st.lists(st.integers(-5, 1200), min_size=1, max_size=8, unique=True),
)
places = st.lists(st.tuples(st.integers(-1, 18), st.integers(-1, 18)), max_size=30)


@settings(max_examples=150, deadline=None)
@given(codes=codes, boxes=st.lists(boxes, min_size=8, max_size=8), places=places, projected=st.booleans())
def test_the_answer_is_the_lowest_code_of_the_closed_polygons_that_contain_a_point(codes, boxes, places, projected):
    # Polygons that overlap and touch, and half of the points on their borders and corners.
    origin, step, crs = ((440_000, 4_430_000), 100, "EPSG:4547") if projected else ((113, 40), 2**-10, "EPSG:4326")
    place = lambda x, y: (origin[0] + x * step, origin[1] + y * step)  # noqa: E731
    shapes = [shapely.box(*place(x, y), *place(x + w, y + h)) for (x, y, w, h), _ in zip(boxes, codes, strict=False)]
    frame = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=crs)
    given = points(*(place(x / 2, y / 2) for x, y in places), crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", geogrid.OverlapWarning)
        found = geogrid.assign(given, frame)
    expected = [
        min((code for code, shape in zip(codes, shapes, strict=True) if shape.intersects(point)), default=None)
        for point in given
    ]
    assert found.tolist() == expected
    assert found.dtype == object


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["x", "x", "y"]),
        pd.MultiIndex.from_tuples([(1, "a"), (1, "a"), (2, "b")], names=["n", "t"]),
        pd.DatetimeIndex(["2026-01-01", "2026-01-03", "2026-01-02"]),
        pd.Index([7, 7, 7]),
    ],
)
def test_result_has_the_index_of_the_points(index):
    frame = gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=list(points(INSIDE, BORDER, OUTSIDE)), index=index, crs=4326)
    found = geogrid.assign(frame, areas())
    assert found.index.equals(index)
    assert found.index.names == index.names
    assert found.tolist() == ["b", "a", None]
    both = geogrid.assign(frame, {"one": areas(), "two": areas(codes=["c", "d"])})
    assert both.index.equals(index)
    assert both.to_numpy().tolist() == [["b", "c"], ["a", "c"], [None, None]]


def test_result_for_series_has_their_index():
    x, y = pd.Series([113.005], index=["r"]), pd.Series([40.005], index=["r"])
    assert geogrid.assign((x, y), areas(), datum="wgs84").to_dict() == {"r": "b"}


def test_demo_points_equal_the_locator(layers, locator):
    rng = np.random.default_rng(3)
    base = pd.concat([layers[Layer.URBAN], layers[Layer.RURAL]], ignore_index=True)
    west, south, east, north = base.total_bounds
    vertices = shapely.get_coordinates(base.geometry)[::37]
    x, y = np.vstack([rng.uniform((west, south), (east, north), (20_000, 2)), vertices]).T
    found = geogrid.assign((x, y), {"base": base, "dedicated": layers[Layer.DEDICATED]}, datum="wgs84")
    expected = locator.positions(x, y)
    for column, positions, names in (
        ("base", expected.base, locator.base_codes),
        ("dedicated", expected.dedicated, locator.dedicated_codes),
    ):
        assert found[column].tolist() == [names[at] if at >= 0 else None for at in positions]


def test_frames_in_different_crs_are_converted():
    projected = points(INSIDE, OUTSIDE).to_crs("EPSG:4547")
    assert geogrid.assign(projected, areas()).tolist() == ["b", None]
    assert geogrid.assign(points(INSIDE, OUTSIDE), areas().to_crs("EPSG:4547")).tolist() == ["b", None]
    mixed = {"degrees": areas(), "metres": areas(codes=["d", "c"]).to_crs("EPSG:32649")}
    assert geogrid.assign(projected, mixed).iloc[0].to_dict() == {"degrees": "b", "metres": "d"}


def test_datum_argument_gcj02_overrides_a_geographic_crs():
    x, y = geogrid.from_wgs84([INSIDE[0]], [INSIDE[1]], "GCJ-02")
    shifted = points((x[0], y[0]))
    assert geogrid.assign(shifted, areas(), datum="gcj02").tolist() == ["b"]
    assert geogrid.assign(shifted.set_crs(None, allow_override=True), areas(), datum="gcj02").tolist() == ["b"]
    moved = shapely.transform(LEFT, lambda xy: np.column_stack(geogrid.from_wgs84(xy[:, 0], xy[:, 1], "gcj02")))
    assert geogrid.assign(points(INSIDE), areas([moved], "b"), polygons_datum="gcj02").tolist() == ["b"]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (points(INSIDE, crs=None), {}, 'names no CRS.*datum="gcj02".*set_crs'),
        (([113.0], [40.0]), {}, 'require a datum.*datum="gcj02"'),
        (points(INSIDE, crs="EPSG:4547"), {}, "do not fit EPSG:4547: they are degrees"),
        (points((440_200, 4_439_758)), {}, "do not fit WGS 84 .EPSG:4326.: they are metres"),
        (points((38_440_200, 4_439_758), crs="EPSG:4547"), {}, "zone 38, which fits EPSG:4526"),
        (points(INSIDE).to_crs("EPSG:4547"), {"datum": "gcj02"}, "names EPSG:4547, but the given datum is GCJ-02"),
        (points(INSIDE), {"datum": "nonsense"}, "datum is unknown"),
    ],
)
def test_missing_or_impossible_datum_is_refused(given, options, message):
    with pytest.raises(DatumError, match=message):
        geogrid.assign(given, areas(), **options)


@pytest.mark.parametrize(
    ("shapes", "crs", "message"),
    [
        ([LEFT, RIGHT], None, "frame of the polygons names no CRS.*set_crs.*polygons_datum"),
        ([LEFT, RIGHT], "EPSG:4547", "they are degrees"),
        ([shapely.box(440_000, 4_430_000, 440_100, 4_430_100), None], "EPSG:4326", "they are metres"),
    ],
)
def test_polygons_with_missing_or_wrong_crs_are_refused(shapes, crs, message):
    with pytest.raises(DatumError, match=message):
        geogrid.assign(points(INSIDE), areas(shapes, crs=crs))


def test_swapped_points_are_refused_with_the_row():
    with pytest.raises(RowsError, match=r"1 of 2 points.*row 2 \(index q\).*wrong way round") as caught:
        geogrid.assign(points(INSIDE, INSIDE[::-1], index=["p", "q"]), areas())
    assert caught.value.faults[0].row == 2


def test_points_outside_the_crs_of_the_polygons_are_refused():
    with pytest.raises(RowsError, match=r"1 of 2 points.*row 2"):
        geogrid.assign(points((4_321_000, 3_210_000), (1e9, 1e9), crs="EPSG:3035"), areas())


def test_missing_and_empty_points_get_none():
    given = gpd.GeoSeries([shapely.Point(INSIDE), None, shapely.Point(), shapely.Point(np.nan, 40)], crs="EPSG:4326")
    assert geogrid.assign(given, areas()).tolist() == ["b", None, None, None]
    assert geogrid.assign(([np.nan, np.inf, 113.005], [40, 40, 40.005]), areas(), datum="wgs84").tolist() == [
        None,
        None,
        "b",
    ]


@pytest.mark.parametrize("given", [points(), points(None, None)])
def test_empty_frame_of_points_requires_a_crs(given):
    found = geogrid.assign(given, areas())
    assert found.tolist() == [None] * len(given)
    assert found.dtype == object
    with pytest.raises(DatumError, match="names no CRS"):
        geogrid.assign(given.set_crs(None, allow_override=True), areas())


def test_other_geometry_than_points_is_refused_with_the_row():
    given = gpd.GeoSeries([shapely.Point(INSIDE), LEFT, shapely.MultiPoint([INSIDE])], index=["p", "q", "r"], crs=4326)
    with pytest.raises(RowsError, match=r"2 of 3 rows are not points; the first is row 2 \(index q\), a Polygon"):
        geogrid.assign(given, areas())


@pytest.mark.parametrize("given", ["points", ([1.0],), ([1.0], [1.0, 2.0]), pd.DataFrame({"x": [1], "y": [2]})])
def test_unsupported_point_types_are_refused(given):
    with pytest.raises(InputError):
        geogrid.assign(given, areas(), datum="wgs84")


def test_codes_come_from_the_named_column_then_code_then_the_index():
    frame = areas(precinct=[10, 9])
    assert geogrid.assign(points(BORDER), frame, code="precinct").tolist() == [9]
    assert geogrid.assign(points(BORDER), frame, code="precinct").name == "precinct"
    assert geogrid.assign(points(BORDER), frame).tolist() == ["a"]
    indexed = frame.drop(columns="code").set_index("precinct")
    assert geogrid.assign(points(BORDER), indexed).tolist() == [9]
    assert geogrid.assign(points(BORDER), indexed).name == "precinct"
    assert geogrid.assign(points(BORDER), areas(codes=["10", "9"])).tolist() == ["10"]


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (["a", "a"], "1 code more than once: a. .*dissolve"),
        (["a", None], "1 row without a code: row 2"),
        (["a", " "], "1 row without a code: row 2"),
        ([1.0, np.nan], "1 row without a code: row 2"),
        ([1.5, 2.5], "neither all text nor all integers"),
        (["1", 1], "neither all text nor all integers"),
        ([True, False], "neither all text nor all integers"),
    ],
)
def test_missing_duplicate_and_mixed_codes_are_refused(codes, message):
    with pytest.raises(LayerError, match=message):
        geogrid.assign(points(INSIDE), areas(codes=codes))


def test_missing_column_and_multiindex_are_refused():
    with pytest.raises(LayerError, match="no column nonsense"):
        geogrid.assign(points(INSIDE), areas(), code="nonsense")
    with pytest.raises(LayerError, match="several levels"):
        geogrid.assign(points(INSIDE), areas(more=[1, 2]).set_index(["code", "more"]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [(None, "have no shape: a"), (shapely.Polygon(), "have no shape: a"), (BOW, "are not valid: a.*mend")],
)
def test_missing_empty_and_invalid_polygons_are_refused_or_skipped(shape, message):
    with pytest.raises(LayerError, match=message):
        geogrid.assign(points(INSIDE), areas([LEFT, shape]))
    assert geogrid.assign(points(INSIDE), areas([LEFT, shape]), on_invalid="skip").tolist() == ["b"]
    with pytest.raises(LayerError, match=r"layer 'grids'.*: a"):
        geogrid.assign(points(INSIDE), {"grids": areas([LEFT, shape])})


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4547", "EPSG:2263"])
def test_unambiguous_rings_are_mended(crs):
    if crs == "EPSG:2263":
        feet = lambda shape: shapely.transform(shape, lambda xy: (xy - (113, 40)) * 1e6 + 9e5)  # noqa: E731
        frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[feet(SPIKE)], crs=crs)
        given = gpd.GeoSeries([feet(shapely.Point(INSIDE))], crs=crs)
        bow = gpd.GeoDataFrame({"code": ["a"]}, geometry=[feet(BOW)], crs=crs)
    else:
        frame, bow, given = areas([SPIKE], "a").to_crs(crs), areas([BOW], "a").to_crs(crs), points(INSIDE)
    assert geogrid.assign(given, frame, on_invalid="mend").tolist() == ["a"]
    with pytest.raises(LayerError, match="ambiguous to mend: a"):
        geogrid.assign(given, bow, on_invalid="mend")


def test_other_geometry_than_polygons_and_empty_frames_are_refused():
    with pytest.raises(LayerError, match="not a polygon: a"):
        geogrid.assign(points(INSIDE), areas([LEFT, shapely.Point(INSIDE)]))
    for frame in (areas([], []), areas([None], ["a"])):
        with pytest.raises(LayerError):
            geogrid.assign(points(INSIDE), frame, on_invalid="skip")
    with pytest.raises(LayerError, match="mapping of layers is empty"):
        geogrid.assign(points(INSIDE), {})
    with pytest.raises(QueryError, match="on_invalid is unknown"):
        geogrid.assign(points(INSIDE), areas(), on_invalid="guess")


def test_overlaps_warn_at_the_line_of_the_caller_and_get_the_lowest_code():
    frame = areas([LEFT, shapely.box(113.004, 40, 113.02, 40.01)])
    for call in (
        lambda: geogrid.assign(points(INSIDE), frame),
        lambda: geogrid.Locator.from_frames(frame).assign(points(INSIDE)),
        lambda: geogrid.assign(points(INSIDE), {"x": frame})["x"],
    ):
        with pytest.warns(geogrid.OverlapWarning, match="1 overlap of polygons .a and b.; .*lowest code") as caught:
            assert call().tolist() == ["a"]
        assert caught[0].filename == __file__


def test_very_many_overlaps_warn(monkeypatch):
    monkeypatch.setattr(overlap_partition, "MAX_SHEETS", 1)
    with pytest.warns(geogrid.OverlapWarning, match="1 overlap"):
        geogrid.assign(points(INSIDE), areas([LEFT, shapely.box(113.004, 40, 113.02, 40.01)]))
    monkeypatch.setattr(overlap_partition, "_MOST_PAIRS", 0)
    with pytest.warns(geogrid.OverlapWarning, match="very many polygons overlap"):
        geogrid.assign(points(INSIDE), areas([LEFT, shapely.box(113.004, 40, 113.02, 40.01)]))


def test_partition_does_not_warn(layers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        geogrid.assign(points(INSIDE), areas())
        geogrid.Locator.from_frames(layers[Layer.URBAN])


def test_heights_are_ignored():
    high = shapely.force_3d(shapely.Point(INSIDE), 900)
    assert geogrid.assign(gpd.GeoSeries([high], crs=4326), areas([shapely.force_3d(LEFT, 5)], "b")).tolist() == ["b"]


def test_coordinates_keep_all_digits():
    x, y = [113.123456789012], [40.123456789012]
    lon, lat = geogrid.to_wgs84(x, y, "EPSG:4490")
    assert (lon.tolist(), lat.tolist()) == (x, y)
    there = geogrid.from_wgs84(x, y, "EPSG:4547")
    back = geogrid.to_wgs84(*there, "EPSG:4547")
    assert np.allclose(back, (x, y), rtol=0, atol=1e-11)
    assert np.isnan(geogrid.to_wgs84([np.nan], [40.0], "gcj02")[0]).all()
    with pytest.raises(DatumError, match="metres"):
        geogrid.to_wgs84([440_200.0], [4_439_758.0], "gcj02")
