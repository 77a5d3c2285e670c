"""Escaping of text for Folium maps.

Folium passes text through Jinja templates, JavaScript template literals and ``innerHTML``, which need different
escapes. `encode` writes every character that is not a letter or a digit as an HTML entity: harmless in templates and
scripts, and the browser shows the character.
"""

from __future__ import annotations

from typing import Any

from branca.element import Element


def encode(text: str) -> str:
    """Return text escaped for every use in Folium.

    Examples
    --------
    >>> encode("古城街道 <b>")
    '古城街道&#32;&#60;b&#62;'
    >>> encode("${alert(1)}`{{7*7}}")
    '&#36;&#123;alert&#40;1&#41;&#125;&#96;&#123;&#123;7&#42;7&#125;&#125;'
    """
    return "".join(character if character.isalnum() else f"&#{ord(character)};" for character in text)


class Raw(Element):
    """HTML for the header or body of a figure, not compiled as a template.

    Folium's own elements compile their content as a Jinja template and would execute text in double braces.

    Parameters
    ----------
    content
        HTML with all text escaped.

    Examples
    --------
    >>> Raw("<p>{{7*7}}</p>").render()
    '<p>{{7*7}}</p>'
    """

    def __init__(self, content: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.content = content

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Return the content unchanged."""
        return self.content
