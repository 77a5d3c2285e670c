"""Prints and pages of districts elsewhere: names, borders, credit, projection and time zone of their own profile."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pypdf
import pytest
from districts import CHICAGO, DEMO_WORDS, DEQING, FIJI, TROMSO, moved_layers, rules_of
from zones import district_zone

from geogrid.constants import Language
from geogrid.geo.projections import describe_projection
from geogrid.model import Generation
from geogrid.model.figures import Rate
from geogrid.services.key_figures import Density, Kpi
from geogrid.stats.point_binning import bin_points
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.heatmap_print import print_heatmap
from geogrid_maps.map_data import HeatmapData
from geogrid_maps.map_page import render_file
from geogrid_maps.map_query import View
from geogrid_maps.prints import Paper, Printing
from geogrid_maps.prints.heat_surface import kernel_sigma_m
from geogrid_maps.prints.render import render_pdf
from geogrid_maps.vendor import font_file

needs_font = pytest.mark.skipif(not font_file(400), reason="The font has not been fetched. 字体尚未下载。")
PRINTED = datetime(2026, 7, 15, 8, tzinfo=UTC)
N = 500


def heatmap_of(place, layers, language):
    """Return the heat map of incidents spread over a district."""
    shapes = prepare_shapes(Generation(7, "2026", synthetic=False), moved_layers(place, layers))
    west, south, east, north = shapes.bounds
    spread = np.random.default_rng(1).random((2, N))
    cells = bin_points(west + (east - west) * spread[0], south + (north - south) * spread[1])
    return HeatmapData(shapes, View(language=language), rules_of(place), Density(Kpi(N, 0, Rate(0, N), 0), cells, {}))


def printed_text(data):
    sheet = print_heatmap(data, Printing(Paper.A4, PRINTED))
    text = pypdf.PdfReader(io.BytesIO(render_pdf(sheet))).pages[0].extract_text()
    return re.sub(r"\s", "", text)


@needs_font
@pytest.mark.parametrize(
    ("place", "language", "words"),
    [
        (
            CHICAGO,
            Language.EN,
            ("ExampleCity", "Citylimit", "Wardborder", "Outline:cityportal", "WGS84/UTMzone16N", "EPSG:32616", "87°W",
             "0.46°totheright", "0.99964", "83×111m", "2026-07-1503:00"),
        ),
        (
            DEQING,
            Language.ZH,
            ("示例县", "县界", "镇界", "社区界", "轮廓：示例测绘院", "EPSG:4549", "120°E", "其右0.01°", "1.00000",
             "96×111m", "2026-07-1516:00"),
        ),
        (TROMSO, Language.EN, ("NorthTown", "EPSG:32634", "39×112m", "1km", "2026-07-1510:00")),
        (FIJI, Language.EN, ("Island", "zone60S", "177°E", "2026-07-1520:00")),
    ],
)  # fmt: skip
def test_print_has_the_words_of_its_district(layers, place, language, words):
    with district_zone(place.zone):
        text = printed_text(heatmap_of(place, layers, language))
    assert [word for word in words if word not in text] == []
    assert [word for word in DEMO_WORDS if word in text] == []


@needs_font
@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(0.03, 0.025, "1:3,500"), (16, 14, "1:1,700,000"), (0.15, 1.5, "1:185,000"), (2, 0.15, "1:175,000")],
)
def test_tiny_huge_tall_and_wide_districts_fill_the_paper(layers, width, height, scale):
    data = heatmap_of(replace(CHICAGO, width=width, height=height), layers, Language.EN)
    assert f"Scale{scale}·A4" in printed_text(data)


def test_kernel_grows_with_the_district(layers):
    def sigma_of(size):
        data = heatmap_of(replace(CHICAGO, width=size, height=size), layers, Language.EN)
        return kernel_sigma_m(print_heatmap(data, Printing(Paper.A4, PRINTED)).maps[0].district)

    assert [sigma_of(size) for size in (0.1, 1, 10)] == [200, 200, 550]


def test_projection_of_the_profile_goes_before_that_of_the_outline(layers):
    data = heatmap_of(CHICAGO, layers, Language.EN)
    profile = data.rules.profile
    district = profile.district.model_copy(update={"projection": "epsg:3435"})
    rules = replace(data.rules, profile=profile.model_copy(update={"district": district}))
    drawn, chosen = (
        print_heatmap(replace(data, rules=one), Printing(Paper.A4, PRINTED)).maps[0] for one in (data.rules, rules)
    )
    assert (drawn.district.projection, chosen.district.projection) == ("epsg:32616", "epsg:3435")
    # Feet are drawn to the same scale.
    areas = [sum(band.geometry.area for band in one.bands[:1]) for one in (drawn, chosen)]
    assert areas[0] == pytest.approx(areas[1], rel=0.01)
    assert abs(describe_projection("epsg:3435", CHICAGO.lon, CHICAGO.lat).north_deg) < 1


@pytest.mark.parametrize(("place", "language"), [(CHICAGO, Language.EN), (DEQING, Language.ZH)])
def test_saved_page_has_the_words_of_its_district(layers, place, language):
    data = heatmap_of(place, layers, language)
    with district_zone(place.zone):
        html, _ = render_file(draw_heatmap(data))
    scripts = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
    shown = scripts.sub("", html)
    assert data.words.name in shown
    assert data.words.credit in shown
    assert f'data-zone="{place.zone}"' in shown
    assert [word for word in DEMO_WORDS if word in shown] == []
    named = re.findall(r'"names": (\{[^}]*\})', html)
    assert "Urban grid" not in named[0]


def test_printed_time_is_in_the_zone_of_the_district(layers, tmp_path, visit):
    with district_zone("America/Chicago"):
        html, _ = render_file(draw_heatmap(heatmap_of(CHICAGO, layers, Language.EN)))
    path = tmp_path / "map.html"
    path.write_text(html, encoding="utf-8")
    page = visit(path.as_uri(), timezone_id="Asia/Tokyo").page
    page.clock.set_fixed_time("2026-07-15T08:00:00Z")
    page.evaluate('window.dispatchEvent(new Event("beforeprint"))')
    assert page.locator("#printed").text_content() == "7/15/2026, 3:00:00 AM"
