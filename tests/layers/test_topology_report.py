"""The topology report on paper, for programs, and by the command."""

import json
import re

import planting
import pytest
import shapely
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.errors import FileError
from geogrid.layers.geojson_reader import LAYER_FILES, read_generation
from geogrid.layers.geojson_writer import write_layer
from geogrid.layers.topology import (
    FindingCode,
    check_layers,
    count_incidents,
    geojson_report,
    json_report,
    read_unchecked,
    text_report,
)
from geogrid.model import Layer
from geogrid.resources import data_path


@pytest.fixture(scope="module")
def findings(layers, borders):
    field = planting.Field(layers, borders)
    for plant in planting.TEN + planting.MORE:
        plant(field)
    return check_layers(field.layers)


@pytest.fixture
def folder(layers, tmp_path):
    """The demo's files, to be spoilt."""
    for layer, frame in layers.items():
        write_layer(tmp_path / LAYER_FILES[layer], frame)
    return tmp_path


def spoil(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content["features"])
    path.write_text(json.dumps(content), encoding="utf-8")


def run(*arguments):
    return CliRunner().invoke(cli, ["layers", "check", *map(str, arguments)])


class TestText:
    def test_names_codes_area_and_a_point_that_a_map_takes(self, findings):
        text = text_report(findings)
        overlap = next(found for found in findings if found.code is FindingCode.OVERLAP)
        start = text.index("  overlap  ")
        paragraph = text[start:].split("\n")[:3]
        assert all(code in paragraph[0] and code in paragraph[1] for code in overlap.codes)
        assert f"{overlap.area_m2:,.1f} 平方米" in paragraph[0]
        assert f"{overlap.area_m2:,.1f} m²" in paragraph[1]
        lat, lon = map(float, re.fullmatch(r" +geo:([\d.]+),([\d.]+)", paragraph[2]).groups())
        assert shapely.buffer(overlap.geometry, 1e-7).contains(shapely.Point(lon, lat))

    def test_grouped_by_severity_then_layer(self, findings):
        heads = re.findall(r"^(ERRORS 错误|WARNINGS 警告) · (\w+)$", text_report(findings), re.MULTILINE)
        assert len(set(heads)) == len(heads) == 4
        assert [word for word, _ in heads] == ["ERRORS 错误"] * 2 + ["WARNINGS 警告"] * 2

    def test_incidents_are_told_where_they_were_counted(self, findings):
        assert "incidents" not in text_report(findings)
        assert "  0 incidents 事件" in text_report(count_incidents(findings, [], []))

    def test_nothing_wrong(self):
        assert text_report([]) == "0 errors 错误, 0 warnings 警告\n"


class TestMachines:
    def test_json_has_a_stable_schema(self, findings):
        report = json.loads(json_report(findings))
        assert list(report) == ["schema", "errors", "warnings", "findings"]
        assert (report["schema"], report["errors"] + report["warnings"]) == (1, len(findings))
        for member in report["findings"]:
            assert list(member) == [
                "code",
                "severity",
                "layer",
                "codes",
                "area_m2",
                "place",
                "incidents",
                "message",
                "geometry",
            ]
            assert set(member["message"]) == {"zh", "en"}
            assert re.search("[\u4e00-\u9fff]", member["message"]["zh"])
            assert member["message"]["en"].isascii() or "m²" in member["message"]["en"]

    def test_geojson_follows_rfc_7946(self, findings):
        collection = json.loads(geojson_report(findings))
        assert set(collection) == {"type", "features"}
        assert len(collection["features"]) == len(findings)
        for feature, found in zip(collection["features"], findings, strict=True):
            assert set(feature) == {"type", "properties", "geometry"}
            if found.place is None:
                assert feature["geometry"] is None
                continue
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid
            assert shape.distance(shapely.Point(found.place.lon, found.place.lat)) < 1e-8
            polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
            assert all(part.exterior.is_ccw for part in polygons)

    def test_the_same_layers_give_the_same_bytes(self, field, findings):
        for plant in planting.TEN + planting.MORE:
            plant(field)
        again = check_layers(field.layers)
        for report in (text_report, json_report, geojson_report):
            assert report(again) == report(findings)


class TestReading:
    def test_the_demo_comes_as_the_strict_reader_reads_it(self, layers):
        for layer, frame in read_unchecked(data_path("boundaries")).items():
            assert list(frame.code) == list(layers[layer].code)
            assert frame.geometry.geom_equals(layers[layer].geometry).all()
            assert frame.crs == layers[layer].crs

    @pytest.mark.parametrize(
        ("feature", "code"),
        [
            (None, FindingCode.GEOMETRY_MISSING),
            ("feature", FindingCode.GEOMETRY_MISSING),
            ({"type": "Feature"}, FindingCode.GEOMETRY_MISSING),
            ({"properties": [], "geometry": {"type": "Polygon"}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "Polygon", "coordinates": 5}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "Polygon", "coordinates": [[[[[1]]]]]}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": ["Polygon"], "coordinates": []}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "Polygon", "coordinates": [[[113, None]] * 4]}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "MultiPolygon", "coordinates": [[]]}}, FindingCode.GEOMETRY_MISSING),
            ({"geometry": {"type": "GeometryCollection", "geometries": []}}, FindingCode.GEOMETRY_MISSING),
            (
                {"geometry": {"type": "Polygon", "coordinates": [[[113, 40], [1e999, 40], [113, 41], [113, 40]]]}},
                FindingCode.COORDINATES,
            ),
            ({"properties": {"code": {"a": 1}, "name": 7, "kind": []}}, FindingCode.CODE_SCHEME),
        ],
    )
    def test_a_spoilt_feature_is_a_finding(self, folder, feature, code):
        path = folder / LAYER_FILES[Layer.DEDICATED]
        text = path.read_text(encoding="utf-8").rstrip().removesuffix("]}")
        path.write_text(text + "," + json.dumps(feature).replace("Infinity", "1e999") + "]}", encoding="utf-8")
        found = check_layers(read_unchecked(folder))
        assert {one.layer for one in found} == {Layer.DEDICATED}
        assert {one.codes for one in found} == {("#274",)} if "properties" not in str(feature) else found
        assert code in {one.code for one in found}

    def test_what_has_no_error_the_strict_reader_takes(self, folder):
        assert check_layers(read_unchecked(folder)) == []
        assert read_generation(folder)

    def test_a_third_coordinate_is_left_out(self, folder):
        def lift(features):
            for position in features[0]["geometry"]["coordinates"][0]:
                position.append(1042.0)

        spoil(folder / LAYER_FILES[Layer.URBAN], lift)
        assert check_layers(read_unchecked(folder)) == []

    @pytest.mark.parametrize("content", ["", "[" * 100_000, '{"features": 1}', "[]", '{"features": [NaN]}', "\x00"])
    def test_what_is_no_geojson_is_a_file_error(self, folder, content):
        (folder / LAYER_FILES[Layer.STREET]).write_text(content, encoding="utf-8")
        with pytest.raises(FileError, match=r"streets\.geojson"):
            read_unchecked(folder)


class TestCommand:
    def test_nothing_wrong_is_status_0(self):
        result = run(data_path("boundaries"))
        assert (result.exit_code, result.output) == (0, "0 errors 错误, 0 warnings 警告\n")

    def test_an_error_is_status_1_and_named(self, folder):
        spoil(folder / LAYER_FILES[Layer.RURAL], lambda features: features.pop(5))
        result = run(folder)
        assert result.exit_code == 1
        assert "1 errors" in result.output
        assert "ERRORS 错误 · rural\n  gap  " in result.output

    def test_a_warning_is_status_0(self, folder):
        spoil(folder / LAYER_FILES[Layer.DEDICATED], lambda features: features.clear())
        result = run(folder)
        assert result.exit_code == 0
        assert "WARNINGS 警告 · dedicated" in result.output

    @pytest.mark.parametrize("style", ["json", "geojson"])
    def test_other_formats_to_a_file(self, folder, tmp_path, style):
        spoil(folder / LAYER_FILES[Layer.RURAL], lambda features: features.pop(5))
        out = tmp_path / f"findings.{style}"
        result = run(folder, "--format", style, "--out", out)
        assert (result.exit_code, result.output) == (1, "")
        assert len(json.loads(out.read_text(encoding="utf-8"))["features" if style == "geojson" else "findings"]) == 1

    def test_a_missing_file_is_status_2(self, folder, capsys):
        (folder / LAYER_FILES[Layer.STREET]).unlink()
        with pytest.raises(SystemExit) as stopped:
            main(["layers", "check", str(folder)])
        assert stopped.value.code == 2
        assert "streets.geojson" in capsys.readouterr().err

    def test_a_file_that_cannot_be_written_is_status_2(self, tmp_path, capsys):
        with pytest.raises(SystemExit) as stopped:
            main(["layers", "check", str(data_path("boundaries")), "--out", str(tmp_path / "no" / "f.txt")])
        assert stopped.value.code == 2
        assert "cannot be written" in capsys.readouterr().err
