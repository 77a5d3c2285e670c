"""What the maps show, as files."""

import csv
import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader

MAY = {"from": "2022-05-01", "to": "2022-05-31", "category": "Z06"}


def rows(answer) -> list[dict[str, str]]:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_cells_are_the_same_in_both_forms_and_coarse_for_everybody(reader):
    answer = reader.get("/maps/heatmap.csv", params=MAY)
    assert answer.headers["content-disposition"] == 'attachment; filename="heatmap-2022-05-01-2022-05-31.csv"'
    table = [(float(row["lon"]), float(row["lat"]), int(row["count"])) for row in rows(answer)]
    features = reader.get("/maps/heatmap.geojson", params=MAY).json()["features"]
    assert [(*one["geometry"]["coordinates"], one["properties"]["count"]) for one in features] == table
    assert min(count for *_, count in table) >= 3


def test_the_timeline_counts_every_incident_once(reader):
    table = rows(reader.get("/maps/timeline.csv", params={**MAY, "step": "day"}))
    assert [table[0]["day"], table[-1]["day"], len(table)] == ["2022-05-01", "2022-05-31", 31]
    assert sum(int(row["count"]) for row in table) == reader.get("/v1/kpi", params=MAY).json()["received"]


@pytest.mark.parametrize("kind", ["heatmap", "timeline", "compare", "explorer", "density", "hotspots", "rates"])
def test_each_map_comes_as_one_file_too(reader, kind):
    answer = reader.get(f"/maps/{kind}", params={**MAY, "save": "true"})
    assert answer.headers["content-disposition"] == f'attachment; filename="{kind}.html"'
    assert "<!DOCTYPE html>" in answer.text
    assert "/static/" not in answer.text
    page = reader.get(f"/maps/{kind}", params=MAY).text
    assert re.search(rf"/maps/{kind}\?from=2022-05-01&amp;to=2022-05-31&amp;category=Z06[^\"]*&amp;save=true\"", page)


def test_a_file_of_no_form_is_refused(reader):
    assert reader.get("/maps/heatmap.xls").status_code == 422


@pytest.mark.parametrize("kind", ["density", "hotspots", "rates"])
def test_maps_of_areas_come_as_sheets(reader, kind):
    answer = reader.get(f"/maps/{kind}.pdf", params={**MAY, "lang": "en"})
    assert answer.headers["content-type"] == "application/pdf"
    page = PdfReader(io.BytesIO(answer.content)).pages[0]
    said = " ".join(page.extract_text().split())
    assert "2022-05-01 – 2022-05-31" in said
    assert "Shared-bike parking" in said
    assert "synthetic" in said
    assert len(answer.content) < 500_000
    pixels = Image.open(io.BytesIO(reader.get(f"/maps/{kind}.png", params=MAY).content))
    assert pixels.size[0] > pixels.size[1] > 1_000
