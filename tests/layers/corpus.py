"""The files of a GIS office, made on the spot: one small layer in every format, and everything that can be wrong."""

import json
import sqlite3
import struct
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid.geo.datums import from_wgs84
from geogrid.layers.files import read_file

SQUARE = shapely.box(113.29, 40.08, 113.30, 40.09)
HOLED = shapely.box(113.30, 40.08, 113.31, 40.09) - shapely.box(113.303, 40.083, 113.306, 40.086)
TWO = shapely.MultiPolygon([shapely.box(113.29, 40.09, 113.295, 40.095), shapely.box(113.30, 40.09, 113.305, 40.095)])
CODES = ["140213051001001", "140213051001002", "140213051001003"]
NAMES = ["平城区第一网格", "南关街道第二网格", "仁和美社区"]


def frame(datum="wgs84", epsg=4326, shapes=(SQUARE, HOLED, TWO)):
    """The layer in another datum, labelled as `epsg`, or not at all with None."""
    moved = shapely.transform(np.array(shapes), lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)))
    columns = {"网格编码": CODES[: len(shapes)], "名称": NAMES[: len(shapes)], "户数": [120, 95, 88][: len(shapes)]}
    return gpd.GeoDataFrame(columns, geometry=moved, crs=epsg)


def write_gpkg(path, layer):
    layer.to_file(path, driver="GPKG", layer="grids")


def write_fgb(path, layer):
    # Without its index the features stay in their order.
    layer.to_file(path, driver="FlatGeobuf", SPATIAL_INDEX="NO")


def write_parquet(path, layer):
    layer.to_parquet(path)


def write_shp(path, layer, encoding="utf-8", *, cpg=True):
    # A name has ten bytes here.
    layer.rename(columns={"网格编码": "编码"}).to_file(path, driver="ESRI Shapefile", encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()


def write_zip(path, layer, encoding="gbk", *, cpg=True, inside="图层/网格.shp"):
    folder = path.with_suffix(".parts")
    folder.mkdir()
    write_shp(folder / "a.shp", layer, encoding, cpg=cpg)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in folder.iterdir():
            archive.write(part, inside.removesuffix(".shp") + part.suffix)


def write_geojson(path, layer):
    path.write_text(json.dumps(collection(layer), ensure_ascii=False), encoding="utf-8")


def collection(layer):
    """The layer as parsed GeoJSON; its CRS by the member of old, unless it is WGS 84 or none."""
    content = {"type": "FeatureCollection", "features": [feature(row) for row in layer.itertuples()]}
    if layer.crs is not None:
        content["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{layer.crs.to_epsg()}"}}
    return content


def feature(row):
    properties = {"网格编码": row.网格编码, "名称": row.名称, "户数": row.户数}
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(row.geometry)}


WRITERS = {
    "gpkg": write_gpkg,
    "fgb": write_fgb,
    "parquet": write_parquet,
    "shp": write_shp,
    "zip": write_zip,
    "geojson": write_geojson,
}


def nested_wkb(levels):
    """Geometry collections in one another, with a point in the middle."""
    return struct.pack("<BII", 1, 7, 1) * levels + struct.pack("<BIdd", 1, 1, 113.3, 40.1)


def put_blob(path, wkb):
    """Replace the first geometry of a GeoPackage."""
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + wkb
    database.execute("UPDATE grids SET geom = ? WHERE fid = 1", (blob,))
    database.commit()
    database.close()


def write(tmp_path, suffix, layer, name="grids", **options):
    path = tmp_path / f"{name}.{suffix}"
    WRITERS[suffix](path, layer, **options)
    return path


def fault(kind, path, **options):
    """The error of a file, which names it."""
    with pytest.raises(kind) as caught:
        read_file(path, **options)
    assert type(caught.value) is kind
    assert caught.value.message.startswith(path.name)
    return caught.value
