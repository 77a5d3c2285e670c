"""Lists of 德清县 as an office has them: incidents and people in Excel, in its own words. All rows are synthetic."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import shapely

from tests.support import deqing

#: Number of synthetic incidents, and of those that lie outside the county.
INCIDENTS, OUTSIDE = 300, 3
#: 小类 of the national scheme by name, as a clerk writes them.
CATEGORIES = ("暴露垃圾", "乱堆物堆料", "机动车乱停放", "无照经营游商")
SOURCES = {"12345": "hotline", "巡查发现": "patrol"}
_SEED = 330521
#: Excel has no time zones.
_START = datetime(2026, 1, 5, 8)  # noqa: DTZ001


def write_incidents(path: Path) -> Path:
    """Write a workbook of incidents: a title above, Chinese headings, dates of Excel, GCJ-02, a note below."""
    rng = np.random.default_rng(_SEED)
    inside = _points_inside(rng, INCIDENTS - OUTSIDE)
    points = np.vstack([inside, [[120.9, 31.2]] * OUTSIDE])
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["德清县2026年案件（合成示意）"])
    sheet.append(["案件编号", "上报\n时间", "小类", "经度", "纬度", "问题来源", "问题描述", "处置时间"])
    for number, (lon, lat) in enumerate(points, start=1):
        reported = _START + timedelta(hours=7 * number)
        handled = reported + timedelta(hours=5) if number % 4 else None
        category = CATEGORIES[number % len(CATEGORIES)]
        source = list(SOURCES)[number % len(SOURCES)]
        sheet.append([f"DQ{number:04d}", reported, category, round(lon, 6), round(lat, 6), source, "合成示意", handled])
    sheet.append(["备注：全部为合成示意数据"])
    book.save(path)
    return path


def write_people(path: Path) -> Path:
    """Write a workbook of posts: a leader for each town and community, with placeholder names."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["网格 编码", "岗位", "姓名", "起", "联系\n电话"])
    for number, area in enumerate(deqing.draw_grids()[:40]):
        sheet.append(
            [
                grid_code(area.code),
                "网格长、网格员" if number % 2 else "网格长",
                f"某{number}",
                _START.replace(hour=0),
                "",
            ]
        )
    book.save(path)
    return path


def write_layers(folder: Path) -> deqing.DrawnFiles:
    """Write the Shapefiles with the county's own codes of grids, as `grid_code` gives them."""
    files = deqing.write_files(folder)
    grids = [deqing.DrawnArea(grid_code(area.code), area.name, area.parent, area.shape) for area in deqing.draw_grids()]
    deqing.write_shapefile(files.grids, grids)
    return files


def grid_code(code: str) -> str:
    """Return the county's own code of a grid: letters, and no prefix of the code of its parent."""
    return f"DQ-{code[6:9]}-{code[9:]}"


def _points_inside(rng: np.random.Generator, count: int) -> np.ndarray:
    outline = deqing.read_outline()
    west, south, east, north = outline.bounds
    points = rng.uniform([west, south], [east, north], (count * 4, 2))
    return points[shapely.contains_xy(outline, points)][:count]
