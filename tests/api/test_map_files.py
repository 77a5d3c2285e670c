"""Map data as files."""

import csv
import html
import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader

MAY = {"from": "2022-05-01", "to": "2022-05-31", "category": "Z06"}


def rows(response) -> list[dict[str, str]]:
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_csv_and_geojson_cells_are_equal_and_coarse_for_anonymous_users(reader):
    response = reader.get("/maps/heatmap.csv", params=MAY)
    assert response.headers["content-disposition"] == 'attachment; filename="heatmap-2022-05-01-2022-05-31.csv"'
    table = [(float(row["lon"]), float(row["lat"]), int(row["count"])) for row in rows(response)]
    features = reader.get("/maps/heatmap.geojson", params=MAY).json()["features"]
    assert [(*one["geometry"]["coordinates"], one["properties"]["count"]) for one in features] == table
    assert min(count for *_, count in table) >= 3


def test_timeline_counts_every_incident_once(reader):
    table = rows(reader.get("/maps/timeline.csv", params={**MAY, "step": "day"}))
    assert [table[0]["day"], table[-1]["day"], len(table)] == ["2022-05-01", "2022-05-31", 31]
    assert sum(int(row["count"]) for row in table) == reader.get("/v1/kpi", params=MAY).json()["received"]


@pytest.mark.parametrize("kind", ["heatmap", "timeline", "compare", "explorer", "density", "hotspots", "rates"])
def test_each_map_is_downloadable_as_one_file(reader, kind):
    response = reader.get(f"/maps/{kind}", params={**MAY, "save": "true"})
    assert response.headers["content-disposition"] == f'attachment; filename="{kind}.html"'
    assert "<!DOCTYPE html>" in response.text
    assert "/static/" not in response.text
    page = reader.get(f"/maps/{kind}", params=MAY).text
    assert re.search(rf"/maps/{kind}\?from=2022-05-01&amp;to=2022-05-31&amp;category=Z06[^\"]*&amp;save=true\"", page)


def test_unknown_file_format_is_refused(reader):
    assert reader.get("/maps/heatmap.xls").status_code == 422


@pytest.mark.parametrize("kind", ["density", "hotspots", "rates"])
def test_area_maps_are_printable(reader, kind):
    response = reader.get(f"/maps/{kind}.pdf", params={**MAY, "lang": "en"})
    assert response.headers["content-type"] == "application/pdf"
    page = PdfReader(io.BytesIO(response.content)).pages[0]
    said = " ".join(page.extract_text().split())
    assert "2022-05-01 – 2022-05-31" in said
    assert "Shared-bike parking" in said
    assert "synthetic" in said
    assert len(response.content) < 500_000
    pixels = Image.open(io.BytesIO(reader.get(f"/maps/{kind}.png", params=MAY).content))
    assert pixels.size[0] > pixels.size[1] > 1_000


@pytest.mark.parametrize("kind", ["timeline", "compare", "explorer"])
@pytest.mark.parametrize("form", ["pdf", "png", "csv", "geojson"])
def test_page_links_to_all_formats_of_its_map(reader, kind, form):
    page = reader.get(f"/maps/{kind}", params={**MAY, "lang": "en"}).text
    address = html.unescape(re.search(rf'href="(/maps/{kind}\.{form}\?[^"]*)"', page)[1])
    response = reader.get(address)
    assert response.status_code == 200
    assert f"{kind}-2022-05-01-2022-05-31" in response.headers["content-disposition"]
    assert response.content.startswith(
        {"pdf": b"%PDF", "png": b"\x89PNG", "csv": b"\xef\xbb\xbf", "geojson": b"{"}[form]
    )


@pytest.mark.parametrize("show", ["sides", "difference"])
def test_comparison_print_matches_its_page(reader, show):
    response = reader.get("/maps/compare.pdf", params={**MAY, "show": show, "lang": "en", "paper": "a3"})
    said = " ".join(PdfReader(io.BytesIO(response.content)).pages[0].extract_text().split())
    before = reader.get("/v1/kpi", params={**MAY, "from": "2022-04-01", "to": "2022-04-30"}).json()["received"]
    now = reader.get("/v1/kpi", params=MAY).json()["received"]
    assert f"2022-04-01 – 2022-04-30: n = {before:,}" in said
    assert f"2022-05-01 – 2022-05-31: n = {now:,}" in said


def test_difference_file_has_both_counts_and_periods(client, reader):
    asked = {**MAY, "by": "street", "from2": "2022-03-01", "to2": "2022-03-31"}
    found = client.get("/maps/compare.geojson", params=asked).json()
    assert (found["before"]["from"], found["before"]["to"]) == ("2022-03-01", "2022-03-31")
    assert (found["after"]["from"], found["synthetic"]) == ("2022-05-01", True)
    for name, period in (("before", "03"), ("after", "05")):
        days = {"from": f"2022-{period}-01", "to": f"2022-{period}-31"}
        kpi = client.get("/v1/kpi", params={"category": "Z06", **days}).json()
        assert sum(one["properties"][f"n_{name}"] for one in found["features"]) == kpi["received"]
    for one in found["features"]:
        told = one["properties"]
        assert told["change"] == pytest.approx(told["after"] - told["before"], abs=1e-3)
        assert told["after"] == pytest.approx(told["n_after"] / told["km2"], abs=1e-3)
    table = rows(client.get("/maps/compare.csv", params={**asked, "lang": "en"}))
    assert [row["code"] for row in table] == [one["id"] for one in found["features"]]
    assert [float(row["change"]) for row in table] == [one["properties"]["change"] for one in found["features"]]
    assert "n 2022-03-01 – 2022-03-31" in table[0]
    # Anonymous users get no area with fewer than three incidents.
    coarse = reader.get("/maps/compare.geojson", params={**asked, "by": "grid"}).json()["features"]
    told = [one["properties"][name] for one in coarse for name in ("n_before", "n_after")]
    assert None in told
    assert min(n for n in told if n is not None) >= 3


def test_each_timeline_frame_has_its_cells(client):
    asked = {**MAY, "step": "week"}
    cells = client.get("/maps/timeline.geojson", params=asked).json()
    assert (cells["step"], cells["synthetic"]) == ("week", True)
    counts = {row["week"]: int(row["count"]) for row in rows(client.get("/maps/timeline.csv", params=asked))}
    found = dict.fromkeys(counts, 0)
    for one in cells["features"]:
        found[one["properties"]["week"]] += one["properties"]["count"]
    assert found == counts


def test_explorer_file_contains_selected_grids(reader):
    asked = {**MAY, "street": "140213050"}
    features = reader.get("/maps/explorer.geojson", params=asked).json()["features"]
    table = rows(reader.get("/maps/explorer.csv", params={**asked, "lang": "en"}))
    assert [row["code"] for row in table] == [one["id"] for one in features]
    assert len(table) == 154
    assert {row["street"] for row in table} == {"永泰街道"}
    base = sum(int(row["n"]) for row in table if row["layer"] != "dedicated")
    assert base == reader.get("/v1/kpi", params=asked).json()["received"]
    assert {one["geometry"]["type"] for one in features} <= {"Polygon", "MultiPolygon"}
    only = rows(reader.get("/maps/explorer.csv", params={**asked, "layer": "dedicated", "lang": "en"}))
    assert {row["layer"] for row in only} == {"dedicated"}
