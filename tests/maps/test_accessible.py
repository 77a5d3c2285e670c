"""Every map, in both languages and both widths: nothing fails, and axe-core finds nothing grave."""

import pytest

from geogrid_maps.map_query import MapKind

SIZES = {"zh": {"width": 1366, "height": 768}, "en": {"width": 390, "height": 844}}
QUERY = "from=2022-05-01&to=2022-05-31&category=Z06"


@pytest.mark.parametrize("kind", list(MapKind))
@pytest.mark.parametrize("lang", list(SIZES))
def test_map_page_passes_axe(service, visit, axe, kind, lang):
    found = visit(f"{service.origin}/maps/{kind}?{QUERY}&lang={lang}", viewport=SIZES[lang])
    found.until("window.geogrid !== undefined")
    assert axe(found.page) == []


def test_drawer_and_difference_map_pass_axe(service, visit, axe):
    page = visit(f"{service.origin}/maps/compare?{QUERY}&show=difference&by=grid").page
    page.evaluate("geogrid.openGrid('140213051003008')")
    page.locator("#drawer h2").wait_for()
    assert axe(page) == []


def test_closed_drawer_returns_the_focus(service, visit):
    found = visit(f"{service.origin}/maps/hotspots?lang=en")
    page = found.page
    found.until("window.geogrid?.openGrid !== undefined")
    button = page.locator("#ranking button").nth(1)
    code = button.get_attribute("data-area")
    button.press("Enter")
    page.locator("#drawer h2").wait_for()
    assert page.evaluate("document.activeElement.matches('#drawer h2')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.area") == code
    page.evaluate("document.activeElement.blur()")
    page.evaluate("geogrid.openGrid('140213051003008')")
    page.locator("#drawer h2").wait_for()
    page.locator("#drawer [data-close]").press("Enter")
    assert page.evaluate("document.activeElement === geogrid.map.getContainer()")


def test_drawer_shows_a_failed_request_and_can_be_closed(service, visit):
    found = visit(f"{service.origin}/maps/explorer?lang=en")
    page = found.page
    found.until("window.geogrid?.openGrid !== undefined")
    page.evaluate("geogrid.openGrid('000000')")
    assert page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Close").click()
    assert page.is_hidden("#drawer")
    found.problems[:] = [one for one in found.problems if "404" not in one]


def test_reduced_motion_disables_animations(service, visit):
    found = visit(f"{service.origin}/maps/heatmap", reduced_motion="reduce")
    found.until("window.geogrid?.openGrid !== undefined")
    before = found.page.evaluate("geogrid.map.getZoom()")
    found.page.locator(".leaflet-control-zoom-in").click()
    assert found.page.evaluate("geogrid.map.getZoom()") == before + 1, "at once"
    assert found.page.locator(".leaflet-zoom-anim").count() == 0


def test_hatching_contrasts_with_every_colour(service, visit):
    found = visit(f"{service.origin}/maps/density")
    found.until("window.geogrid?.areas !== undefined")
    pairs = found.page.evaluate(
        """[...document.querySelectorAll("pattern")].map((one) =>
          [one.querySelector("rect").getAttribute("fill"), one.querySelector("path").getAttribute("stroke")])"""
    )
    assert len(pairs) == 5
    assert min(contrast(*pair) for pair in pairs) > 3


def contrast(one, other):
    """The contrast of two colours, as WCAG 2.2 defines it."""
    first, second = sorted(map(luminance, (one, other)))
    return (second + 0.05) / (first + 0.05)


def luminance(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_api_documentation_declares_its_language(service, visit):
    page = visit(f"{service.origin}/docs").page
    assert page.get_attribute("html", "lang") == "en"


def test_focus_stays_in_the_filters_after_each_reload(service, visit):
    found = visit(f"{service.origin}/maps/heatmap?from=2022-06-01&lang=en#15/40.0900/113.2988/140213051003008")
    page = found.page
    page.locator("#drawer h2").wait_for()
    page.focus("select[name=category]")
    for category in ("Z01", "Z02"):
        with page.expect_navigation():
            page.keyboard.press("ArrowDown")
        page.locator("#drawer h2").wait_for()
        assert page.evaluate("document.activeElement.name") == "category"
        assert f"category={category}" in page.url
    with page.expect_navigation():
        page.click("a.chip")
    page.locator("#drawer h2").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H2"
