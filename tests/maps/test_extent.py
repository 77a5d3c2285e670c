"""The zoom limits, the panning limits and the home button of every interactive map."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from geogrid_maps.cli import map_group
from geogrid_maps.findings_map import findings_file
from geogrid_maps.vendor import is_complete
from tests.maps.extents import FAR_AWAY, PLACE, assert_limits

PAGES = [
    "/maps/heatmap",
    "/maps/timeline?from=2022-06-01&to=2022-06-30",
    "/maps/density",
    "/maps/hotspots",
    "/maps/rates",
    "/maps/compare",
    "/maps/compare?show=difference",
    "/maps/explorer",
]


@pytest.mark.parametrize("path", PAGES)
def test_page_limits_zoom_and_position(service, visit, path):
    page = visit(service.origin + path).page
    assert_limits(page, "geogrid.map", "显示全区")


def test_both_sides_of_a_comparison_have_the_same_limits(service, visit):
    page = visit(f"{service.origin}/maps/compare?lang=en").page
    left, right = "geogrid.maps[0].map", "geogrid.maps[1].map"
    assert_limits(page, left, "Show the whole district")
    limits = "(({ options }) => [options.minZoom, options.maxZoom, options.maxBounds.toBBoxString()])"
    assert page.evaluate(limits + f"({left})") == page.evaluate(limits + f"({right})")
    page.evaluate(f"void {right}.setView({FAR_AWAY}, 18, {{ animate: false }})")
    assert page.evaluate(PLACE.format(map=left)) == pytest.approx(page.evaluate(PLACE.format(map=right)))


def test_url_cannot_exceed_the_maximum_zoom(service, visit):
    page = visit(f"{service.origin}/maps/heatmap#29/40.09/113.2988").page
    assert page.evaluate("geogrid.map.getZoom()") == 18
    assert page.locator(".leaflet-control-zoom-in.leaflet-disabled").count() == 1


@pytest.mark.parametrize("kind", ["heatmap", "timeline", "compare", "explorer", "density"])
def test_saved_map_has_the_same_limits(service, visit, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("GEOGRID_HOME", str(service.app.state.settings.home))
    out = tmp_path / "map.html"
    period = ["--from", "2022-06-01", "--to", "2022-06-30"] if kind != "explorer" else []
    result = CliRunner().invoke(map_group, [kind, str(out), *period, "--lang", "en"])
    assert result.exit_code == 0, result.output
    page = visit(out.as_uri(), offline=True).page
    assert_limits(page, "geogrid.map", "Show the whole district")


@pytest.mark.skipif(not is_complete(), reason="The maps' scripts have not been fetched.")
def test_topology_map_allows_deeper_zoom(layers, visit, tmp_path):
    out = tmp_path / "findings.html"
    out.write_text(findings_file([], layers)[0], encoding="utf-8")
    page = visit(out.as_uri(), offline=True).page
    assert_limits(page, "geogridFindings.map", "显示全区", deepest=22)
