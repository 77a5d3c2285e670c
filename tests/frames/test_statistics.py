"""Hot spots and rates of areas in GeoDataFrames."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geogrid
from geogrid.errors import DatumError, QueryError
from geogrid.stats import hotspots, smoothing


@pytest.fixture(scope="module")
def areas():
    squares = [
        shapely.box(113 + x / 100, 40 + y / 100, 113.01 + x / 100, 40.01 + y / 100) for y in range(8) for x in range(8)
    ]
    rate = np.random.default_rng(5).poisson(3, 64).astype(float)
    rate[[0, 1, 8, 9]] = 30
    codes = [f"c{number}" for number in range(64)]
    return gpd.GeoDataFrame({"rate": rate}, geometry=squares, index=codes, crs="EPSG:4326")


def test_hot_spots_equal_those_of_stats(areas):
    expected = hotspots.find_hot_spots(areas["rate"].to_numpy(), hotspots.find_neighbours(areas.geometry.to_numpy()))
    assert (expected.strength > 0).any()
    for frame, values in (
        (areas, "rate"),
        (areas, areas["rate"].sample(frac=1, random_state=1)),
        (areas, areas["rate"].to_numpy()),
        (areas.geometry, areas["rate"].tolist()),
        (areas.to_crs("EPSG:4547"), "rate"),
    ):
        found = geogrid.hot_spots(frame, values)
        assert found.index.equals(areas.index)
        assert found.crs == frame.crs
        assert np.allclose(found["z"], expected.z)
        assert np.allclose(found["p"], expected.p)
        assert found["class"].tolist() == expected.strength.tolist()
    assert areas.columns.tolist() == ["rate", "geometry"]


def test_areas_without_a_value_or_a_shape_are_left_out(areas):
    frame = areas.copy()
    frame.loc["c20", "rate"] = np.nan
    frame.loc["c40", "geometry"] = None
    found = geogrid.hot_spots(frame, "rate")
    assert found.index[found["z"].isna()].tolist() == ["c20", "c40"]
    assert found.loc[["c20", "c40"], "class"].tolist() == [0, 0]
    partial = geogrid.hot_spots(areas, areas["rate"].drop("c20"))
    assert partial.index[partial["z"].isna()].tolist() == ["c20"]


def test_equal_values_have_no_hot_spots(areas):
    found = geogrid.hot_spots(areas, np.ones(len(areas)))
    assert found[["z", "p", "q"]].isna().all(axis=None)
    assert not found["class"].any()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("nonsense", "no column nonsense"),
        ([1.0, 2.0], "2 values for 64 areas"),
        (pd.Series([1.0], index=["elsewhere"]), "index of the series differs from that of the areas"),
        (np.zeros((64, 2)), "one-dimensional"),
    ],
)
def test_values_that_do_not_match_the_areas_are_refused(areas, values, message):
    with pytest.raises(QueryError, match=message):
        geogrid.hot_spots(areas, values)


def test_areas_without_a_crs_are_refused(areas):
    with pytest.raises(DatumError, match="names no CRS"):
        geogrid.hot_spots(areas.set_crs(None, allow_override=True), "rate")


def test_rates_are_smoothed_by_index_and_as_arrays():
    events, people = np.array([2.0, 30, 12, 0, 5]), np.array([10.0, 1000, 1000, 0, np.nan])
    expected = smoothing.smooth_rates(events, people)
    found = geogrid.smooth_rates(events, people)
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, expected, equal_nan=True)
    index = pd.Index(list("abcde"))
    series = geogrid.smooth_rates(pd.Series(events, index), pd.Series(people, index).iloc[::-1])
    assert series.index.equals(index)
    assert np.array_equal(series, expected, equal_nan=True)


def test_areas_with_unknown_events_are_left_out():
    found = geogrid.smooth_rates([2, np.nan, 30, 12], [10, 500, 1000, 1000])
    assert np.isnan(found[1])
    assert np.allclose(found[[0, 2, 3]], smoothing.smooth_rates(np.array([2.0, 30, 12]), np.array([10.0, 1000, 1000])))


@pytest.mark.parametrize(
    ("numerator", "denominator", "message"),
    [
        ([1, 2], [1], "differ in length"),
        ([-1], [1], "negative"),
        ([1], [-1], "negative"),
        ([np.inf], [1], "infinite"),
        (pd.Series([1], index=["a"]), pd.Series([1], index=["b"]), "index"),
    ],
)
def test_negative_and_infinite_counts_are_refused(numerator, denominator, message):
    with pytest.raises(QueryError, match=message):
        geogrid.smooth_rates(numerator, denominator)
