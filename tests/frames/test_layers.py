"""Check and mend layers of GeoDataFrames."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geogrid
from geogrid.errors import DatumError, LayerError, QueryError
from geogrid.layers import topology
from geogrid.model import Layer

#: 0.26 m lie between the first two squares.
SQUARES = [
    shapely.box(113, 40, 113.01, 40.01),
    shapely.box(113.010003, 40, 113.02, 40.01),
    shapely.box(113.02, 40, 113.03, 40.01),
]
OUTLINE = shapely.box(113, 40, 113.03, 40.01)


def district():
    grids = gpd.GeoDataFrame({"district_no": [3, 1, 2]}, geometry=SQUARES, index=["x", "y", "x"], crs="EPSG:4326")
    outline = gpd.GeoDataFrame(geometry=[OUTLINE], index=["d"], crs="EPSG:4326")
    return outline, grids.rename(columns={"district_no": "code"})


def test_findings_equal_those_of_the_layers_check(layers, demo_scheme):
    broken = {layer.value: frame for layer, frame in layers.items()} | {"urban": layers[Layer.URBAN].iloc[1:]}
    found = geogrid.check_layers(broken, code_scheme=demo_scheme)
    expected = topology.check_layers({Layer(name): frame for name, frame in broken.items()}, demo_scheme)
    assert found["finding"].tolist() == [one.code.value for one in expected] == ["gap"]
    assert found["codes"].tolist() == [one.codes for one in expected]
    assert found.crs == "EPSG:4326"
    assert found.geometry[0].equals(expected[0].geometry)


def test_frames_of_any_codes_and_crs_are_checked(demo_scheme):
    outline, grids = district()
    found = geogrid.check_layers({"district": outline.to_crs("EPSG:4547"), "urban": grids.to_crs("EPSG:3857")})
    assert found["finding"].tolist() == ["gap"]
    assert set(found["codes"][0]) == {"1", "3"}
    assert abs(found["area_m2"][0] - 284.4) < 0.5
    # A single frame has no district, so the area outside is no gap.
    assert len(geogrid.check_layers(grids.iloc[[1, 2]])) == 0
    assert set(geogrid.check_layers(grids, code_scheme=demo_scheme)["finding"]) >= {"code_scheme"}


def test_names_and_parents_are_checked_if_present():
    outline, grids = district()
    assert "name_missing" not in set(geogrid.check_layers(grids)["finding"])
    assert "name_missing" in set(geogrid.check_layers(grids.assign(name=None))["finding"])
    streets = gpd.GeoDataFrame({"code": ["s"]}, geometry=[OUTLINE], crs="EPSG:4326")
    both = {"district": outline, "street": streets}
    assert len(geogrid.check_layers(both)) == 0
    assert geogrid.check_layers({**both, "street": streets.assign(parent="e")})["finding"].tolist() == [
        "parent_unknown"
    ]


def test_mending_closes_a_gap_and_keeps_rows_columns_and_index():
    outline, grids = district()
    before = grids.to_wkb()
    mended = geogrid.mend_layers({"district": outline, "urban": grids.assign(extra=[1, 2, 3])})
    after = mended.frames["urban"]
    assert after.index.tolist() == ["x", "y", "x"]
    assert after.columns.tolist() == ["code", "geometry", "extra"]
    assert after.crs == "EPSG:4326"
    assert len(geogrid.check_layers(mended.frames)) == 0
    assert mended.changes["layer"].tolist() == ["urban"]
    assert 0.2 < mended.changes["moved_m"][0] < 0.3
    # Unchanged polygons keep their bytes, and the input is not modified.
    changed = set(mended.changes["codes"].sum())
    same = [shapely.to_wkb(one) == shapely.to_wkb(two) for one, two in zip(grids.geometry, after.geometry, strict=True)]
    assert same == [str(code) not in changed for code in grids["code"]]
    assert grids.to_wkb().equals(before)


def test_name_of_the_geometry_column_is_kept():
    outline, grids = district()
    mended = geogrid.mend_layers({"district": outline, "urban": grids.rename_geometry("shape")})
    assert mended.frames["urban"].geometry.name == "shape"


def test_projected_layers_are_returned_valid_in_degrees():
    outline, grids = district()
    frames = {"district": outline.to_crs("EPSG:4547"), "urban": grids.to_crs("EPSG:4547")}
    mended = geogrid.mend_layers(frames)
    assert {frame.crs.to_epsg() for frame in mended.frames.values()} == {4326}
    assert len(geogrid.check_layers(mended.frames)) == 0


def test_wide_overlaps_are_resolved_by_the_given_rule_only():
    wide = [shapely.box(113, 40, 113.012, 40.01), shapely.box(113.01, 40, 113.02, 40.01)]
    frame = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=wide, crs="EPSG:4326")
    assert len(geogrid.mend_layers(frame).changes) == 0
    settled = geogrid.mend_layers(frame, overlap_rule="lowest_code")
    assert settled.changes["codes"].tolist()[0] == ("a", "b")
    assert len(geogrid.check_layers(settled.frames)) == 0


def test_errors_have_a_remedy():
    _, grids = district()
    with pytest.raises(LayerError, match="Name the layers district, street"):
        geogrid.check_layers({"grids": grids})
    with pytest.raises(LayerError, match="mapping of layers is empty"):
        geogrid.mend_layers({})
    with pytest.raises(DatumError, match=r"layer 'urban' names no CRS.*set_crs"):
        geogrid.check_layers(grids.set_crs(None, allow_override=True))
    with pytest.raises(QueryError, match="lowest_code"):
        geogrid.mend_layers(grids, overlap_rule="coin")
    with pytest.raises(LayerError, match="tolerance"):
        geogrid.mend_layers(grids, tolerance_m=50)


def test_missing_and_invalid_shapes_are_findings():
    bow = shapely.Polygon([(113, 40), (113.01, 40.01), (113.01, 40), (113, 40.01)])
    frame = gpd.GeoDataFrame({"code": ["a", "b", None]}, geometry=[None, bow, SQUARES[2]], crs="EPSG:4326")
    assert {"geometry_missing", "ring_invalid"} <= set(geogrid.check_layers(frame)["finding"])
    assert isinstance(geogrid.check_layers(frame), gpd.GeoDataFrame)
    assert isinstance(geogrid.mend_layers(frame).changes, pd.DataFrame)
    assert np.isnan(geogrid.check_layers(frame)["area_m2"].astype(float)).any()
