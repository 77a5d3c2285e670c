"""Checks of the limits that every interactive map has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

FAR_AWAY = [30, 100]
#: The zoom level and the centre of a map.
PLACE = "(({{ lat, lng }}) => [{map}.getZoom(), lat, lng])({map}.getCenter())"


def assert_limits(page: Page, canvas: str, home: str, *, deepest: int = 18) -> None:
    """Assert the zoom limits, the panning limits and the home button of a map.

    Parameters
    ----------
    page
        An open page.
    canvas
        The JavaScript expression of its map.
    home
        The title of the home button.
    deepest
        The deepest zoom level.
    """
    place = PLACE.format(map=canvas)
    start = page.evaluate(place)
    page.evaluate(f"void {canvas}.setZoom(29, {{ animate: false }})")
    assert page.evaluate(f"{canvas}.getZoom()") == deepest
    page.evaluate(f"void {canvas}.setView({FAR_AWAY}, {deepest}, {{ animate: false }})")
    assert page.evaluate(f"{canvas}.getZoom()") == deepest
    centre = f"{canvas}.getCenter()"
    assert page.evaluate(f"{canvas}.options.maxBounds.contains({centre})")
    assert page.evaluate(f"{centre}.lat") > 39, "the map stays near the district"
    button = page.get_by_role("button", name=home, exact=True).locator("visible=true")
    assert button.get_attribute("title") == home
    for key in ("Enter", " "):
        page.evaluate(f"void {canvas}.setZoom({deepest}, {{ animate: false }})")
        button.focus()
        page.keyboard.press(key)
        # The summary above the map may have changed its height by a line since the page was loaded.
        assert page.evaluate(place) == pytest.approx(start, abs=0.01)
    page.evaluate(f"void {canvas}.setZoom(0, {{ animate: false }})")
    assert page.evaluate(f"{canvas}.getZoom()") in (9, 10)
