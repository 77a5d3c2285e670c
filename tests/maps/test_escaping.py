"""Text on its way into a map, and HTML that is left alone."""

import html

import folium
from hypothesis import given
from hypothesis import strategies as st

from geogrid_maps.escaping import Raw, encode


@given(st.text())
def test_encoding_leaves_nothing_that_a_template_a_script_or_html_reads(text):
    encoded = encode(text)
    assert all(character.isalnum() or character in "&#;" for character in encoded)
    assert encoded.count("&") == encoded.count("#") == encoded.count(";")


# Characters that HTML itself replaces, in entities too, cannot come back; layers do not need them.
_SHOWABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")))


@given(_SHOWABLE)
def test_a_browser_reads_the_text_again(text):
    assert html.unescape(encode(text)) == text


def test_chinese_stays_readable():
    assert encode("古城街道第01网格") == "古城街道第01网格"


def test_raw_html_is_no_template():
    figure = folium.Figure()
    figure.html.add_child(Raw("<p>{{7*7}}{% raw %}${1}</p>"))
    assert "<p>{{7*7}}{% raw %}${1}</p>" in figure.render()
