"""Tests of exports: round trips of every demo layer through every format, and refused exports."""

import sqlite3
import struct
import zipfile
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from geogrid.errors import ConflictError, DatumError, LayerError, QueryError, SetupError
from geogrid.layers.export import Encoding, ExportFormat, write_export, write_folder
from geogrid.layers.files import FieldMapping, read_file, read_line_file
from geogrid.layers.generation_file_reader import read_layer
from geogrid.model import Layer

READABLE = [form for form in ExportFormat if form is not ExportFormat.PMTILES]
SINGLE = [form for form in ExportFormat if not form.holds_many]
STANDARD = FieldMapping("code", "name", "parent", "kind")

SQUARE = shapely.box(113.29, 40.08, 113.30, 40.09)
HOLED = shapely.box(113.30, 40.08, 113.31, 40.09) - shapely.box(113.303, 40.083, 113.306, 40.086)
TWO = shapely.MultiPolygon([shapely.box(113.29, 40.09, 113.295, 40.095), shapely.box(113.30, 40.09, 113.305, 40.095)])
AREAS = [SQUARE, HOLED, TWO]
LINES = [
    shapely.LineString([(113.29, 40.08), (113.3, 40.085), (113.31, 40.08)]),
    shapely.MultiLineString([[(113.29, 40.09), (113.3, 40.09)], [(113.31, 40.09), (113.32, 40.091)]]),
]


def frame(shapes=AREAS, attributes=None, **columns):
    """Return a small layer."""
    codes = [f"14021305100100{number}" for number in range(1, len(shapes) + 1)]
    data = {"code": codes, "name": "平城网格", "parent": "140213051001", "kind": None, "synthetic": True, **columns}
    if attributes is not None:
        data["attributes"] = attributes
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:4326")


def again(path, form, layer="urban", read=read_file):
    """Return an export as the reader returns it, indexed by code."""
    raw = read(
        path,
        layer=layer if form is ExportFormat.GPKG else None,
        datum="wgs84" if form is ExportFormat.GEOJSON else None,
        mapping=STANDARD,
    )
    return raw.frame.sort_values("code", ignore_index=True), raw


def exported(tmp_path, layer, form, **options):
    path = tmp_path / f"urban{form.suffix}"
    notes = write_export(path, {"urban": layer}, form, **options)
    return path, notes


def texts(column):
    return [None if pd.isna(value) else value for value in column]


class TestRoundTrip:
    @pytest.mark.parametrize("layer", list(Layer))
    @pytest.mark.parametrize("form", READABLE)
    def test_round_trip_of_every_demo_layer(self, tmp_path, layers, form, layer):
        before = layers[layer]
        path = tmp_path / f"out{form.suffix}"
        assert write_export(path, {layer.value: before}, form) == ()
        after, raw = again(path, form, layer.value)
        for column in ("code", "name", "parent", "kind"):
            assert texts(after[column]) == texts(before[column]), column
        assert [bool(row["synthetic"]) for row in after["attributes"]] == before["synthetic"].tolist()
        assert shapely.equals_exact(
            after.geometry.normalize().to_numpy(), before.geometry.normalize().to_numpy(), tolerance=0.0
        ).all()
        assert raw.datum == "wgs84"

    def test_geopackage_with_all_layers(self, tmp_path, layers):
        path = tmp_path / "all.gpkg"
        write_export(path, {layer.value: found for layer, found in layers.items()}, ExportFormat.GPKG)
        for layer, before in layers.items():
            after, _ = again(path, ExportFormat.GPKG, layer.value)
            assert after["code"].tolist() == before["code"].tolist()
            assert (after.geometry.normalize() == before.geometry.normalize()).all()
        assert sum(len(found) for found in layers.values()) == 1750

    @pytest.mark.parametrize("form", SINGLE)
    def test_folder_with_one_file_per_layer(self, tmp_path, layers, form):
        folder = tmp_path / "new" / "out"
        write_folder(folder, {layer.value: found for layer, found in layers.items()}, form)
        assert sorted(path.name for path in folder.iterdir()) == sorted(f"{layer}{form.suffix}" for layer in Layer)
        after, _ = again(folder / f"rural{form.suffix}", form, "rural")
        assert after["code"].tolist() == layers[Layer.RURAL]["code"].tolist()

    def test_geojson_is_read_by_strict_reader(self, tmp_path, layers):
        path, _ = exported(tmp_path, layers[Layer.URBAN], ExportFormat.GEOJSON)
        after = read_layer(path, Layer.URBAN)
        assert after.drop(columns="geometry").equals(layers[Layer.URBAN].drop(columns="geometry"))
        assert (after.geometry.normalize() == layers[Layer.URBAN].geometry.normalize()).all()

    def test_geojson_keeps_coordinates_to_one_centimetre(self, tmp_path):
        jitter = np.random.default_rng(1).uniform((113.29, 40.08), (113.30, 40.09), (500, 2))
        before = frame([shapely.Polygon(jitter[row : row + 4]) for row in range(0, 500, 4)][:9])
        path, _ = exported(tmp_path, before, ExportFormat.GEOJSON)
        after, _ = again(path, ExportFormat.GEOJSON)
        # The first vertex of a ring depends on all vertices, so compare them in file order.
        for one, other in zip(before.geometry, after.geometry, strict=True):
            there = shapely.distance(
                shapely.points(shapely.get_coordinates(one)), shapely.multipoints(shapely.get_coordinates(other))
            )
            assert 0 < there.max() <= 5e-8 * np.sqrt(2)

    @pytest.mark.parametrize("form", READABLE)
    def test_round_trip_of_holes_and_parts(self, tmp_path, form):
        path, _ = exported(tmp_path, frame(), form)
        after, _ = again(path, form)
        assert [shape.geom_type for shape in after.geometry] == ["Polygon", "Polygon", "MultiPolygon"]
        assert len(after.geometry[1].interiors) == 1
        assert (after.geometry.normalize() == gpd.GeoSeries(AREAS, crs=4326).normalize()).all()

    @pytest.mark.parametrize("form", READABLE)
    def test_round_trip_of_lines(self, tmp_path, form):
        path, _ = exported(tmp_path, frame(LINES), form)
        after, _ = again(path, form, read=read_line_file)
        assert (after.geometry.normalize() == gpd.GeoSeries(LINES, crs=4326).normalize()).all()

    @pytest.mark.parametrize("form", READABLE)
    def test_attributes_keep_their_type(self, tmp_path, form):
        given = [
            {"户数": 120, "面积": 1.5, "备注": "甲\n'乙' \"丙\"", "重点": True, "kept": None},
            {"户数": None, "面积": None, "备注": None, "重点": None, "kept": "x"},
            {"户数": -7, "面积": 228.21, "备注": "=cmd", "重点": False, "kept": "y"},
        ]
        path, notes = exported(tmp_path, frame(attributes=given), form)
        after, _ = again(path, form)
        found = [{name: row[name] for name in given[0]} for row in after["attributes"]]
        assert found == given
        assert notes == ()

    @pytest.mark.parametrize("form", READABLE)
    def test_duplicate_names_get_number(self, tmp_path, form):
        given = {
            "code": "theirs",
            "Name": "old",
            "fid": 5,
            "geom": "g",
            "geometry": "h",
            "高": 1,
            "Upper": 1,
            "UPPER": 2,
        }
        path, _ = exported(tmp_path, frame([SQUARE], attributes=[given]), form)
        after, _ = again(path, form)
        assert after["code"].tolist() == ["140213051001001"]
        assert after["name"].tolist() == ["平城网格"]
        found = after["attributes"][0]
        assert (found["code_2"], found["Name_2"], found["fid_2"], found["geom_2"]) == ("theirs", "old", 5, "g")
        assert (found["geometry_2"], found["高"], found["Upper"], found["UPPER_2"]) == ("h", 1, 1, 2)

    @pytest.mark.parametrize("form", READABLE)
    def test_mixed_values_become_text(self, tmp_path, form):
        given = [{"a": 1, "b": 1, "c": [1, "乙"]}, {"a": "x", "b": 2.5, "c": True}, {"a": 2**70, "b": None, "c": 3}]
        path, _ = exported(tmp_path, frame(attributes=given), form)
        found = again(path, form)[0]["attributes"]
        assert [row["a"] for row in found] == ["1", "x", str(2**70)]
        assert [row["b"] for row in found] == [1.0, 2.5, None]
        assert [row["c"] for row in found] == ['[1, "乙"]', "true", "3"]


class TestDatum:
    @pytest.mark.parametrize("form", [ExportFormat.GPKG, ExportFormat.FLATGEOBUF, ExportFormat.SHAPEFILE])
    @pytest.mark.parametrize(("datum", "name"), [("cgcs2000", "cgcs2000"), ("EPSG:4547", "epsg:4547")])
    def test_file_names_its_datum(self, tmp_path, layers, form, datum, name):
        path, _ = exported(tmp_path, layers[Layer.URBAN], form, datum=datum)
        after, raw = again(path, form)
        assert raw.datum == name
        before = layers[Layer.URBAN].geometry.to_numpy()
        # The rings of a Shapefile have the opposite direction.
        shapes = (shapely.orient_polygons(found) for found in (before, after.geometry.to_numpy()))
        there, back = map(shapely.get_coordinates, shapes)
        # 1e-12 degree is 0.1 µm.
        assert np.abs(there - back).max() <= (0.0 if name == "cgcs2000" else 1e-12)

    def test_projected_datum_is_written_in_metres(self, tmp_path):
        path, _ = exported(tmp_path, frame([SQUARE]), ExportFormat.FLATGEOBUF, datum="EPSG:4547")
        transformer = pyproj.Transformer.from_crs(4490, 4547, always_xy=True)
        xy = np.column_stack(transformer.transform(*shapely.get_coordinates(SQUARE).T))
        found = pyogrio.read_info(path)["total_bounds"]
        assert np.abs(np.array(found) - [*xy.min(axis=0), *xy.max(axis=0)]).max() < 1e-6
        assert (round(found[0]), round(found[1])) == (439441, 4438647)

    @pytest.mark.parametrize("form", list(ExportFormat))
    @pytest.mark.parametrize("datum", ["gcj02", "BD-09"])
    def test_gcj02_and_bd09_are_refused(self, tmp_path, form, datum):
        with pytest.raises(DatumError, match="no EPSG code") as caught:
            exported(tmp_path, frame(), form, datum=datum)
        assert caught.value.code == "datum_unnameable"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("form", [ExportFormat.GEOJSON, ExportFormat.PMTILES])
    def test_wgs84_formats_refuse_other_datums(self, tmp_path, form):
        with pytest.raises(DatumError) as caught:
            exported(tmp_path, frame(), form, datum="cgcs2000")
        assert caught.value.code == "datum_fixed"

    @pytest.mark.parametrize(("lon", "lat"), [(24.0, 0.1), (-150.0, 10.0)])
    def test_zone_far_from_district_is_refused(self, tmp_path, lon, lat):
        far = shapely.box(lon, lat, lon + 0.01, lat + 0.01)
        with pytest.raises(LayerError) as caught:
            exported(tmp_path, frame([far]), ExportFormat.GPKG, datum="EPSG:4547")
        assert caught.value.code == "out_of_range"


class TestFiles:
    @pytest.mark.parametrize("form", list(ExportFormat))
    def test_existing_file_is_not_overwritten(self, tmp_path, form):
        path = tmp_path / f"urban{form.suffix}"
        path.write_text("kept")
        with pytest.raises(ConflictError):
            write_export(path, {"urban": frame()}, form)
        assert path.read_text() == "kept"
        write_export(path, {"urban": frame()}, form, overwrite=True)
        assert path.read_bytes() != b"kept"

    def test_folder_is_written_atomically(self, tmp_path):
        bad = frame(attributes=[{"a": "\0"}, {}, {}])
        with pytest.raises(LayerError):
            write_folder(tmp_path, {"good": frame(), "bad": bad}, ExportFormat.FLATGEOBUF)
        lacking = frame(name="😀")
        with pytest.raises(LayerError):
            write_folder(tmp_path, {"good": frame(), "bad": lacking}, ExportFormat.SHAPEFILE, encoding=Encoding.GBK)
        assert list(tmp_path.iterdir()) == []

    def test_gdal_failure_leaves_no_file(self, tmp_path):
        many = {f"c{number}": number for number in range(3_000)}
        with pytest.raises(SetupError):
            exported(tmp_path, frame([SQUARE], attributes=[many]), ExportFormat.GPKG)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("form", SINGLE)
    def test_several_layers_in_single_layer_format_are_refused(self, tmp_path, form):
        with pytest.raises(QueryError) as caught:
            write_export(tmp_path / f"a{form.suffix}", {"a": frame(), "b": frame()}, form)
        assert caught.value.code == "layer_choice"

    @pytest.mark.parametrize("name", ["../a", "a/b", "", "a b", 'a"; DROP TABLE x; --', "a\0", "x" * 61])
    def test_unsafe_layer_name_is_refused(self, tmp_path, name):
        for form in ExportFormat:
            with pytest.raises(LayerError) as caught:
                write_export(tmp_path / f"a{form.suffix}", {name: frame()}, form)
            assert caught.value.code == "layer_name"
        assert list(tmp_path.iterdir()) == []

    def test_empty_layer_is_exported(self, tmp_path):
        empty = frame([], name=[], parent=[], kind=[], synthetic=[])
        path, _ = exported(tmp_path, empty, ExportFormat.GPKG)
        info = pyogrio.read_info(path, layer="urban")
        assert (info["features"], info["geometry_type"]) == (0, "MultiPolygon")
        assert list(info["fields"]) == ["code", "name", "parent", "kind", "synthetic"]
        for form in SINGLE:
            path, _ = exported(tmp_path, empty, form)
            shp = f"/vsizip/{path}/urban.shp" if form is ExportFormat.SHAPEFILE else path
            assert len(pyogrio.read_dataframe(shp)) == 0
        with pytest.raises(LayerError) as caught:
            exported(tmp_path, empty, ExportFormat.PMTILES)
        assert caught.value.code == "layer_empty"
        path = tmp_path / "two.pmtiles"
        notes = write_export(path, {"urban": empty, "rural": frame()}, ExportFormat.PMTILES)
        assert notes == ("urban: The layer is empty and left out.",)
        assert pyogrio.list_layers(path)[:, 0].tolist() == ["rural"]

    @pytest.mark.parametrize("shapes", [[SQUARE, LINES[0]], [shapely.Point(1, 1)], [None], [shapely.Polygon()]])
    def test_invalid_shapes_are_refused(self, tmp_path, shapes):
        for form in ExportFormat:
            with pytest.raises(LayerError) as caught:
                exported(tmp_path, frame(shapes), form)
            assert caught.value.code == "geometry_type"
            assert f"urban, 14021305100100{len(shapes)}" in str(caught.value)


class TestNotice:
    def test_synthetic_layer_has_notice(self, tmp_path):
        paths = {form: exported(tmp_path, frame(), form)[0] for form in ExportFormat}
        database = sqlite3.connect(paths[ExportFormat.GPKG])
        said = database.execute("SELECT description FROM gpkg_contents WHERE table_name = 'urban'").fetchone()
        database.close()
        assert said == ("合成示意 synthetic: no surveyed data",)
        notice = said[0].encode()
        assert notice in paths[ExportFormat.GEOJSON].read_bytes()
        assert notice in paths[ExportFormat.FLATGEOBUF].read_bytes()
        with zipfile.ZipFile(paths[ExportFormat.SHAPEFILE]) as archive:
            assert notice in archive.read("notice.txt")
        described = pyogrio.read_info(paths[ExportFormat.PMTILES])["dataset_metadata"]
        assert described["description"] == described["attribution"] == said[0]

    def test_surveyed_layer_has_no_synthetic_notice(self, tmp_path):
        path, _ = exported(tmp_path, frame(synthetic=False), ExportFormat.GEOJSON)
        assert "合成" not in path.read_text()


class TestShapefile:
    @pytest.mark.parametrize(("encoding", "cpg", "mark"), [("utf-8", b"UTF-8", 0), ("gbk", b"936", 0x4D)])
    def test_shapefile_archive_contents(self, tmp_path, layers, encoding, cpg, mark):
        path, _ = exported(tmp_path, layers[Layer.URBAN], ExportFormat.SHAPEFILE, encoding=Encoding(encoding))
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        assert sorted(parts) == ["notice.txt", *(f"urban.{part}" for part in ("cpg", "dbf", "prj", "shp", "shx"))]
        assert parts["urban.cpg"] == cpg
        assert parts["urban.dbf"][29] == mark
        assert "仁和美社区第08网格".encode(encoding) in parts["urban.dbf"]
        assert again(path, ExportFormat.SHAPEFILE)[0]["name"].tolist() == layers[Layer.URBAN]["name"].tolist()
        # Read by GDAL alone, like a desktop GIS.
        shp = pyogrio.read_dataframe(f"/vsizip/{path}/urban.shp")
        assert shp["name"].tolist() == layers[Layer.URBAN]["name"].tolist()

    def test_shapefile_outer_rings_are_clockwise(self, tmp_path):
        path, _ = exported(tmp_path, frame([HOLED]), ExportFormat.SHAPEFILE)
        with zipfile.ZipFile(path) as archive:
            data = archive.read("urban.shp")[100 + 8 :]
        kind, parts, points = struct.unpack_from("<i", data)[0], *struct.unpack_from("<2i", data, 36)
        starts = [*struct.unpack_from(f"<{parts}i", data, 44), points]
        xy = np.frombuffer(data, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
        rings = [shapely.LinearRing(xy[start:end]) for start, end in pairwise(starts)]
        assert (kind, [bool(shapely.is_ccw(ring)) for ring in rings]) == (5, [False, True])

    @pytest.mark.parametrize("encoding", list(Encoding))
    def test_shapefile_names_are_unique_in_ten_bytes(self, tmp_path, encoding):
        names = [
            "网格员联系电话甲",
            "网格员联系电话乙",
            "网格员联",
            "averylongname",
            "averylongnamed",
            "a\nb",
            "x" * 500,
        ]
        given = dict(zip(names, range(7), strict=True))
        path, notes = exported(tmp_path, frame([SQUARE], attributes=[given]), ExportFormat.SHAPEFILE, encoding=encoding)
        found = again(path, ExportFormat.SHAPEFILE)[0]["attributes"][0]
        found.pop("synthetic")
        assert sorted(found.values()) == list(range(7))
        assert all(len(name.encode(encoding)) <= 10 for name in found)
        assert "\ufffd" not in "".join(found)
        assert len(notes) >= 6
        assert all(note.startswith("urban: the column ") for note in notes)

    @pytest.mark.parametrize("encoding", list(Encoding))
    def test_long_texts_are_truncated_at_characters_with_note(self, tmp_path, encoding):
        text = "a" + "网" * 200
        path, notes = exported(
            tmp_path, frame([SQUARE], attributes=[{"备注": text}]), ExportFormat.SHAPEFILE, encoding=encoding
        )
        assert notes == ("urban: 1 texts of 备注 are truncated to 254 bytes.",)
        kept = again(path, ExportFormat.SHAPEFILE)[0]["attributes"][0]["备注"]
        assert kept == text[: 127 if encoding is Encoding.GBK else 85]

    @pytest.mark.parametrize(
        ("columns", "where"),
        [
            ({"name": "网格😀"}, "name: urban, 140213051001001: The character U+1F600 does not exist in GBK."),
            ({}, "备注𠮷: urban, a"),
        ],
    )
    def test_character_missing_in_gbk_is_refused(self, tmp_path, columns, where):
        layer = frame([SQUARE], attributes=[{} if columns else {"备注𠮷": 1}], **columns)
        with pytest.raises(LayerError) as caught:
            exported(tmp_path, layer, ExportFormat.SHAPEFILE, encoding=Encoding.GBK)
        assert str(caught.value).startswith(where)
        assert str(caught.value).endswith("Export it in UTF-8.")
        exported(tmp_path, layer, ExportFormat.SHAPEFILE)

    def test_numbers_that_would_be_rounded_become_text(self, tmp_path):
        given = [{"big": 2**62, "small": -(10**16), "huge": 1e300, "tiny": 1e-20, "area": 123456789.12345679}]
        path, _ = exported(tmp_path, frame([SQUARE], attributes=given), ExportFormat.SHAPEFILE)
        found = again(path, ExportFormat.SHAPEFILE)[0]["attributes"][0]
        assert (found["big"], found["small"], found["area"]) == (str(2**62), -(10**16), 123456789.12345679)
        assert (found["huge"], found["tiny"]) == ("1e+300", "1e-20")

    def test_blanks_around_names_are_removed(self, tmp_path):
        given = [{" ": 1, "a": 2, "a ": 3, " a": 4, "": 5, "nine long names": 6, "nine long named": 7}]
        path, _ = exported(tmp_path, frame([SQUARE], attributes=given), ExportFormat.SHAPEFILE)
        found = again(path, ExportFormat.SHAPEFILE)[0]["attributes"][0]
        assert found == {
            "synthetic": True, "column": 1, "a": 2, "a_1": 3, "a_2": 4, "column_2": 5, "nine long": 6, "nine lon_1": 7
        }  # fmt: skip

    def test_too_many_columns_are_refused(self, tmp_path):
        many = {f"c{number}": number for number in range(251)}
        with pytest.raises(LayerError, match="at most 255 columns"):
            exported(tmp_path, frame([SQUARE], attributes=[many]), ExportFormat.SHAPEFILE)

    @pytest.mark.parametrize("form", [form for form in ExportFormat if form is not ExportFormat.SHAPEFILE])
    def test_other_formats_refuse_encoding(self, tmp_path, form):
        with pytest.raises(QueryError) as caught:
            exported(tmp_path, frame(), form, encoding=Encoding.GBK)
        assert caught.value.field == "encoding"


class TestHostile:
    TEXTS = (
        "'; DROP TABLE urban; --",
        '"',
        "a\n\r\tb",
        "../../etc/passwd",
        "😀",
        "<script>",
        "%s%n",
        "\x1b[2J",
        "x" * 60_000,
    )

    @pytest.mark.parametrize("form", [ExportFormat.GPKG, ExportFormat.FLATGEOBUF, ExportFormat.GEOJSON])
    def test_hostile_names_and_texts_are_preserved(self, tmp_path, form):
        given = {text: text for text in self.TEXTS}
        path, _ = exported(tmp_path, frame([SQUARE], attributes=[given]), form)
        found = again(path, form)[0]["attributes"][0]
        assert {name: found[name] for name in given} == given

    @pytest.mark.parametrize("form", list(ExportFormat))
    @pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
    def test_unstorable_text_is_refused_with_field(self, tmp_path, form, text):
        with pytest.raises(LayerError) as caught:
            exported(tmp_path, frame([SQUARE], attributes=[{"备注": text}]), form)
        assert str(caught.value).startswith(
            "备注: urban, 140213051001001: The text has a NUL or an incomplete character"
        )
        with pytest.raises(LayerError) as caught:
            exported(tmp_path, frame([SQUARE], attributes=[{text: 1}]), form)
        assert (caught.value.code, caught.value.field.isprintable()) == ("column_name", True)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("form", list(ExportFormat))
    def test_non_finite_number_is_refused(self, tmp_path, form):
        with pytest.raises(LayerError, match="not finite"):
            exported(tmp_path, frame([SQUARE], attributes=[{"a": float("inf")}]), form)
        path, _ = exported(tmp_path, frame([SQUARE], attributes=[{"a": float("nan"), "b": 1}]), form)
        assert path.exists()
