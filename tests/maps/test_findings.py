"""The map of a topology report, with and without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.constants import Language
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.layers.topology import check_layers
from geogrid.model import Layer
from geogrid_maps import vendor
from geogrid_maps.findings_map import findings_file

EVIL = "</script><img src=x onerror=ran(1)>{{7}}"
fetched = pytest.mark.skipif(
    not vendor.is_complete(), reason="The maps' scripts have not been fetched. 地图脚本尚未下载。"
)


@pytest.fixture(scope="module")
def broken(layers):
    """A gap, a code that is an attack, and shapes that cannot be drawn."""
    frames = {layer: frame.copy() for layer, frame in layers.items()}
    frames[Layer.URBAN] = frames[Layer.URBAN].drop(index=0)
    frames[Layer.DEDICATED].loc[0, "code"] = EVIL
    frames[Layer.DEDICATED].loc[1, "geometry"] = None
    frames[Layer.DEDICATED].loc[2, "geometry"] = shapely.Polygon([(113, 40), (np.inf, 40), (113, 41)])
    return frames


@pytest.fixture(scope="module")
def findings(broken):
    return check_layers(broken)


@fetched
def test_the_file_needs_nothing(findings, broken):
    html, outside = findings_file(findings, broken)
    assert outside == []
    tags = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:|/)""", tags)
    assert "<script" not in tags
    assert "</script" not in tags, "no script ends early"
    assert not re.search(r"<[^>]+\son\w+=", tags), "no handler that a policy would refuse"


@pytest.mark.parametrize(("language", "tag"), [(Language.ZH, "zh-CN"), (Language.EN, "en")])
def test_the_language_is_told(findings, broken, language, tag):
    html, _ = findings_file(findings, broken, language)
    assert f'<html lang="{tag}">' in html
    assert html.count("data-finding=") == len(findings)


def test_report_without_findings_shows_a_message(layers):
    assert "没有发现问题" in findings_file([], layers)[0]
    assert "没有发现问题" in findings_file([], {})[0]


def told(page):
    # The popup before it may still be fading.
    return page.locator(".leaflet-popup-content").last.locator("p").nth(1).inner_text()


@fetched
def test_each_finding_can_be_selected(findings, broken, visit, tmp_path):
    out = tmp_path / "findings.html"
    counted = [replace(found, incidents=3) for found in findings]
    out.write_text(findings_file(counted, broken)[0], encoding="utf-8")
    page = visit(out.as_uri(), script="window.ran = (what) => { (window.caught ??= []).push(what) }", offline=True).page
    buttons = page.locator("[data-finding]")
    assert buttons.count() == len(findings)
    for number, found in enumerate(findings):
        assert buttons.nth(number).is_disabled() is (found.place is None)
        if found.place is None:
            continue
        buttons.nth(number).click()
        assert told(page) == found.message_zh
        assert page.evaluate(
            "place => geogridFindings.map.getBounds().contains(place)", [found.place.lat, found.place.lon]
        )
        assert page.evaluate("geogridFindings.map.getZoom()") > 14
    assert any(EVIL in found.message_zh for found in findings)
    page.evaluate("void geogridFindings.map.closePopup()")
    page.evaluate("void geogridFindings.drawn[0].layer.fire('click')")
    assert told(page) == findings[0].message_zh
    assert buttons.nth(0).get_attribute("aria-current") == "true"
    assert page.evaluate("window.caught ?? []") == []


def test_the_command(layers, tmp_path):
    for layer, frame in layers.items():
        write_layer(tmp_path / LAYER_FILES[layer], frame.iloc[1:] if layer is Layer.RURAL else frame)
    out = tmp_path / "findings.html"
    result = CliRunner().invoke(cli, ["map", "findings", str(tmp_path), str(out)])
    assert result.exit_code == 1
    assert "gap" in out.read_text(encoding="utf-8")


def test_synthetic_layers_are_marked(layers):
    made_up, _ = findings_file([], layers)
    official = {layer: frame.assign(synthetic=False) for layer, frame in layers.items()}
    assert "合成示意" in made_up
    assert "合成示意" not in findings_file([], official)[0]
