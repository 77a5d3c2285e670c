"""Nothing shipped names the district of the demo, apart from its own files and the examples of docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUFFIXES = {".py", ".json", ".html", ".js", ".css", ".toml", ".csv"}
WORDS = ("平城", "大同", "Datong", "Pingcheng", "140213", "4547")
#: The demo: its layers, its profile, its scheme of categories, the code and the command that make it, and the migration
#: that tells earlier databases of the demo from others.
DEMO = (
    "geogrid/demo",
    "geogrid/cli/demo.py",
    "data/demo",
    "data/boundaries",
    "data/schemes/shizhi",
    "geogrid/store/migrations/versions/0030_rule_versions.py",
)
VENDORED = "maps/geogrid_maps/static/vendor"
FILES = sorted(
    path
    for folder in ("geogrid", "maps/geogrid_maps", "api/geogrid_api", "data")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in SUFFIXES and not path.relative_to(ROOT).as_posix().startswith((*DEMO, VENDORED))
)


def without_examples(text: str) -> str:
    """Return a module without the docstrings that contain examples; the help of a command has none."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node, clean=False)
        if docstring and ">>>" in docstring:
            first = node.body[0]
            lines[first.lineno - 1 : first.end_lineno] = [""] * (first.end_lineno - first.lineno + 1)
    return "\n".join(lines)


def test_there_are_files():
    assert len(FILES) > 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_does_not_name_the_district_of_the_demo(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = without_examples(text)
    assert [line for line in text.splitlines() if any(word in line for word in WORDS)] == []
