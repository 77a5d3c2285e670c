"""Where a page's scripts and styles come from."""

from __future__ import annotations

import base64
import hashlib
import re

import folium
import pytest
from folium.plugins import HeatMap

from geogrid_maps import assets, vendor

OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*["']?https?:|url\(\s*["']?https?:|@import""")

pytestmark = pytest.mark.skipif(
    not vendor.is_complete(), reason="The maps' scripts have not been fetched. 地图脚本尚未下载。"
)


def small_map() -> folium.Figure:
    canvas = folium.Map(location=[40.09, 113.29], tiles=None)
    HeatMap([[40.09, 113.29, 1]]).add_to(canvas)
    return canvas.get_root()


def class_links() -> list[object]:
    return [list(links) for kind in (folium.Map, HeatMap) for links in (kind.default_js, kind.default_css)]


@pytest.mark.parametrize("link", [lambda figure: assets.link_served(figure, "/static"), assets.link_inline])
def test_linking_does_not_change_the_lists_of_folium_classes(link):
    before = class_links()
    link(small_map())
    assert class_links() == before


def test_served_page_links_only_to_this_server():
    figure = small_map()
    assets.link_served(figure, "/static")
    html = figure.render()
    assert re.findall(r'<script src="([^"]+)"', html) == [
        "/static/vendor/leaflet@1.9.3/dist/leaflet.js",
        "/static/folium/leaflet_heat.min.js",
    ]
    assert not OUTSIDE.search(html)


def test_every_linked_file_exists():
    for path in vendor.local_files().values():
        folder, _, rest = path.partition("/")
        assert (vendor.folders()[folder] / rest).is_file(), path


def test_inline_page_has_no_links():
    figure = small_map()
    assert assets.link_inline(figure) == []
    html = figure.render()
    # Leaflet's script has its home page in a string, for an attribution that our maps switch off.
    assert not OUTSIDE.search(re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    assert "<script src" not in html
    assert "data:image/png;base64," in html, "the images of styles are in them"


def test_end_tag_in_a_script_string_is_escaped(tmp_path, monkeypatch):
    (tmp_path / "leaflet_heat.min.js").write_text("let a = '</script>' + '</SCRIPT >' + '<!--';", encoding="utf-8")
    monkeypatch.setattr(assets, "folders", lambda: {"vendor": vendor.vendor_dir(), "folium": tmp_path})
    figure = small_map()
    assets.link_inline(figure)
    html = figure.render()
    assert r"let a = '<\/script>' + '<\/SCRIPT >' + '<\!--';" in html


def test_missing_files_are_returned_as_outside_urls(monkeypatch):
    monkeypatch.setattr(assets, "local_files", dict)
    figure = small_map()
    outside = assets.link_inline(figure)
    assert [url.rsplit("/", 1)[1] for url in outside] == ["leaflet.js", "leaflet.css", "leaflet_heat.min.js"]
    assert all(url in figure.render() for url in outside), "the page still works where there is a network"


def test_script_hashes_match_the_inline_scripts():
    html = "<script>a</script><script src='x'></script><script>\nb\n</script>"
    expected = [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (b"a", b"\nb\n")]
    assert assets.script_hashes(html) == [f"'sha256-{digest}'" for digest in expected]
