"""Text on its way into a map, and HTML that is left alone."""

import html

import folium
from hypothesis import given
from hypothesis import strategies as st

from geogrid_maps.escaping import Raw, encode


@given(st.text())
def test_encoded_text_has_no_special_characters(text):
    encoded = encode(text)
    assert all(character.isalnum() or character in "&#;" for character in encoded)
    assert encoded.count("&") == encoded.count("#") == encoded.count(";")


# Characters that HTML itself replaces, in entities too, cannot come back; layers do not need them.
_SHOWABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")))


@given(_SHOWABLE)
def test_encoded_text_decodes_to_the_original(text):
    assert html.unescape(encode(text)) == text


def test_chinese_characters_are_not_encoded():
    assert encode("古城街道第01网格") == "古城街道第01网格"


def test_raw_html_is_not_compiled_as_a_template():
    figure = folium.Figure()
    figure.html.add_child(Raw("<p>{{7*7}}{% raw %}${1}</p>"))
    assert "<p>{{7*7}}{% raw %}${1}</p>" in figure.render()
