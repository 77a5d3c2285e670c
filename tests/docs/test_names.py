"""Names of modules and classes: the terms of the field, each with one meaning."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("geogrid", "api/geogrid_api", "maps/geogrid_maps")
#: Words that say nothing of what a module holds: adverbs, prepositions, participles and catch-alls.
VAGUE = {
    *("along", "apart", "around", "aside", "asked", "away", "base", "choice", "coarse", "common", "doubts", "duty"),
    *("fast", "finding_out", "following", "frame", "ground", "helpers", "making", "misc", "near", "once", "parts"),
    *("pasted", "persons", "placing", "rail", "rulings", "saved", "shifts", "sounds", "stopping", "stuff", "suspicion"),
    *("telling", "texts", "told", "touched", "turns", "utils", "util", "view", "words", "wording", "writing"),
}


def modules():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_no_module_has_a_vague_name():
    names = {path: path.parent.name if path.stem == "__init__" else path.stem for path in modules()}
    assert [str(path.relative_to(ROOT)) for path, name in names.items() if name in VAGUE] == []


def test_no_class_name_is_defined_twice():
    defined = defaultdict(list)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in defined.items() if len(paths) > 1} == {}
