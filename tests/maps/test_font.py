"""Chinese text on a machine that has no Chinese font: the service brings one."""

import os
import shutil

import pytest
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from geogrid_maps.vendor import font_file, is_complete

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"""
#: Whether two characters are drawn differently: of what no font has, all look the same.
DRAWN = """([one, other]) => {
  const draw = (text) => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    context.font = `40px ${getComputedStyle(document.body).fontFamily}`;
    context.fillText(text, 10, 60);
    return canvas.toDataURL();
  };
  return draw(one) !== draw(other);
}"""


@pytest.fixture
def bare_page(tmp_path):
    """A page of a browser that knows one font, which has no Chinese."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None or not is_complete():
        pytest.skip("Chromium or the maps' scripts are missing. 缺少 Chromium 或地图脚本，未做浏览器测试。")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    # Chromium does not start with no font at all, so it gets one of ASCII alone.
    font = TTFont(font_file(400))
    ascii_only = Subsetter()
    ascii_only.populate(unicodes=range(32, 127))
    ascii_only.subset(font)
    font.flavor = None
    font.save(tmp_path / "ascii.ttf")
    config = tmp_path / "fonts.conf"
    config.write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    environment = {**os.environ, "FONTCONFIG_FILE": str(config)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], env=environment)
        yield browser.new_page()
        browser.close()


def test_missing_characters_load_parts_of_the_font(service, bare_page):
    fetched = []
    bare_page.on("response", lambda answer: fetched.append(answer) if answer.url.endswith(".woff2") else None)
    bare_page.goto(service.origin + "/maps/explorer", wait_until="networkidle")
    assert fetched
    assert all(answer.status == 200 for answer in fetched)
    assert bare_page.evaluate(DRAWN, ["古", "城"])


def test_system_font_avoids_loading_the_font(service, visit):
    found = visit(service.origin + "/maps/explorer")
    found.page.wait_for_load_state("networkidle")
    if not found.page.evaluate("document.fonts.check('14px \\'Noto Sans CJK SC\\'', '古城')"):
        pytest.skip("This machine has no Noto Sans CJK. 本机没有思源黑体。")
    assert not [url for url in found.requests if url.endswith(".woff2")]
