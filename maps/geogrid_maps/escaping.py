"""The only place where text meets a map.

Folium carries text through Jinja templates, JavaScript template literals and ``innerHTML``; each of them runs what the
others escape. So text from data goes in with every character that is not a letter or a digit as an entity: that means
nothing to a template or a script, and comes out as the character when the browser sets it as HTML.
"""

from __future__ import annotations

from typing import Any

from branca.element import Element


def encode(text: str) -> str:
    """Return text that is harmless in every sink of Folium.

    Examples
    --------
    >>> encode("古城街道 <b>")
    '古城街道&#32;&#60;b&#62;'
    >>> encode("${alert(1)}`{{7*7}}")
    '&#36;&#123;alert&#40;1&#41;&#125;&#96;&#123;&#123;7&#42;7&#125;&#125;'
    """
    return "".join(character if character.isalnum() else f"&#{ord(character)};" for character in text)


class Raw(Element):
    """A piece of finished HTML for a figure's header or body.

    Folium's own elements take what they hold for a template once more and would run what stands in double braces.

    Parameters
    ----------
    content
        HTML in which all text is escaped already.

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
        """Return the content as it is."""
        return self.content
