"""Printed sheets: what they say, in which size, and that each colour lies where the projection puts its area."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from click.testing import CliRunner
from PIL import Image
from pyproj import Transformer

from geogrid.constants import Language
from geogrid.errors import SetupError
from geogrid.model import Layer
from geogrid.rules.district_words import DistrictWords
from geogrid_maps.cli import map_group
from geogrid_maps.prints import Bar, Chart, LegendEntry, Paper, Print, PrintArea, PrintDistrict, PrintMap, fonts
from geogrid_maps.prints.render import render_pdf, render_png
from geogrid_maps.vendor import font_file

pytestmark = pytest.mark.skipif(not font_file(400), reason="The font has not been fetched. 字体尚未下载。")

EVIL = "$\\frac{1}$ \\undefined _^ <b>\n\x00\x1b\u202e𠮷 %s {0}"
SHOWN = "$\\frac{1}$ \\undefined _^ <b> 〓 %s {0}"
PRINTED = datetime(2026, 9, 15, 8, tzinfo=UTC)
FILLS = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")
TO_METRES = Transformer.from_crs(4490, 4547, always_xy=True)


@pytest.fixture(scope="module")
def grids(layers):
    return pd.concat([layers[Layer.URBAN], layers[Layer.RURAL]]).geometry.tolist()


def with_map(sheet, **changes):
    """Return a sheet whose only map is changed."""
    return replace(sheet, maps=[replace(sheet.maps[0], **changes)])


@pytest.fixture(scope="module")
def sheet(shapes, grids):
    return Print(
        title="每千人事件数",
        lines=["2022-01-01 – 2022-06-30"],
        maps=[
            PrintMap(
                PrintDistrict.of(shapes, "epsg:4547"),
                areas=[PrintArea(grid, FILLS[place % 5], hatched=place % 7 == 0) for place, grid in enumerate(grids)],
            )
        ],
        legend_title="件/千人",
        legend=[LegendEntry(str(place), fill, n=(251,)) for place, fill in enumerate(FILLS)],
        notes=["图层版本 7"],
        words=DistrictWords(Language.ZH, "示例区", "来源", layers={}, borders={Layer.STREET: "镇界"}),
        printed=PRINTED,
        synthetic="合成示意数据 synthetic",
    )


def text_of(content: bytes) -> str:
    """Return what a PDF says, with no blanks: lines end where the paper does."""
    return re.sub(r"\s", "", pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text())


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_print_of_all_grids_is_small_and_searchable(sheet):
    content = render_pdf(sheet)
    assert len(content) < 500_000
    assert b"/Type3" not in content
    said = text_of(content)
    for words in ("每千人事件数", "2022-01-01–2022-06-30", "件/千人", "n=251", "图层版本7", "来源", "镇界",
                  "合成示意数据", "古城街道", "EPSG:4547", "打印于2026-09-1516:00", "5km", "北", "A4"):  # fmt: skip
        assert words in said, words


def test_colours_match_the_projection(sheet, grids):
    picture = pixels(render_png(sheet, dpi=254))
    scale = int(re.search(r"1:([\d,]+)·A4", text_of(render_pdf(sheet)))[1].replace(",", ""))
    # The first grid, in a colour of its own, tells where a known place lies; all others follow from the scale.
    sole = with_map(sheet, areas=[PrintArea(grids[100], "#ff00ff")])
    rows, columns = np.nonzero((pixels(render_png(sole, dpi=254)) == (255, 0, 255)).all(axis=2))
    anchor = shapely.transform(grids[100], TO_METRES.transform, interleaved=False).bounds
    zero_x = (columns.min() + columns.max() + 1) / 2 - (anchor[0] + anchor[2]) / 2 / scale * 10_000
    zero_y = (rows.min() + rows.max() + 1) / 2 + (anchor[1] + anchor[3]) / 2 / scale * 10_000
    right = 0
    chosen = [place for place in range(0, len(grids), 3) if place % 7]
    for place in chosen:
        x, y = TO_METRES.transform(*grids[place].representative_point().coords[0])
        found = picture[round(zero_y - y / scale * 10_000 - 0.5), round(zero_x + x / scale * 10_000 - 0.5)]
        right += "#" + bytes(found).hex() == FILLS[place % 5]
    # Names of streets lie over some, borders over the narrowest.
    assert right > 0.9 * len(chosen)


@pytest.mark.parametrize("paper", list(Paper))
def test_scale_bar_has_the_correct_length(sheet, paper):
    sheet = replace(with_map(sheet, areas=()), paper=paper)
    said = text_of(render_pdf(sheet))
    scale = int(re.search(r"1:([\d,]+)·A", said)[1].replace(",", ""))
    km = float(re.search(r"([\d.]+)km(?!²)", said)[1])
    picture = pixels(render_png(sheet, dpi=254))
    corner = picture[-picture.shape[0] // 8 : -115, 110 : picture.shape[1] // 4]
    dark = (corner < 100).all(axis=2)
    # The line under the bar goes from its one end to the other.
    longest = max(np.ptp(np.flatnonzero(row)) + 1 for row in dark if row.sum() > 100)
    assert longest == pytest.approx(km * 1e6 / scale * 10, abs=4)


@pytest.mark.parametrize("paper", list(Paper))
def test_print_has_the_size_of_the_paper(sheet, paper):
    sheet = replace(with_map(sheet, areas=()), paper=paper)
    content = render_pdf(sheet)
    box = pypdf.PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert (float(box.width) * 25.4 / 72, float(box.height) * 25.4 / 72) == pytest.approx(paper.size_mm, abs=0.1)
    picture = Image.open(io.BytesIO(render_png(sheet)))
    assert picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
    assert [side / 200 * 25.4 for side in picture.size] == pytest.approx(paper.size_mm, abs=0.2)


def test_text_from_data_is_printed_as_text(sheet):
    district = sheet.maps[0].district
    streets = [(EVIL, shape) for _, shape in district.streets]
    evil_map = PrintMap(replace(district, streets=streets), labels=streets, caption=EVIL)
    evil = replace(
        sheet,
        title=EVIL,
        lines=[EVIL * 20, ""],
        maps=[evil_map],
        legend_title=EVIL,
        legend=[LegendEntry(EVIL * 3, "#ffffff")] * 40,
        notes=["长" * 900] * 40,
        words=DistrictWords(Language.EN, EVIL, EVIL, layers={}, borders={Layer.STREET: EVIL}),
    )
    said = text_of(render_pdf(evil))
    assert said.count(re.sub(r"\s", "", SHOWN)) >= 3
    assert "Printed2026-09-1516:00" in said, "whatever else is said, this stays"
    assert render_png(evil)
    bars = [Bar(EVIL, n, n) for n in range(3)]
    assert render_png(replace(evil, maps=[evil_map] * 3, chart=Chart(EVIL, bars)), 60)


def test_concurrent_prints_equal_sequential_ones(sheet):
    plain = with_map(sheet, areas=sheet.maps[0].areas[:200])
    alone = render_png(plain, 60), render_pdf(plain)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda draw: draw(plain) if draw is render_pdf else draw(plain, 60),
                             [render_png, render_pdf] * 3)) == [*alone] * 3  # fmt: skip


def test_font_is_unpacked_once(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _: fonts.unpack(font_file(700), tmp_path), range(4)))
    (path,) = paths
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes()[:4] == b"\0\1\0\0"
    before = path.stat().st_mtime_ns
    assert fonts.unpack(font_file(700), tmp_path) == path
    assert path.stat().st_mtime_ns == before


def test_font_is_unpacked_again_after_the_cache_is_cleared(sheet, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts.mpl, "get_cachedir", lambda: str(tmp_path))
    fonts.face.cache_clear()
    plain = with_map(sheet, areas=())
    for _ in range(2):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(render_png, plain, 60).result()
        assert len(list(tmp_path.glob("*.ttf"))) == 2
        for path in tmp_path.glob("*.ttf"):
            path.unlink()
    fonts.face.cache_clear()


def test_missing_font_is_reported_with_a_remedy(monkeypatch):
    monkeypatch.setattr(fonts, "font_file", lambda _: None)
    with pytest.raises(SetupError, match="make run") as caught:
        fonts.face.__wrapped__(400)
    assert caught.value.code == "font_missing"


def test_heat_map_print_over_http(service):
    filters = {"from": "2022-03-01", "to": "2022-05-31", "category": "Z06"}
    query = filters | {"lang": "en"}
    count = httpx2.get(f"{service.origin}/v1/kpi", params=filters, trust_env=False, timeout=60).json()["received"]
    answer = httpx2.get(
        f"{service.origin}/maps/heatmap.pdf", params={**query, "paper": "a3"}, trust_env=False, timeout=60
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="heatmap-2022-03-01-2022-05-31-a3.pdf"'
    assert answer.headers["cache-control"] == "private, no-cache"
    said = text_of(answer.content)
    for words in ("Heatmapofincidents", "2022-03-01–2022-05-31", "Shared-bikeparking", f"n={count:,}incidents",
                  "perkm²", "layers1", "AMap", "syntheticdata", "arenotdrawn"):  # fmt: skip
        assert words in said, words
    answer = httpx2.get(f"{service.origin}/maps/heatmap.png", params=query, trust_env=False, timeout=60)
    assert (answer.headers["content-type"], answer.content[:4]) == ("image/png", b"\x89PNG")
    assert (pixels(answer.content) == (0xBD, 0x00, 0x26)).all(axis=2).sum() > 100, "the densest class is drawn"


@pytest.mark.parametrize(("path", "status"), [("heatmap.svg", 422), ("heatmap.pdf?paper=a0", 422)])
def test_unknown_print_formats_are_refused(service, path, status):
    answer = httpx2.get(f"{service.origin}/maps/{path}", trust_env=False, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (status, "validation")


def test_wrong_key_is_refused(service):
    headers = {"Authorization": "Bearer gg_wrong"}
    assert (
        httpx2.get(f"{service.origin}/maps/heatmap.pdf", headers=headers, trust_env=False, timeout=60).status_code
        == 401
    )


@pytest.mark.parametrize(("name", "begins"), [("heat.pdf", b"%PDF"), ("heat.PNG", b"\x89PNG")])
def test_command_writes_the_format_of_the_file_suffix(demo_file, tmp_path, name, begins):
    command = ["heatmap", str(tmp_path / name), "--paper", "a3", "--from", "2022-06-30"]
    done = CliRunner().invoke(map_group, command, env={"GEOGRID_HOME": str(demo_file.parent)})
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_page_links_to_prints_with_its_filters(service):
    html = httpx2.get(f"{service.origin}/maps/heatmap?from=2022-06-30&category=Z06", trust_env=False, timeout=60).text
    links = re.findall(r'href="(/maps/heatmap\.(?:png|pdf)\?[^"]*)"', html)
    query = "from=2022-06-30&amp;category=Z06"
    assert links == [f"/maps/heatmap.png?{query}", f"/maps/heatmap.pdf?{query}",
                     f"/maps/heatmap.pdf?{query}&amp;paper=a3"]  # fmt: skip


@pytest.mark.parametrize(("maps", "paper"), [(2, Paper.A4), (7, Paper.A3), (24, Paper.A4), (24, Paper.A3)])
def test_maps_of_one_print_share_a_scale(sheet, maps, paper):
    district = replace(sheet.maps[0].district, streets=[], communities=[])
    one = PrintMap(district, areas=[PrintArea(district.outline, "#ff00ff")], caption="2022-01-01 – 01-08", n=1_234)
    several = replace(sheet, maps=[one] * maps, paper=paper, chart=Chart("按周", [Bar("01-01", 5, 0)]))
    picture = pixels(render_png(several, 100))
    said = text_of(render_pdf(several))
    assert said.count("2022-01-01–01-08") == maps
    assert said.count("n=1,234") == maps
    scale = int(re.search(r"1:([\d,]+)·A", said)[1].replace(",", ""))
    area = shapely.transform(district.outline, TO_METRES.transform, interleaved=False).area
    shown = (picture == (255, 0, 255)).all(axis=2).sum() * (0.254 / 1_000) ** 2 * scale**2 / maps
    # The border, and the white rim on which it lies, take some of it.
    assert 0.8 * area < shown < area


def test_bar_heights_are_proportional(sheet):
    chart = Chart("件", [Bar("a", 2_000, 0), Bar("b", 1_000, 1), Bar("c", 0, 2)])
    picture = pixels(render_png(replace(with_map(sheet, areas=()), chart=chart), 254))
    filled = (picture == (0x0B, 0x6E, 0x69)).all(axis=2)[-400:, : picture.shape[1] * 7 // 10]
    heights = filled.sum(axis=0)
    tall, low = heights.max(), np.median(heights[(heights > 0) & (heights < heights.max() * 0.7)])
    assert low / tall == pytest.approx(0.5, abs=0.03)


def test_street_names_stay_on_the_map(sheet):
    """Of a street that fills the map, a corner of another has no room for its name."""
    streets = sheet.maps[0].district.streets
    for name, extent in streets[:4]:
        zoomed = with_map(sheet, areas=[], extent=extent, labels=[("短码", extent)])
        said = text_of(render_pdf(zoomed))
        assert name in said
        picture = pixels(render_png(zoomed, 100))
        # The margin between map and text beside it: no name reaches into it.
        right = round((297 - 10 - 297 * 0.235 - 5) / 25.4 * 100)
        assert (picture[:, right + 3 : right + 17] == 255).all()
