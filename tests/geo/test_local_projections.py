"""Projections that only a file defines."""

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS, Proj

from geogrid.errors import DatumError
from geogrid.geo.datums import from_wgs84, to_wgs84
from geogrid.geo.local_projections import crs_datum, describe_local_projection, read_projection
from geogrid.layers.export import ExportFormat, write_export
from geogrid.layers.files import read_file
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.locate.bulk.readers import named_datum

#: A city's own zone: Gauss-Krüger on CGCS2000 with the central meridian 113°20'.
LOCAL = """PROJCS["City_CM_113_20",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",
SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],
PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],
PARAMETER["Central_Meridian",113.333333333],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],
UNIT["Meter",1.0]]"""
WGS_84 = LOCAL.replace("D_China_2000", "D_WGS_1984").replace("298.257222101", "298.257223563")


@pytest.mark.parametrize(
    "wkt", [LOCAL, LOCAL.replace("D_China_2000", "CGCS2000"), LOCAL.replace("D_China_2000", "China_2000"), WGS_84]
)
def test_own_projection_is_read_by_its_definition(wkt):
    datum = crs_datum(CRS.from_user_input(wkt))
    x, y = from_wgs84([113.2988], [40.09], datum)
    expected = Proj("+proj=tmerc +lon_0=113.333333333 +x_0=500000 +ellps=GRS80")(113.2988, 40.09)
    assert (x[0], y[0]) == pytest.approx(expected, abs=1e-3)
    assert to_wgs84(x, y, datum)[0][0] == pytest.approx(113.2988, abs=1e-9)
    assert "Transverse Mercator" in describe_local_projection(datum)
    assert "central meridian 113.3333°" in describe_local_projection(datum)


def test_definition_of_a_registered_projection_has_its_code():
    assert crs_datum(CRS.from_user_input(LOCAL.replace("113.333333333", "114.0"))) == "epsg:4547"


@pytest.mark.parametrize("datum", ["D_Xian_1980", "D_Beijing_1954", "D_City", "D_unknown", "unknown"])
def test_unknown_shift_is_refused_with_its_datum(datum):
    with pytest.raises(DatumError, match=r"shift of its datum .* is unknown") as caught:
        crs_datum(CRS.from_user_input(LOCAL.replace("D_China_2000", datum)))
    assert caught.value.code == "crs_unknown"
    assert "surveying office" in caught.value.remedy


def test_projection_file(tmp_path):
    path = tmp_path / "city.prj"
    path.write_text(LOCAL)
    assert read_projection(path).startswith("wkt:")
    path.write_bytes(b"\xff\xferubbish")
    with pytest.raises(DatumError, match=r"city\.prj"):
        read_projection(path)


def test_layer_is_exported_and_read_back(tmp_path):
    datum = crs_datum(CRS.from_user_input(LOCAL))
    square = shapely.box(113.295, 40.085, 113.299, 40.089)
    columns = {"code": ["P1"], "name": ["地块"], "parent": None, "kind": None, "synthetic": [False]}
    frame = gpd.GeoDataFrame(columns, geometry=[square], crs=4326)
    for form in (ExportFormat.GPKG, ExportFormat.FLATGEOBUF, ExportFormat.SHAPEFILE):
        path = tmp_path / f"plots{form.suffix}"
        write_export(path, {"plots": frame}, form, datum=datum)
        raw = read_file(path)
        assert raw.frame.total_bounds == pytest.approx(square.bounds, abs=1e-8)
        assert "defines its own projection" in raw.notes[-1]
        with pytest.raises(DatumError, match="City_CM_113_20"):
            read_file(path, datum="EPSG:4547")


def test_points_in_an_own_projection(tmp_path):
    points = gpd.GeoDataFrame(geometry=[shapely.Point(113.2988, 40.09)], crs=4490).to_crs(CRS.from_user_input(LOCAL))
    path = tmp_path / "points.parquet"
    points.to_parquet(path)
    datum = named_datum(path)
    assert datum == resolve_datum(points.crs, None, points.get_coordinates().to_numpy()).datum
    assert to_wgs84(points.geometry.x, points.geometry.y, datum)[0][0] == pytest.approx(113.2988)
    points.to_crs(4326).to_parquet(path)
    assert named_datum(path) is None
