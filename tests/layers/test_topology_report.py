"""Tests of the topology report: text, JSON, GeoJSON and the command."""

import json
import re

import faults
import pytest
import shapely
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.errors import FileError
from geogrid.layers.generation_file_reader import LAYER_FILES, read_generation
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
from geogrid.reference_files import data_path


@pytest.fixture(scope="module")
def findings(layers, borders):
    draft = faults.FaultyLayers(layers, borders)
    for insert in faults.COMMON_FAULTS + faults.OTHER_FAULTS:
        insert(draft)
    return check_layers(draft.layers, faults.SCHEME)


@pytest.fixture
def folder(layers, tmp_path):
    """Return a copy of the demo files for modification."""
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
    def test_text_has_names_codes_area_and_point(self, findings):
        text = text_report(findings)
        overlap = next(found for found in findings if found.code is FindingCode.OVERLAP)
        start = text.index("  overlap  ")
        paragraph = text[start:].split("\n")[:3]
        assert all(code in paragraph[0] and code in paragraph[1] for code in overlap.codes)
        assert f"{overlap.area_m2:,.1f} 平方米" in paragraph[0]
        assert f"{overlap.area_m2:,.1f} m²" in paragraph[1]
        lat, lon = map(float, re.fullmatch(r" +geo:([\d.]+),([\d.]+)", paragraph[2]).groups())
        assert shapely.buffer(overlap.geometry, 1e-7).contains(shapely.Point(lon, lat))

    def test_text_is_grouped_by_severity_and_layer(self, findings):
        heads = re.findall(r"^(ERRORS 错误|WARNINGS 警告) · (\w+)$", text_report(findings), re.MULTILINE)
        assert len(set(heads)) == len(heads) == 4
        assert [word for word, _ in heads] == ["ERRORS 错误"] * 2 + ["WARNINGS 警告"] * 2

    def test_text_has_counted_incidents(self, findings):
        assert "incidents" not in text_report(findings)
        assert "  0 incidents 事件" in text_report(count_incidents(findings, [], []))

    def test_text_without_findings(self):
        assert text_report([]) == "0 errors 错误, 0 warnings 警告\n"


class TestMachines:
    def test_json_schema_is_stable(self, findings):
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

    def test_equal_layers_give_equal_reports(self, draft, findings):
        for insert in faults.COMMON_FAULTS + faults.OTHER_FAULTS:
            insert(draft)
        again = check_layers(draft.layers, faults.SCHEME)
        for report in (text_report, json_report, geojson_report):
            assert report(again) == report(findings)


class TestReading:
    def test_lenient_and_strict_reader_agree_on_demo(self, layers):
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
    def test_invalid_feature_is_finding(self, folder, feature, code):
        path = folder / LAYER_FILES[Layer.DEDICATED]
        text = path.read_text(encoding="utf-8").rstrip().removesuffix("]}")
        path.write_text(text + "," + json.dumps(feature).replace("Infinity", "1e999") + "]}", encoding="utf-8")
        found = check_layers(read_unchecked(folder))
        assert {one.layer for one in found} == {Layer.DEDICATED}
        assert {one.codes for one in found} == {("#274",)} if "properties" not in str(feature) else found
        assert code in {one.code for one in found}

    def test_layers_without_errors_pass_strict_reader(self, folder):
        assert check_layers(read_unchecked(folder)) == []
        assert read_generation(folder)

    def test_z_coordinate_is_ignored(self, folder):
        def lift(features):
            for position in features[0]["geometry"]["coordinates"][0]:
                position.append(1042.0)

        spoil(folder / LAYER_FILES[Layer.URBAN], lift)
        assert check_layers(read_unchecked(folder)) == []

    @pytest.mark.parametrize("content", ["", "[" * 100_000, '{"features": 1}', "[]", '{"features": [NaN]}', "\x00"])
    def test_other_content_is_file_error(self, folder, content):
        (folder / LAYER_FILES[Layer.STREET]).write_text(content, encoding="utf-8")
        with pytest.raises(FileError, match=r"streets\.geojson"):
            read_unchecked(folder)


class TestCommand:
    def test_no_findings_give_status_0(self):
        result = run(data_path("boundaries"))
        assert (result.exit_code, result.output) == (0, "0 errors 错误, 0 warnings 警告\n")

    def test_error_gives_status_1(self, folder):
        spoil(folder / LAYER_FILES[Layer.RURAL], lambda features: features.pop(5))
        result = run(folder)
        assert result.exit_code == 1
        assert "1 errors" in result.output
        assert "ERRORS 错误 · rural\n  gap  " in result.output

    def test_warning_gives_status_0(self, folder):
        spoil(folder / LAYER_FILES[Layer.DEDICATED], lambda features: features.clear())
        result = run(folder)
        assert result.exit_code == 0
        assert "WARNINGS 警告 · dedicated" in result.output

    @pytest.mark.parametrize("style", ["json", "geojson"])
    def test_report_formats_to_file(self, folder, tmp_path, style):
        spoil(folder / LAYER_FILES[Layer.RURAL], lambda features: features.pop(5))
        out = tmp_path / f"findings.{style}"
        result = run(folder, "--format", style, "--out", out)
        assert (result.exit_code, result.output) == (1, "")
        assert len(json.loads(out.read_text(encoding="utf-8"))["features" if style == "geojson" else "findings"]) == 1

    def test_missing_file_gives_status_2(self, folder, capsys):
        (folder / LAYER_FILES[Layer.DISTRICT]).unlink()
        with pytest.raises(SystemExit) as stopped:
            main(["layers", "check", str(folder)])
        assert stopped.value.code == 2
        assert "district.geojson" in capsys.readouterr().err

    def test_unwritable_output_gives_status_2(self, tmp_path, capsys):
        with pytest.raises(SystemExit) as stopped:
            main(["layers", "check", str(data_path("boundaries")), "--out", str(tmp_path / "no" / "f.txt")])
        assert stopped.value.code == 2
        assert "cannot be written" in capsys.readouterr().err
