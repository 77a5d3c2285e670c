"""The heat map's HTML, without a browser."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest

from geogrid.constants import Language
from geogrid.incidents.rule_set import load_rules
from geogrid.model import Layer
from geogrid.model.figures import Rate
from geogrid.services.key_figures import Density, Kpi
from geogrid.stats.point_binning import bin_points
from geogrid_api.security_headers import make_page_headers
from geogrid_maps import assets, vendor
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.map_data import HeatmapData
from geogrid_maps.map_page import render_file, render_page
from geogrid_maps.map_query import View
from geogrid_maps.page_context import PageContext


@pytest.fixture
def density():
    points = np.array([113.29, 113.2901, 113.30]), np.array([40.09, 40.0901, 40.10])
    return Density(Kpi(3, 2, Rate(2, 3), 0), bin_points(*points), {"140213050001001": 3})


@pytest.fixture
def page(shapes, density):
    def make(view: View = View(), newest: date | None = date(2022, 6, 30)) -> str:  # noqa: B008 - frozen
        drawing = draw_heatmap(HeatmapData(shapes, view, load_rules(), density))
        return render_page(drawing, context=PageContext(newest), change=None, static="/static", areas="/areas.js")

    return make


def test_single_generation_has_no_choice_of_layers(page):
    assert 'name="street"' in page()
    assert 'name="as_of"' not in page()


def test_page_has_the_parts_of_a_folium_map(page):
    html = page()
    for sign in ("L.map(", "L.heatLayer(", "L.geoJson(", "L.control.layers(", "L.control.scale("):
        assert sign in html, sign
    assert len(re.findall(r"= L\.geoJson\(", html)) == 6


def test_page_without_shapes_is_small(page):
    assert len(page().encode()) < 60_000
    assert '<script src="/areas.js"></script>' in page()


def test_page_has_counts_by_grid(page):
    assert '{"140213050001001": 3}' in page()


@pytest.mark.parametrize(("language", "tag"), [(Language.ZH, "zh-CN"), (Language.EN, "en")])
def test_the_language_is_told(page, language, tag):
    html = page(View(language=language))
    assert f'<html lang="{tag}">' in html
    assert html.count("<html") == html.count("<title>") == 1


def test_page_can_be_zoomed(page):
    assert "user-scalable" not in page()
    assert "initial-scale=1.0" in page()


def test_page_without_incidents_has_no_preset_periods(page):
    assert "presets" in page()
    assert "presets" not in page(newest=None)


@pytest.mark.parametrize(("view", "words"), [(View(), "没有可显示的事件"), (View(category="Z06"), "放宽或清除筛选")])
def test_empty_page_suggests_wider_filters_only_if_any_is_set(shapes, view, words):
    nothing = Density(Kpi(0, 0, Rate(0, 0), 0), bin_points(np.empty(0), np.empty(0)), {})
    drawing = draw_heatmap(HeatmapData(shapes, view, load_rules(), nothing))
    html = render_page(drawing, context=PageContext(), change=None, static="/static", areas="/areas.js")
    assert words in html.split('class="empty"')[1]


def test_synthetic_layers_are_marked_even_with_real_incidents(page):
    assert 'id="synthetic"' in page()


def test_chips_name_the_filters(page):
    view = View(first=date(2022, 5, 1), category="Z06", layer=Layer.RURAL, language=Language.EN)
    chips = re.findall(r'<a class="chip" href="\?([^"]*)"[^>]*>(.*?) <b', page(view))
    assert chips == [
        ("category=Z06&amp;layer=rural&amp;lang=en", "2022-05-01 – …"),
        ("from=2022-05-01&amp;layer=rural&amp;lang=en", "Shared-bike parking"),
        ("from=2022-05-01&amp;category=Z06&amp;lang=en", "Rural grid"),
    ]


def test_removing_a_street_removes_its_community(page):
    view = View(street="140213050", community="140213050006")
    assert re.findall(r'<a class="chip" href="\?([^"]*)"', page(view)) == ["", "street=140213050"]


@pytest.mark.skipif(not vendor.is_complete(), reason="The maps' scripts have not been fetched. 地图脚本尚未下载。")
def test_the_file_needs_nothing(shapes, density):
    html, outside = render_file(draw_heatmap(HeatmapData(shapes, View(), load_rules(), density)))
    assert outside == []
    tags = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:|/)""", tags)
    assert "<script" not in tags
    assert "</script" not in tags, "no script ends early"


def test_policy_allows_every_inline_script(page):
    html = page()
    policy = make_page_headers(html)["Content-Security-Policy"]
    hashes = assets.script_hashes(html)
    assert hashes
    assert all(digest in policy for digest in hashes)
    scripts = policy.split("script-src")[1].split(";")[0]
    assert "unsafe" not in scripts
    assert "default-src 'none'" in policy
