"""Draw the figure of the locate pages from a raster that the library builds: ``python tools/locate_figure.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from geogrid.locate.kernel_numpy import look_up_one
from geogrid.locate.raster_index import build_rasters
from geogrid.locate.tree_index import LayerIndex

if TYPE_CHECKING:
    from geogrid.locate.raster import Raster

OUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "locate.svg"
#: Colours that are legible on white and on black.
INK, MARK, COLOURS = "#808080", "#e0457b", ("none", "#4c8fd6", "#e8962e", "#4faa5e")
JUNCTION, END = (4.3, 4.6), (1.6, 5.3)
POLYGONS = [
    shapely.Polygon([(0, 0), (8, 0), (6.4, 2.4), JUNCTION, END, (0, 4.2)]),
    shapely.Polygon([(0, 4.2), END, JUNCTION, (4.8, 8), (0, 8)]),
    shapely.Polygon([(8, 0), (8, 8), (4.8, 8), JUNCTION, (6.4, 2.4)]),
]
SIZE = 8
#: Column and row of the enlarged border cell.
CELL = (3, 6)
#: Mask of its edge from `END` to `JUNCTION`, between the polygons 1 and 2.
MASK = 1 ^ 2
POINTS = [(2.15, 4.9), (2.15, 5.26), (2.15, 5.55)]


def main() -> None:
    """Write the figure."""
    OUT.write_text(figure(), encoding="utf-8", newline="\n")


def figure() -> str:
    """Return the SVG: the raster on the left, a border cell on the right."""
    (raster,) = build_rasters([LayerIndex(["1", "2", "3"], POLYGONS)], SIZE)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 360" font-family="sans-serif" font-size="15" '
        f'fill="{INK}"><title>A raster over three polygons, and one of its border cells</title>'
    )
    return "\n".join([head, *cells(raster), *outlines(), *border_cell(raster), "</svg>\n"])


def to_raster(x: float, y: float) -> tuple[float, float]:
    """Return the SVG position in the raster of a coordinate."""
    return round(20 + x * 40, 1), round(340 - y * 40, 1)


def to_cell(x: float, y: float) -> tuple[float, float]:
    """Return the SVG position in the enlarged cell of a coordinate."""
    return round(440 + (x - 1.3) * 230, 1), round(320 - (y - 4.65) * 230, 1)


def box(place: tuple[float, float], size: float, look: str) -> str:
    """Return a square with a lower left corner."""
    return f'<rect x="{place[0]}" y="{round(place[1] - size, 1)}" width="{size}" height="{size}" {look}/>'


def corner(raster: Raster, column: int, row: int) -> tuple[float, float]:
    """Return the lower left corner of a cell."""
    return raster.west + column / raster.per_lon, raster.south + row / raster.per_lat


def cells(raster: Raster) -> list[str]:
    """Return the cells: filled if they store a word, empty if they are border cells."""
    drawn = []
    for row in range(1, SIZE + 2):
        for column in range(1, SIZE + 2):
            word = int(raster.cells[row * raster.side + column])
            look = f'fill="{COLOURS[max(word, 0)]}" fill-opacity="0.5" stroke="{INK}" stroke-opacity="0.4"'
            drawn.append(box(to_raster(*corner(raster, column, row)), 40, look))
    return drawn


def outlines() -> list[str]:
    """Return the borders and numbers of the polygons."""
    rings = (" ".join(f"{x},{y}" for x, y in (to_raster(*xy) for xy in p.exterior.coords)) for p in POLYGONS)
    places = (to_raster(*place) for place in ((3.2, 2.2), (2.6, 6.5), (6.8, 5.0)))
    return [
        *(f'<polygon points="{ring}" fill="none" stroke="{INK}" stroke-width="2"/>' for ring in rings),
        *(f'<text x="{x}" y="{y}" font-size="24">{number}</text>' for number, (x, y) in enumerate(places, start=1)),
    ]


def border_cell(raster: Raster) -> list[str]:
    """Return the enlarged cell, its listed edge and stub, and points with their rays from the left."""
    place, look = corner(raster, *CELL), f'fill="none" stroke="{MARK}" stroke-width="3"'
    (x1, y1), (x2, y2) = to_cell(*END), to_cell(2.82, END[1] - (2.82 - END[0]) * 0.7 / 2.7)
    stub = to_cell(1.38, END[1])
    base = raster.records["base"][~raster.cells[CELL[1] * raster.side + CELL[0]]]
    drawn = [
        box(to_raster(*place), 40, look),
        box(to_cell(*place), 230, look),
        line((x1, y1), (x2, y2), 'stroke-width="2.5"'),
        f'<circle cx="{x1}" cy="{y1}" r="4"/><text x="{x2 - 130}" y="{y2 + 6}">mask {MASK}</text>',
        line(stub, (stub[0], 30), 'stroke-width="2.5" stroke-dasharray="6 4"'),
        f'<text x="{stub[0] - 14}" y="{stub[1] + 22}">stub</text>',
        f'<text x="{to_cell(*place)[0]}" y="345">base word {base}</text>',
    ]
    for x, y in POINTS:
        word = look_up_one(raster, x, y)
        way = f"{base}" if word == base else f"{base} ⊕ {MASK} = {word}"
        (px, py), start = to_cell(x, y), to_cell(1.3, y)
        drawn += [
            line(start, (px, py), 'stroke-opacity="0.6" stroke-dasharray="2 3"'),
            f'<circle cx="{px}" cy="{py}" r="5" fill="{COLOURS[word or 0]}"/>',
            f'<text x="{px + 10}" y="{py + 5}">{way}</text>',
        ]
    return drawn


def line(start: tuple[float, float], end: tuple[float, float], look: str) -> str:
    """Return a line."""
    return f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="{INK}" {look}/>'


if __name__ == "__main__":
    main()
