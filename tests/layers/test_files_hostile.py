"""Tests of damaged and malicious layer files: each causes an error that names the file."""

import http.server
import json
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from geogrid.errors import DatumError, FileError, LayerError
from geogrid.layers.files import limits, read_file
from tests.layers import corpus
from tests.layers.corpus import fault, write

FORMATS = sorted(corpus.WRITERS)
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource>'
    "<GeometryType>wkbNone</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
)


def geojson(tmp_path, geometry, number=1, **properties):
    """Return a file in which the feature of a given number has a given geometry."""
    good = corpus.collection(corpus.frame(shapes=[corpus.SQUARE]))["features"][0]
    bad = {"type": "Feature", "properties": {"code": "1", **properties}, "geometry": geometry}
    good["properties"] = {"code": "0", **dict.fromkeys(properties)}
    path = tmp_path / "bad.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [good] * (number - 1) + [bad]}))
    return path


def replace_number(path, marker, number):
    """Replace a number in a file."""
    if path.suffix == ".geojson":
        path.write_text(path.read_text().replace(str(marker), json.dumps(number)))
    else:
        data = path.read_bytes()
        assert struct.pack("<d", marker) in data
        path.write_bytes(data.replace(struct.pack("<d", marker), struct.pack("<d", number)))


class TestGeometry:
    @pytest.mark.parametrize("levels", [1, 2, 12_000, 1_000_000])
    def test_nested_collections_in_wkb(self, tmp_path, levels):
        packed = write(tmp_path, "gpkg", corpus.frame())
        corpus.put_blob(packed, corpus.nested_wkb(levels))
        error = fault(LayerError, packed)
        assert (error.code, error.field) == ("geometry_type", "geometry")
        assert "feature 1" in error.message
        table = pq.read_table(write(tmp_path, "parquet", corpus.frame()))
        blobs = [corpus.nested_wkb(levels), *table["geometry"].to_pylist()[1:]]
        column = table.schema.get_field_index("geometry")
        pq.write_table(table.set_column(column, table.schema.field(column), [blobs]), tmp_path / "n.parquet")
        assert fault(LayerError, tmp_path / "n.parquet").code == "geometry_type"

    def test_nested_collections_in_flatgeobuf(self, tmp_path):
        shape = shapely.GeometryCollection([corpus.SQUARE])
        for _ in range(20):
            shape = shapely.GeometryCollection([shape])
        layer = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shape], crs=4326)
        assert fault(LayerError, write(tmp_path, "fgb", layer)).code == "geometry_type"

    @pytest.mark.parametrize("levels", [5, 100_000])
    def test_nested_collections_in_geojson(self, tmp_path, levels):
        inside = json.dumps(shapely.geometry.mapping(corpus.SQUARE))
        text = '{"type": "GeometryCollection", "geometries": [' * levels + inside + "]}" * levels
        head = (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "1"}, "geometry": '
        )
        path = tmp_path / "nested.geojson"
        path.write_text(head + text + "}]}")
        with pytest.raises((LayerError, FileError), match=r"nested\.geojson"):
            read_file(path, datum="wgs84")
        path.write_text(
            head + json.dumps({"type": "Polygon", "coordinates": []})[:-2] + "[" * levels + "]" * levels + "]}}]}"
        )
        with pytest.raises((LayerError, FileError), match=r"nested\.geojson"):
            read_file(path, datum="wgs84")

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
    @pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet", "geojson", "shp"])
    def test_not_finite(self, tmp_path, suffix, number):
        marker = 113.3123456789
        ring = shapely.Polygon([(113.3, 40.1), (113.31, 40.1), (marker, 40.11), (113.32, 40.12), (113.3, 40.1)])
        path = write(tmp_path, suffix, corpus.frame(shapes=[corpus.SQUARE, ring, corpus.TWO]))
        replace_number(path, marker, number)
        with pytest.raises((LayerError, FileError)) as caught:
            read_file(path)
        assert path.name in caught.value.message
        if suffix in {"gpkg", "fgb", "parquet"}:
            assert "feature 2" in caught.value.message

    def test_infinity_by_exponent(self, tmp_path):
        ring = [[113.3, 40.1], [113.31, 40.1], [12345, 40.11], [113.3, 40.1]]
        path = geojson(tmp_path, {"type": "Polygon", "coordinates": [ring]}, number=4)
        path.write_text(path.read_text().replace("12345", "1e999"))
        error = fault(LayerError, path, datum="wgs84")
        assert error.code == "not_finite"
        assert "feature 4" in error.message

    @pytest.mark.parametrize(
        "geometry",
        [
            None,
            5,
            {"type": "Point", "coordinates": [113.3, 40.1]},
            {"type": "Polygon"},
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [[]]},
            {"type": "Polygon", "coordinates": [[[113.3, 40.1], [113.4, 40.1], [113.3, 40.2]]]},
            {"type": "Polygon", "coordinates": [[[113.3, 40.1], [113.4, 40.1], [113.3, 40.2], [113.3, "40.1"]]]},
            {"type": "Polygon", "coordinates": [[[113.3, 40.1], [113.4, True], [113.3, 40.2], [113.3, 40.1]]]},
            {"type": "Polygon", "coordinates": [[[113.3, 40.1], [113.4], [113.3, 40.2], [113.3, 40.1]]]},
            {"type": "Polygon", "coordinates": {"a": 1}},
            {"type": "MultiPolygon", "coordinates": [113.3]},
            {"type": "LineString", "coordinates": [[113.3, 40.1], [113.4, 40.1]]},
            {"type": ["Polygon"], "coordinates": []},
        ],
    )
    def test_damaged(self, tmp_path, geometry):
        error = fault(LayerError, geojson(tmp_path, geometry, number=2), datum="wgs84")
        assert error.field == "geometry"
        assert "feature 2" in error.message
        assert error.remedy

    def test_mixed(self, tmp_path):
        layer = corpus.frame(shapes=[corpus.SQUARE, corpus.HOLED, corpus.SQUARE.boundary])
        for suffix in ("gpkg", "parquet", "geojson", "fgb"):
            assert "feature 3" in fault(LayerError, write(tmp_path, suffix, layer, name=f"x-{suffix}")).message

    def test_empty_layer(self, tmp_path):
        for suffix in ("gpkg", "parquet", "geojson", "fgb", "shp"):
            path = write(tmp_path, suffix, corpus.frame().iloc[:0], name=f"e-{suffix}")
            assert fault(FileError, path).code == "layer_empty"

    def test_budgets(self, tmp_path, monkeypatch):
        path = write(tmp_path, "gpkg", corpus.frame())
        monkeypatch.setattr("geogrid.layers.files.geometry_arrays.MAX_VERTICES", 10)
        assert fault(FileError, path).code == "too_large"
        monkeypatch.setattr("geogrid.layers.files.layer_file_content.MAX_FEATURES", 2)
        assert fault(FileError, path).code == "too_large"
        monkeypatch.setattr("geogrid.layers.files.file_signature.MAX_BYTES", 100)
        assert fault(FileError, path).code == "too_large"
        assert limits.MAX_VERTICES > 4_180_000


class TestHostile:
    @pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "fgb", "parquet", "vrt"])
    def test_virtual_format_is_refused(self, tmp_path, suffix):
        calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                calls.append(self.path)
                self.send_error(404)

            do_HEAD = do_GET  # noqa: N815 - named by the standard library

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            secret = tmp_path / "secret.csv"
            secret.write_text("code,name\n1,secret\n")
            for source in (secret, f"/vsicurl/http://127.0.0.1:{server.server_port}/a.csv"):
                path = tmp_path / f"a.{suffix}"
                path.write_text(VRT.format(source=source))
                assert fault(FileError, path, datum="wgs84").code == "format"
            for name in (f"/vsicurl/http://127.0.0.1:{server.server_port}/a.gpkg", f"/vsizip/{tmp_path}/a.zip/a.shp"):
                assert fault(FileError, Path(name)).code == "file_missing"
            server.shutdown()
        assert calls == []

    def test_virtual_format_in_archive_is_refused(self, tmp_path):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for suffix in ("shp", "shx", "dbf"):
                archive.writestr(f"a.{suffix}", VRT.format(source="/etc/passwd"))
        assert fault(FileError, path).code == "format"

    def test_signature_before_virtual_format_is_refused(self, tmp_path):
        for head in (b"SQLite format 3\0", b"fgb\x03fgb\x00", b"PAR1", b"{", b"PK\x03\x04"):
            path = tmp_path / "a.gpkg"
            path.write_bytes(head + VRT.format(source="/etc/passwd").encode())
            fault(FileError, path)

    def test_zip_bomb(self, tmp_path):
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.shp", bytes(2**26))
            archive.writestr("a.shx", b"")
            archive.writestr("a.dbf", b"")
        assert fault(FileError, path).code == "too_large"

    def test_false_sizes_in_archive_are_ignored(self, tmp_path):
        path = write(tmp_path, "zip", corpus.frame())
        data = path.read_bytes()
        path.write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x03", 1))
        assert fault(FileError, path).code == "zip_damaged"

    @pytest.mark.parametrize("name", ["../a.shp", "/etc/a.shp", "a/../../b.shp", "..\\a.shp", "C:\\a.shp"])
    def test_unsafe_paths_in_archive_are_refused(self, tmp_path, name):
        path = write(tmp_path, "zip", corpus.frame())
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"x")
        assert fault(FileError, path).code == "zip_path"

    def test_macos_metadata_is_ignored(self, tmp_path):
        path = write(tmp_path, "zip", corpus.frame())
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("__MACOSX/图层/._网格.shp", b"x")
        assert read_file(path).features == 3

    def test_json_with_too_many_lists_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr("geogrid.layers.files.geojson_reader._MAX_LISTS", 1000)
        monkeypatch.setattr("geogrid.layers.files.geojson_reader._MAX_COMMAS", 1000)
        path = tmp_path / "a.geojson"
        for item in ("[]", "{}", "1"):
            path.write_text('{"type": "FeatureCollection", "features": [' + ",".join([item] * 2000) + "]}")
            assert fault(FileError, path).code == "too_large"

    def test_open_geopackage_is_refused(self, tmp_path):
        path = write(tmp_path, "gpkg", corpus.frame())
        Path(f"{path}-wal").write_bytes(b"x")
        assert fault(FileError, path).code == "gpkg_open"

    def test_symlink(self, tmp_path):
        path = write(tmp_path, "zip", corpus.frame())
        link = zipfile.ZipInfo("b.prj")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        assert fault(FileError, path).code == "zip_link"

    def test_archive_must_contain_one_complete_shapefile(self, tmp_path):
        path = write(tmp_path, "zip", corpus.frame(), inside="a.shp")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("b.shp", b"")
        error = fault(FileError, path)
        assert (error.code, "a, b" in error.message) == ("layer_choice", True)
        assert read_file(path, layer="a").features == 3
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.shp", b"")
        assert fault(FileError, path).code == "shapefile_part"
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(3_000):
                archive.writestr(f"{number}.txt", b"")
        assert fault(FileError, path).code == "zip_entries"

    @pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet", "zip", "geojson"])
    @pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
    def test_truncated_file_is_refused(self, tmp_path, suffix, share):
        shapes = [shapely.Point(113.3 + i / 1000, 40.1).buffer(0.001, quad_segs=64) for i in range(200)]
        layer = gpd.GeoDataFrame({"code": [str(i) for i in range(200)]}, geometry=shapes, crs=4326)
        if suffix in {"zip", "geojson"}:
            layer = corpus.frame()
        path = write(tmp_path, suffix, layer)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        fault(FileError, path)

    def test_truncated_shapefile_is_refused(self, tmp_path):
        for part in (".shp", ".dbf", ".shx"):
            path = write(tmp_path, "shp", corpus.frame())
            data = path.with_suffix(part).read_bytes()
            path.with_suffix(part).write_bytes(data[: len(data) // 2])
            with pytest.raises((FileError, LayerError), match=r"grids\.shp"):
                read_file(path)

    @pytest.mark.parametrize("text", ["rubbish", "PROJCS[", "\xff\xfe", "<" * 20_000])
    def test_invalid_crs_is_refused(self, tmp_path, text):
        path = write(tmp_path, "shp", corpus.frame())
        path.with_suffix(".prj").write_text(text)
        assert fault(FileError, path).code == "crs_unknown"

    def test_view_instead_of_table_is_refused(self, tmp_path):
        path = write(tmp_path, "gpkg", corpus.frame())
        database = sqlite3.connect(path)
        database.execute("ALTER TABLE grids RENAME TO t")
        database.execute("CREATE VIEW grids AS SELECT * FROM t")
        database.execute("UPDATE gpkg_contents SET table_name = 'grids'")
        database.execute("UPDATE gpkg_geometry_columns SET table_name = 'grids'")
        database.commit()
        database.close()
        assert fault(FileError, path).code == "gpkg_table"

    def test_random_damage_gives_error_or_layer(self, tmp_path):
        random = np.random.default_rng(3)
        for suffix in ("gpkg", "parquet", "geojson", "zip"):
            path = write(tmp_path, suffix, corpus.frame())
            data = bytearray(path.read_bytes())
            for _ in range(60):
                broken = bytearray(data)
                for place in random.integers(0, len(data), 8):
                    broken[place] = random.integers(0, 256)
                path.write_bytes(broken)
                try:
                    assert read_file(path).features
                except (FileError, LayerError, DatumError) as error:
                    assert path.name in error.message  # noqa: PT017 - either is good

    @pytest.mark.parametrize("suffix", ["fgb", "shp"])
    def test_random_damage_does_not_crash_gdal(self, tmp_path, suffix):
        # In a separate process, so that a crash is detected.
        path = write(tmp_path, suffix, corpus.frame())
        script = (
            "import sys, pathlib, numpy as np\n"
            "from geogrid.layers.files import read_file\n"
            "from geogrid.errors import FileError, LayerError, DatumError\n"
            "path = pathlib.Path(sys.argv[1]); data = path.read_bytes(); random = np.random.default_rng(5)\n"
            "for _ in range(100):\n"
            "    broken = bytearray(data)\n"
            "    for place in random.integers(8, len(data), 6): broken[place] = random.integers(0, 256)\n"
            "    path.write_bytes(broken)\n"
            "    try: read_file(path)\n"
            "    except (FileError, LayerError, DatumError) as error: assert path.name in error.message\n"
        )
        done = subprocess.run([sys.executable, "-c", script, path], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]


class TestMessages:
    @pytest.mark.parametrize("text", ["a\0b", "a\x1b[31mb", "\ud800"])
    @pytest.mark.parametrize("field", ["code", "name", "kind"])
    def test_unstorable_texts_are_refused(self, tmp_path, field, text):
        path = geojson(tmp_path, shapely.geometry.mapping(corpus.SQUARE), **{"code": "1", field: text})
        error = fault(LayerError, path, datum="wgs84")
        assert (error.code, error.field) == ("text_control", field)
        assert "bad.geojson, feature 1" in error.message

    def test_control_characters_of_column_names_are_replaced(self, tmp_path):
        hostile = {f"\x1b[31mred\u202e{number}": 1 for number in range(100)}
        path = tmp_path / "a.geojson"
        feature = {"type": "Feature", "properties": hostile, "geometry": shapely.geometry.mapping(corpus.SQUARE)}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        error = fault(LayerError, path, datum="wgs84")
        assert error.message.startswith(
            "a.geojson: No column has a known name for the code; the columns are: \ufffd[31mred"
        )
        assert error.message.isprintable()
        assert len(error.message) < 600
