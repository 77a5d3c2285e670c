"""Replacement of branca's templates for rendered parts of a map, which need no second compilation.

During `Figure.render` each element of a map renders its header, HTML and script, and branca makes a template of each
result: about 30 templates a page, which take a third of the time of the page. Such text has no template syntax left.
Folium compiles the constant template of each tooltip anew; a cache keeps it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import branca.element
import folium.features
import folium.template
import jinja2

#: What begins a tag in a template with Jinja's default settings, which are the settings of branca.
_TAG: Final = re.compile(r"\{[{%#]")
#: Jinja reads all of them as "\n".
_LINE_END: Final = re.compile(r"\r\n?")
#: Folium's classes have fewer constant templates.
_MAX_TEMPLATES: Final = 64


class PlainText:
    r"""A template without tags: `render` returns the text as Jinja would return it.

    Examples
    --------
    >>> PlainText("let a = 1;\r\n").render()
    'let a = 1;'
    """

    def __init__(self, text: str) -> None:
        self._text = _LINE_END.sub("\n", text).removesuffix("\n")

    def render(self, **_values: object) -> str:
        """Return the text; the values of a template are ignored."""
        return self._text


def as_template(text: str) -> PlainText | jinja2.Template:
    """Return a template of the text, compiled only if it contains a tag.

    Parameters
    ----------
    text
        The source of a template with Jinja's default settings.

    Examples
    --------
    >>> as_template("<p>{{ 7 * 7 }}</p>").render()
    '<p>49</p>'
    """
    return jinja2.Template(text) if _TAG.search(text) else PlainText(text)


def install() -> None:
    """Make branca create templates with `as_template`, and Folium's classes compile each template once per process."""
    vars(branca.element)["Template"] = as_template
    vars(folium.features)["Template"] = lru_cache(maxsize=_MAX_TEMPLATES)(folium.template.Template)
