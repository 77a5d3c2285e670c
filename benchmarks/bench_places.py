"""Measure the search for places by name against `rapidfuzz.process.extract`.

The areas of the demo and 20,000 synthetic places; each search runs five times, alternating with rapidfuzz, which does
not support pinyin. Medians in milliseconds.

    python benchmarks/bench_places.py [PLACES]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import TYPE_CHECKING

from machine import describe
from rapidfuzz import fuzz, process

from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import Address, Generation, Point
from geogrid.places.finder import PlaceFinder
from geogrid.reference_files import data_path
from geogrid.services.places import build_named_places

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES, TIMES = 20_000, 5
_SPOT = Point(113.2988, 40.09)
_PARTS = "永兴平安和文华迎宾御河振东南北西魏都云中向阳新建开源"
_ENDS = ("路", "街", "小区", "花园", "大厦", "超市")
ASKED = (
    "gcjd",
    "古城街道",
    "谷城街到附近",
    "yx",
    "永",
    "平城区永兴路12号对面",
    "weiduxq",
    "gucehng",
    "永泰小区3号楼",
    "古城jd",
)


def main() -> None:
    """Print the medians."""
    print(describe())
    number = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else PLACES
    layers = read_generation(data_path("boundaries"))
    locator = Locator(Generation(1, "benchmark", synthetic=True), layers)
    begin = time.perf_counter()
    finder = PlaceFinder(build_named_places(layers, locator, synthetic_addresses(number)))
    print(f"{len(finder.places):,} places, index built in {time.perf_counter() - begin:.1f} s")
    names = [place.name for place in finder.places]
    print(f"{'':24} {'geogrid':>10} {'rapidfuzz':>10}")
    for text in ASKED:
        ways: tuple[Callable[[str], object], ...] = (
            finder.find,
            lambda query: process.extract(query, names, scorer=fuzz.WRatio, limit=8),
        )
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(TIMES):
            for way, times in zip(ways, taken, strict=True):
                begin = time.perf_counter()
                way(text)
                times.append((time.perf_counter() - begin) * 1e3)
        print(f"{text:24} {statistics.median(taken[0]):10.1f} {statistics.median(taken[1]):10.1f}")


def synthetic_addresses(number: int) -> list[Address]:
    """Return synthetic places, the same on each call."""
    chance = random.Random(20)  # noqa: S311 - no secret
    found = []
    for place in range(number):
        name = "".join(chance.sample(_PARTS, 3)) + chance.choice(_ENDS)
        address = f"大同市平城区{''.join(chance.sample(_PARTS, 2))}路{place % 400}号"
        found.append(Address(name, address, "", _SPOT, _SPOT, "wgs84", "合成", synthetic=True))
    return found


if __name__ == "__main__":
    main()
