"""Rendered parts of a map are not compiled as templates again, and the page stays the same."""

import folium
import jinja2
import pytest
from branca.element import Element
from hypothesis import example, given
from hypothesis import strategies as st

from geogrid_maps import map_page
from geogrid_maps.branca_templates import PlainText, as_template

_PIECES = st.sampled_from(["{", "{{", "%", "#", "}", "}}", "\r", "\n", "\r\n", " ", "a", "##", "<p>", "网格"])


@given(st.lists(_PIECES).map("".join) | st.text())
@example("a\n\n")
@example("{ {")
@example("a\r")
def test_text_without_tags_renders_as_jinja_renders_it(text):
    made = as_template(text) if not {"{{", "{%", "{#"} & {text[at : at + 2] for at in range(len(text))} else None
    if made is not None:
        assert isinstance(made, PlainText)
        assert made.render(this=None, kwargs={}) == jinja2.Template(text).render(this=None, kwargs={})


@pytest.mark.parametrize(("text", "rendered"), [("{{ 1 + 1 }}", "2"), ("{% if 1 %}a{% endif %}", "a"), ("{# b #}", "")])
def test_text_with_tags_is_a_template_as_before(text, rendered):
    assert as_template(text).render() == rendered


def test_a_map_compiles_no_template(monkeypatch):
    assert map_page.ENVIRONMENT is not None, "the pages have replaced the templates of branca"
    render_once = _map_with_tooltip().get_root().render()
    canvas = _map_with_tooltip()

    def refuse(*_arguments, **_options):
        raise AssertionError("a template was compiled")

    monkeypatch.setattr(jinja2.Environment, "compile", refuse)
    html = canvas.get_root().render()
    assert "L.map(" in html
    assert len(html) == len(render_once)
    assert isinstance(Element("plain")._template, PlainText)


def _map_with_tooltip():
    canvas = folium.Map(location=[40, 113], tiles=None)
    feature = {"type": "Feature", "properties": {"code": "1"}, "geometry": {"type": "Point", "coordinates": [113, 40]}}
    tooltip = folium.GeoJsonTooltip(["code"])
    folium.GeoJson({"type": "FeatureCollection", "features": [feature]}, tooltip=tooltip).add_to(canvas)
    return canvas
