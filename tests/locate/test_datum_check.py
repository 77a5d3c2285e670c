"""Detect a wrong datum from the claimed grids."""

import numpy as np
import pytest

from geogrid.geo.datums import from_wgs84
from geogrid.locate.datum_check import find_datum_mismatch
from geogrid.model import Layer


@pytest.fixture(scope="module")
def batch(locator, layers):
    """Points inside the district, and the codes of their grids."""
    west, south, east, north = layers[Layer.DISTRICT].total_bounds
    draw = np.random.default_rng(7)
    lon, lat = draw.uniform(west, east, 2_000), draw.uniform(south, north, 2_000)
    base = locator.positions(lon, lat).base
    inside = base >= 0
    return lon[inside], lat[inside], [str(code) for code in locator.base_codes[base[inside]]]


@pytest.mark.parametrize("stated", ["wgs84", "cgcs2000", "gcj02", "bd09"])
@pytest.mark.parametrize("actual", ["wgs84", "gcj02", "bd09"])
def test_wrong_datum_is_detected(locator, batch, stated, actual):
    lon, lat, codes = batch
    mismatch = find_datum_mismatch(locator, *from_wgs84(lon, lat, actual), stated, codes)
    if stated.replace("cgcs2000", "wgs84") == actual:
        assert mismatch is None
        return
    assert (mismatch.datum, mismatch.better, mismatch.claims) == (stated, actual, len(codes))
    assert mismatch.better_agree > 0.99
    assert mismatch.agree < 0.3
    assert f"{mismatch.better_agree:.1%} in {actual}" in mismatch.message


def test_random_claims_are_not_a_mismatch(locator, batch):
    lon, lat, codes = batch
    draw = np.random.default_rng(8)
    wrong = [codes[draw.integers(len(codes))] if draw.random() < 0.6 else code for code in codes]
    assert find_datum_mismatch(locator, lon, lat, "wgs84", wrong) is None
    assert find_datum_mismatch(locator, *from_wgs84(lon, lat, "gcj02"), "wgs84", wrong).better == "gcj02"


def test_few_claims_and_projected_datums_are_not_checked(locator, batch):
    lon, lat, codes = batch
    shifted = from_wgs84(lon, lat, "gcj02")
    claimed = [*codes[:19], *[None] * (len(codes) - 19)]
    assert find_datum_mismatch(locator, *shifted, "wgs84", claimed) is None
    assert find_datum_mismatch(locator, *shifted, "wgs84", [None] * len(codes)) is None
    assert find_datum_mismatch(locator, *from_wgs84(lon, lat, "epsg:4547"), "epsg:4547", codes) is None


def test_claims_of_dedicated_grids_are_compared(locator, layers):
    shapes = layers[Layer.DEDICATED].geometry.representative_point()
    codes = layers[Layer.DEDICATED]["code"].tolist()
    lon, lat = shapes.x.to_numpy(), shapes.y.to_numpy()
    assert find_datum_mismatch(locator, lon, lat, "wgs84", codes) is None
    assert find_datum_mismatch(locator, *from_wgs84(lon, lat, "bd09"), "wgs84", codes).better_agree == 1
