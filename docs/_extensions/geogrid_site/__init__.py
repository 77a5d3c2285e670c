"""Sphinx extension of the geogrid documentation: generated reference pages, the language switch, Chinese search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import geogrid
from geogrid_site import commands, filters, http, settings
from geogrid_site.search import BigramSearch

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: Other language of each tree: its folder, its HTML language code, and the text of the link to it.
_TWINS = {"en": ("zh", "zh-CN", "中文"), "zh": ("en", "en", "English")}


class Generated(SphinxDirective):
    """Insert Markdown that `write` returns."""

    has_content = False
    write: ClassVar[Any]

    def run(self) -> list[nodes.Node]:
        """Return the parsed nodes."""
        section = nodes.section()
        section.document = self.state.document
        lines = type(self).write().splitlines()
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, section, match_titles=True)
        return section.children


class CommandPages(Generated):
    """All commands with their options."""

    write = staticmethod(commands.markdown)


class ChineseCommands(Generated):
    """All commands in Chinese."""

    write = staticmethod(commands.chinese_markdown)


class SettingsTable(Generated):
    """All settings."""

    write = staticmethod(settings.markdown)


class FilterTable(Generated):
    """All filters of incidents."""

    write = staticmethod(filters.english)


class ChineseFilterTable(Generated):
    """All filters of incidents in Chinese."""

    write = staticmethod(filters.chinese)


class HttpOperations(Generated):
    """All operations of the HTTP API."""

    write = staticmethod(http.operations_markdown)


class HttpSchemas(Generated):
    """All schemas of the HTTP API."""

    write = staticmethod(http.schemas_markdown)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # The public names are imported lazily by ``geogrid.__getattr__``; autodoc documents only names that are present.
    for name in geogrid.__all__:
        setattr(geogrid, name, getattr(geogrid, name))
    app.add_directive("geogrid-commands", CommandPages)
    app.add_directive("geogrid-commands-zh", ChineseCommands)
    app.add_directive("geogrid-settings", SettingsTable)
    app.add_directive("geogrid-filters", FilterTable)
    app.add_directive("geogrid-filters-zh", ChineseFilterTable)
    app.add_directive("geogrid-http-operations", HttpOperations)
    app.add_directive("geogrid-http-schemas", HttpSchemas)
    app.add_search_language(BigramSearch)
    app.connect("html-page-context", add_language_switch)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def add_language_switch(app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Add the address of the page in the other language, if that page exists."""
    folder, code, name = _TWINS["zh" if "zh" in app.tags else "en"]
    if (Path(app.srcdir).parent / folder / f"{page}.md").exists():
        up = "../" * (page.count("/") + 1)
        context |= {"twin_path": f"{up}{folder}/{page}.html", "twin_language": code, "twin_name": name}
