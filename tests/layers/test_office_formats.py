"""Layer files as offices bring them: KML, geodatabases, MapInfo, DXF, and refused formats."""

import json
import zipfile

import geopandas as gpd
import pyogrio
import pytest
import shapely
from corpus import fault

from geogrid.errors import DatumError, FileError, LayerError
from geogrid.layers.export import ExportFormat, write_folder
from geogrid.layers.files import FieldMapping, read_file
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, parse_source, read_directory, read_sources
from geogrid.layers.mend import mend_layers
from geogrid.layers.topology import check_layers, check_theme, read_unchecked
from geogrid.model import Layer

SQUARES = [shapely.box(113.29, 40.08, 113.30, 40.09), shapely.box(113.30, 40.08, 113.31, 40.09)]
LAYER = gpd.GeoDataFrame({"WGBM": ["Z1", "Z2"], "WGMC": ["南关", "仁和美"]}, geometry=SQUARES, crs=4490)


def pack(path, *files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            for part in sorted(file.rglob("*")) if file.is_dir() else [file]:
                archive.write(part, f"图层/{part.relative_to(file.parent)}")
    return path


def check_layer(raw, driver):
    assert (raw.driver, raw.features) == (driver, 2)
    assert raw.frame["code"].tolist() == ["Z1", "Z2"]
    assert raw.frame["name"].tolist() == ["南关", "仁和美"]
    assert raw.frame.total_bounds == pytest.approx([113.29, 40.08, 113.31, 40.09], abs=1e-6)


def test_file_geodatabase_folder_and_archive(tmp_path):
    path = tmp_path / "网格.gdb"
    LAYER.to_file(path, driver="OpenFileGDB", layer="grids")
    check_layer(read_file(path), "File Geodatabase")
    assert parse_source(f"plots={path}").path == path
    archive = pack(tmp_path / "网格.gdb.zip", path)
    check_layer(read_file(archive), "File Geodatabase")
    LAYER.to_file(path, driver="OpenFileGDB", layer="lots", mode="a")
    error = fault(FileError, pack(archive, path))
    assert (error.code, "grids, lots" in error.message, "--table" in error.remedy) == ("layer_choice", True, True)
    check_layer(read_file(archive, layer="lots"), "File Geodatabase")
    assert read_sources([LayerSource("lots", archive)]).themes["lots"].theme.name == "lots"
    (path / "a00000001.gdbtable").unlink()
    assert fault(FileError, path).code == "file_part"


@pytest.mark.parametrize("encoding", ["CP936", "UTF-8", None])
def test_mapinfo(tmp_path, encoding):
    options = {"ENCODING": encoding} if encoding else {}
    tab, mif = tmp_path / "grids.tab", tmp_path / "lots.mif"
    LAYER.to_crs(4547).to_file(tab, driver="MapInfo File", **options)
    LAYER.to_file(mif, driver="MapInfo File", FORMAT="MIF", **options)
    check_layer(read_file(tab), "MapInfo TAB")
    check_layer(read_file(mif), "MapInfo MIF")
    parts = [tmp_path / f"grids.{suffix}" for suffix in ("tab", "dat", "map", "id")]
    check_layer(read_file(pack(tmp_path / "a.zip", *parts)), "MapInfo TAB")
    assert ".map is missing" in fault(FileError, pack(tmp_path / "b.zip", *parts[:2], parts[3])).message


def test_mapinfo_in_gbk_without_charset(tmp_path):
    path = tmp_path / "a.mif"
    LAYER.to_file(path, driver="MapInfo File", FORMAT="MIF", ENCODING="CP936")
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"Neutral"))
    raw = read_file(path)
    check_layer(raw, "MapInfo MIF")
    assert raw.encoding == "gb18030"


@pytest.mark.parametrize(
    "text", ['open table "/etc/x" as a', 'create view "a" as select * from "/etc/x"', "type linked"]
)
def test_tab_file_that_names_other_files_is_refused(tmp_path, text):
    path = tmp_path / "a.tab"
    LAYER.to_file(path, driver="MapInfo File")
    path.write_text(f"!table\n!version 300\n{text}\n")
    assert fault(FileError, path).code == "format"


@pytest.mark.parametrize("suffix", ["mif", "dxf"])
def test_virtual_format_after_a_signature_is_refused(tmp_path, suffix):
    head = "Version 300\n" if suffix == "mif" else "999\ncomment\n0\nSECTION\n"
    path = tmp_path / f"a.{suffix}"
    path.write_text(head + '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource>')
    (tmp_path / "a.mid").write_text("")
    assert fault(FileError, path, datum="wgs84").code == "format"


def polyline(layer, points, *, closed):
    lines = ["0", "LWPOLYLINE", "8", layer, "90", str(len(points)), "70", str(int(closed))]
    return [*lines, *(item for x, y in points for item in ("10", str(x), "20", str(y)))]


def text(layer, x, y, content):
    return ["0", "TEXT", "8", layer, "10", str(x), "20", str(y), "40", "5", "1", content]


def write_dxf(path, entities, encoding="gbk"):
    head = ["999", "drawn by hand", "0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1015"]
    head += ["9", "$DWGCODEPAGE", "3", "ANSI_936", "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES"]
    path.write_bytes("\n".join([*head, *entities, "0", "ENDSEC", "0", "EOF", ""]).encode(encoding))
    return path


def drawing():
    square = [(440_000, 4_439_000), (440_100, 4_439_000), (440_100, 4_439_100), (440_000, 4_439_100)]
    other = [(x + 100, y) for x, y in square]
    return [
        *polyline("网格", square, closed=True),
        *polyline("网格", [*other, other[0]], closed=False),
        *polyline("网格", other[:3], closed=False),
        *text("编码", 440_050, 4_439_050, "D1"),
        *text("编码", 440_150, 4_439_050, "D2"),
        *text("说明", 440_150, 4_439_020, "巷口"),
    ]


def test_dxf_outlines(tmp_path):
    path = write_dxf(tmp_path / "a.dxf", drawing())
    raw = read_file(path, datum="EPSG:4547")
    assert (raw.driver, raw.frame["code"].tolist()) == ("DXF", ["D1", "D2"])
    assert [row.get("说明") for row in raw.frame["attributes"]] == [None, "巷口"]
    assert raw.frame.geometry.geom_type.tolist() == ["Polygon", "Polygon"]
    assert "1 entities" in " ".join(raw.notes)
    assert fault(DatumError, path).code == "datum_missing"
    assert read_file(pack(tmp_path / "a.zip", path), datum="EPSG:4547").features == 2


def test_dxf_with_outlines_on_several_layers(tmp_path):
    entities = [*drawing(), *polyline("红线", [(0, 0), (9, 0), (9, 9)], closed=True)]
    path = write_dxf(tmp_path / "a.dxf", entities)
    assert "网格, 红线" in fault(FileError, path, datum="EPSG:4547").message
    assert read_file(path, layer="网格", datum="EPSG:4547").features == 2
    assert "网格" in fault(FileError, path, layer="x", datum="EPSG:4547").message
    path = write_dxf(tmp_path / "b.dxf", polyline("网格", [(0, 0), (9, 0), (9, 9)], closed=False))
    assert "no closed polylines" in fault(FileError, path, datum="EPSG:4547").message


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>大同</name>{content}</Document></kml>"""
PLACEMARK = """<Placemark><name>{name}</name><ExtendedData><SchemaData schemaUrl="#a">
<SimpleData name="网格编码">{code}</SimpleData></SchemaData></ExtendedData><MultiGeometry>
<Point><coordinates>113.295,40.085</coordinates></Point><Polygon>
<innerBoundaryIs><LinearRing><coordinates>113.294,40.084 113.296,40.084 113.296,40.086 113.294,40.084</coordinates>
</LinearRing></innerBoundaryIs><outerBoundaryIs><LinearRing><coordinates>
113.29,40.08,0 113.30,40.08,0 113.30, 40.09, 0 113.29,40.09,0 113.29,40.08,0 </coordinates></LinearRing>
</outerBoundaryIs></Polygon></MultiGeometry></Placemark>"""


def write_kml(path, content, encoding="UTF-8"):
    path.write_bytes(KML.format(encoding=encoding, content=content).encode(encoding))
    return path


def folders():
    first, second = (PLACEMARK.format(name=name, code=code) for name, code in (("甲", "K1"), ("乙", "K2")))
    return f"<Folder><name>东片</name>{first}</Folder><Folder><name>西片</name>{second}</Folder>"


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "UTF-16"])
def test_kml(tmp_path, encoding):
    path = write_kml(tmp_path / "a.kml", PLACEMARK.format(name="甲", code="K1"), encoding)
    if encoding == "UTF-16":
        assert fault(FileError, path).code == "format"
        return
    raw = read_file(path)
    assert (raw.driver, raw.datum, raw.frame["code"][0], raw.frame["name"][0]) == ("KML", "wgs84", "K1", "甲")
    assert len(raw.frame.geometry[0].interiors) == 1
    assert "Points beside" in raw.notes[0]
    assert read_file(path, datum="gcj02").frame.geometry[0].bounds[0] < 113.29
    kmz = pack(tmp_path / "a.kmz", path)
    assert read_file(kmz).frame["code"].tolist() == ["K1"]


def test_kml_folders_are_layers(tmp_path):
    path = write_kml(tmp_path / "a.kml", folders())
    assert "大同/东片, 大同/西片" in fault(FileError, path).message
    assert read_file(path, layer="西片").frame["code"].tolist() == ["K2"]
    assert read_file(path, layer="大同").frame["code"].tolist() == ["K1", "K2"]
    assert fault(FileError, path, layer="x").code == "layer_choice"


def test_kml_with_a_name_only_is_read_by_that_column(tmp_path):
    square = (
        PLACEMARK.format(name="地块一", code="").replace("<ExtendedData>", "<x>").replace("</ExtendedData>", "</x>")
    )
    path = write_kml(tmp_path / "a.kml", square.replace("SimpleData", "y"))
    assert "--code COLUMN" in fault(LayerError, path).remedy
    assert read_file(path, mapping=FieldMapping(code="name")).frame["code"].tolist() == ["地块一"]


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>',
        "<kml><Document>",
        "<kml></kml><OGRVRTDataSource/>",
        "<kml>&a;</kml>",
    ],
)
def test_hostile_kml_is_refused(tmp_path, content):
    path = tmp_path / "a.kml"
    path.write_text(content)
    assert fault(FileError, path).code == "kml"


def test_kml_with_faulty_shapes_and_points(tmp_path):
    point = "<Placemark><Point><coordinates>1,2</coordinates></Point></Placemark>"
    path = write_kml(tmp_path / "a.kml", point)
    assert fault(LayerError, path, mapping=FieldMapping()).code == "mapping"
    named = PLACEMARK.format(name="甲", code="K1")
    path = write_kml(tmp_path / "b.kml", named + named.replace("K1", "K2").replace("113.29,40.08,0", "x,40.08,0"))
    found = read_sources([LayerSource("plots", path)]).themes["plots"]
    assert [finding.code for finding in check_theme(found)] == ["geometry_missing"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"AC1032" + bytes(100), "DWG"),
        (b"AutoCAD Binary DXF\r\n", "binary DXF"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100), ".et"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00", ".mdb"),
    ],
)
def test_refused_formats_are_named(tmp_path, content, name):
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    error = fault(FileError, path)
    assert (error.code, name in error.message, bool(error.remedy)) == ("format", True, True)


@pytest.mark.parametrize(("inside", "name"), [("a.dwg", "DWG"), ("a.et", ".et"), ("[Content_Types].xml", ".xlsx")])
def test_refused_formats_in_archives_are_named(tmp_path, inside, name):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inside, b"x")
    assert name in fault(FileError, path).message


def test_drivers_are_in_the_wheel():
    drivers = pyogrio.list_drivers()
    assert {"OpenFileGDB", "MapInfo File", "DXF", "ESRI Shapefile", "FlatGeobuf"} <= drivers.keys()


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def feature(properties, ring=None):
    ring = ring or [[113.29, 40.08], [113.30, 40.08], [113.30, 40.09], [113.29, 40.08]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_nested_columns_are_not_codes(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(collection(feature({"adcode": 140213, "name": "平城区", "parent": {"adcode": 140200}})))
    raw = read_file(path, datum="gcj02")
    assert (raw.frame["code"][0], raw.frame["parent"][0]) == ("140213", None)
    assert raw.frame["attributes"][0] == {"parent": {"adcode": 140200}}


def test_every_faulty_shape_of_a_file_is_reported(tmp_path):
    path = tmp_path / "a.geojson"
    opened = [[113.29, 40.08], [113.30, 40.08], [113.30, 40.09], [113.29, 40.09]]
    missing = feature({"code": "P1"}) | {"geometry": None}
    swapped = feature({"code": "P3"}, [[y, x] for x, y in [*opened, opened[0]]])
    path.write_text(collection(missing, feature({"code": "P2"}, opened), swapped, feature({"code": "P4"})))
    found = read_sources([LayerSource("plots", path)], ReadingOptions("wgs84")).themes["plots"]
    assert [(finding.code, finding.codes) for finding in check_theme(found)] == [
        ("geometry_missing", ("P1",)),
        ("ring_invalid", ("P2",)),
        ("coordinates", ("P3",)),
    ]
    assert "feature 1" in fault(LayerError, path, datum="wgs84").message


@pytest.mark.parametrize("name", ["单元网格编", "BGID", "bgid", "网格编"])
def test_truncated_and_standard_names(tmp_path, name):
    path = tmp_path / "a.geojson"
    path.write_text(collection(feature({name: "P1", "单元网格名": "南关"})))
    raw = read_file(path, datum="wgs84")
    assert (raw.frame["code"][0], raw.frame["name"][0]) == ("P1", "南关")


def test_column_of_the_code_is_not_the_name_too(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(collection(feature({"name": "东片区"})))
    assert read_file(path, datum="wgs84", mapping=FieldMapping(code="name")).frame["code"][0] == "东片区"


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "parquet", "geojson", "gdb", "tab"])
def test_codes_of_twenty_digits(tmp_path, suffix):
    code = "14021305100100100001"
    drivers = {"gdb": "OpenFileGDB", "tab": "MapInfo File"}
    for values, is_lost in (([code], False), ([float(code)], True)):
        layer = gpd.GeoDataFrame({"code": values, "SJBM": ["A-7"]}, geometry=SQUARES[:1], crs=4490)
        path = tmp_path / f"{'float' if is_lost else 'text'}.{suffix}"
        if suffix == "parquet":
            layer.to_parquet(path)
        elif suffix == "geojson":
            path.write_text(layer.to_crs(4326).to_json(drop_id=True))
        else:
            layer.to_file(path, driver=drivers.get(suffix))
        datum = "wgs84" if suffix == "geojson" else None
        if is_lost:
            assert fault(LayerError, path, datum=datum).code == "code_digits"
        else:
            raw = read_file(path, datum=datum)
            assert (raw.frame["code"][0], raw.frame["parent"][0]) == (code, "A-7")


@pytest.mark.parametrize("declared", ["Big5", "950"])
def test_declared_big5_is_used(tmp_path, declared):
    path = tmp_path / "a.shp"
    layer = gpd.GeoDataFrame({"code": ["1", "2"], "name": ["臺灣區", "廣場東側"]}, geometry=SQUARES, crs=4490)
    layer.to_file(path, encoding="cp950")
    path.with_suffix(".cpg").write_text(declared)
    raw = read_file(path)
    assert (raw.encoding, raw.frame["name"].tolist()) == ("cp950", ["臺灣區", "廣場東側"])
    path.with_suffix(".cpg").write_text("UTF-8")
    assert fault(FileError, path).code == "mojibake"


@pytest.mark.parametrize("closes", [True, False])
def test_folder_and_file_report_open_rings_alike(tmp_path, closes):
    ring = [[113.29, 40.08], [113.30, 40.08], [113.30, 40.09], [113.29, 40.09]]
    content = collection(feature({"code": "140213051001001", "name": "甲"}, [*ring, ring[0]] if closes else ring))
    for name in LAYER_FILES.values():
        (tmp_path / name).write_text(content)
    found = check_layers({Layer.URBAN: read_unchecked(tmp_path)[Layer.URBAN]})
    single = read_sources([LayerSource("urban", tmp_path / "urban.geojson")], ReadingOptions("wgs84"))
    assert [finding.code for finding in found] == [finding.code for finding in check_layers(single.layers)]
    assert ("ring_invalid" in [finding.code for finding in found]) is not closes
    mended = mend_layers(read_unchecked(tmp_path)).layers[Layer.URBAN].geometry[0]
    assert mended.equals(shapely.Polygon(ring))


def test_exported_folder_is_imported_again(tmp_path, layers):
    theme = gpd.GeoDataFrame(
        {
            "code": ["A"],
            "name": ["空地"],
            "parent": None,
            "kind": None,
            "synthetic": [True],
            "attributes": [{"户数": 3}],
        },
        geometry=SQUARES[:1],
        crs=4326,
    )
    write_folder(tmp_path, {**layers, "idle_land": theme}, ExportFormat.GEOJSON)
    (tmp_path / "other.geojson").write_text(collection())
    imported = read_directory(tmp_path, titles={"idle_land": "闲置地"})
    assert {layer: len(frame) for layer, frame in imported.layers.items()} == {
        layer: len(frame) for layer, frame in layers.items()
    }
    assert imported.layers[Layer.STREET]["code"].tolist() == layers[Layer.STREET]["code"].tolist()
    assert check_layers(imported.layers) == []
    assert list(imported.themes) == ["idle_land"]
    found = imported.themes["idle_land"]
    assert (found.theme.title, found.frame["attributes"][0]) == ("闲置地", {"户数": 3})
