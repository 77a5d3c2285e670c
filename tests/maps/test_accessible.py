"""Every map, in both languages and both widths: nothing fails, and axe-core finds nothing grave."""

import pytest

from geogrid_maps.view import MapKind

SIZES = {"zh": {"width": 1366, "height": 768}, "en": {"width": 390, "height": 844}}
QUERY = "from=2022-05-01&to=2022-05-31&category=Z06"


@pytest.mark.parametrize("kind", list(MapKind))
@pytest.mark.parametrize("lang", list(SIZES))
def test_a_map_is_accessible(service, visit, axe, kind, lang):
    found = visit(f"{service.origin}/maps/{kind}?{QUERY}&lang={lang}", viewport=SIZES[lang])
    found.until("window.geogrid !== undefined")
    assert axe(found.page) == []


def test_the_drawer_and_the_difference_are_accessible(service, visit, axe):
    page = visit(f"{service.origin}/maps/compare?{QUERY}&show=difference&by=grid").page
    page.evaluate("geogrid.openGrid('140213051003008')")
    page.locator("#drawer h2").wait_for()
    assert axe(page) == []
