"""Draw the figure of the architecture page from the import contracts: ``python tools/architecture_figure.py``.

A test compares the committed figure with the output of this script.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "images" / "architecture.svg"
WIDTH, ROW, GAP, MARGIN = 560, 30, 14, 20
HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" style="fill:#51617a;stroke:none;marker-end:none"/></marker></defs>'
)
STYLE = (
    "text{font:14px ui-monospace,monospace;text-anchor:middle;dominant-baseline:central;fill:#1b2430}"
    "rect{stroke:#51617a;fill:#eef2f7}.outer rect{fill:#dbe6f3}path{stroke:#51617a;fill:none;marker-end:url(#head)}"
    "#back{fill:#fff;stroke:none}"
)


def layers() -> list[tuple[list[str], bool]]:
    """Return the rows from top to bottom: the packages of a row, and whether they are outside the library."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    packages, inside = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    outer = [([name], True) for name in packages if name != "geogrid"]
    return outer + [([name.strip() for name in row.split("|")], False) for row in inside]


def figure() -> str:
    """Return the SVG: one row of boxes per layer, with an arrow from each row to the row that it may import."""
    rows = layers()
    height = len(rows) * (ROW + GAP) - GAP + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<style>{STYLE}</style>",
        HEAD,
        f'<rect id="back" width="{WIDTH}" height="{height}"/>',
    ]
    for index, (names, outer) in enumerate(rows):
        top = MARGIN + index * (ROW + GAP)
        parts.append(_row(names, top, outer=outer))
        if index + 1 < len(rows):
            parts.append(f'<path d="M{WIDTH // 2} {top + ROW}v{GAP - 2}"/>')
    return "\n".join([*parts, "</svg>", ""])


def _row(names: list[str], top: int, *, outer: bool) -> str:
    width = (WIDTH - 2 * MARGIN - GAP * (len(names) - 1)) // len(names)
    boxes = [
        f'<rect x="{left}" y="{top}" width="{width}" height="{ROW}" rx="4"/>'
        f'<text x="{left + width // 2}" y="{top + ROW // 2}">{name}</text>'
        for left, name in ((MARGIN + index * (width + GAP), name) for index, name in enumerate(names))
    ]
    return f'<g class="{"outer" if outer else "inner"}">{"".join(boxes)}</g>'


def main() -> int:
    """Write the figure and return the exit status."""
    OUT.write_text(figure(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
