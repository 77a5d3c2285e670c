"""No two modules import each other, directly or through others; imports for type checkers count too."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "geogrid": ROOT / "geogrid",
    "geogrid_maps": ROOT / "maps/geogrid_maps",
    "geogrid_api": ROOT / "api/geogrid_api",
}


def import_graph() -> dict[str, set[str]]:
    files = {
        ".".join([name, *path.relative_to(folder).with_suffix("").parts]).removesuffix(".__init__"): path
        for name, folder in PACKAGES.items()
        for path in folder.rglob("*.py")
    }
    return {module: imported_modules(path, files) - {module} for module, path in files.items()}


def imported_modules(path: Path, modules: dict[str, Path]) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            dotted = {f"{node.module}.{alias.name}" for alias in node.names}
            # ``from package import name`` imports a module, or the package that defines the name.
            names |= {name if name in modules else node.module for name in dotted}
    return names & modules.keys()


def test_modules_form_no_import_circle() -> None:
    graph = import_graph()
    assert "geogrid_api.app_state" in graph["geogrid_api.dependencies"]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
