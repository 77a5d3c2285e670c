"""Build the documentation site: ``python docs/build.py [OUT]``, by default into ``build/docs``.

The English and the Chinese tree are two Sphinx projects with one configuration. A warning is an error. The start page
of the site leads to both.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.cmd.build import build_main

DOCS = Path(__file__).resolve().parent
LANGUAGES = ("en", "zh")
START_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>geogrid</title><meta http-equiv="refresh" content="0; url=en/index.html"></head>
<body><p><a href="en/index.html">English</a> · <a href="zh/index.html" lang="zh">中文</a></p></body>
</html>
"""


def build(out: Path) -> int:
    """Build both trees into subfolders of a folder and return the exit status of Sphinx."""
    status = max(build_tree(language, out) for language in LANGUAGES)
    (out / "index.html").write_text(START_PAGE, encoding="utf-8")
    return status


def build_tree(language: str, out: Path) -> int:
    """Build the tree of one language and return the exit status of Sphinx."""
    strict = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
    folders = ["-c", str(DOCS), "-d", str(out / ".doctrees" / language), str(DOCS / language), str(out / language)]
    return build_main([*strict, "-b", "html", "-t", language, *folders])


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS.parent / "build" / "docs"))
