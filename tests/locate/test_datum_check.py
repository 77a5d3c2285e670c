"""Detect a wrong datum from the claimed grids."""

from math import comb

import numpy as np
import pytest

from geogrid.geo.datums import from_wgs84
from geogrid.locate.datum_check import binomial_tail, find_datum_mismatch
from geogrid.locate.locator import Locator
from geogrid.model import Generation, Layer


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


def test_projected_datums_and_rows_without_claims_are_not_checked(locator, batch):
    lon, lat, codes = batch
    shifted = from_wgs84(lon, lat, "gcj02")
    assert find_datum_mismatch(locator, *shifted, "wgs84", [None] * len(codes)) is None
    assert find_datum_mismatch(locator, *from_wgs84(lon, lat, "epsg:4547"), "epsg:4547", codes) is None


@pytest.mark.parametrize(("claims", "detected"), [(5, False), (10, False), (11, True), (19, True)])
def test_few_claims_are_enough_as_soon_as_chance_does_not_explain_them(locator, batch, claims, detected):
    """Under the null hypothesis 11 claims that all favour one of two datums have a probability of 2 / 2**11 < 0.001."""
    lon, lat, codes = batch
    shifted = from_wgs84(lon, lat, "gcj02")
    claimed = [*codes[:claims], *[None] * (len(codes) - claims)]
    assert bool(find_datum_mismatch(locator, *shifted, "wgs84", claimed)) is detected


@pytest.fixture(scope="module")
def coarse(layers):
    """The locator of a division with large grids: grids are joined in strips 5 km wide."""
    joined = {
        layer: layers[layer].assign(strip=layers[layer].geometry.representative_point().x // 0.06).dissolve("strip")
        for layer in (Layer.URBAN, Layer.RURAL)
    }
    joined = {layer: frame[layers[layer].columns] for layer, frame in joined.items()}
    return Locator(Generation(1, "coarse", synthetic=True), {**layers, **joined})


@pytest.mark.parametrize("stated", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("actual", ["wgs84", "gcj02", "bd09"])
def test_wrong_datum_of_large_grids_is_detected(coarse, layers, stated, actual):
    west, south, east, north = layers[Layer.DISTRICT].total_bounds
    draw = np.random.default_rng(9)
    lon, lat = draw.uniform(west, east, 1_000), draw.uniform(south, north, 1_000)
    base = coarse.positions(lon, lat).base
    lon, lat, codes = lon[base >= 0], lat[base >= 0], [str(code) for code in coarse.base_codes[base[base >= 0]]]
    mismatch = find_datum_mismatch(coarse, *from_wgs84(lon, lat, actual), stated, codes)
    if stated == actual:
        assert mismatch is None
        return
    assert (mismatch.better, mismatch.claims) == (actual, len(codes))
    # The former rule, twice as many agreeing rows, was silent here.
    assert 0.5 < mismatch.agree < mismatch.better_agree
    assert f"n = {len(codes):,}" in mismatch.message
    assert f"{mismatch.agree:.1%} agree in {stated}" in mismatch.message


def test_right_datum_raises_an_alarm_at_most_as_often_as_the_level(coarse):
    """Claims at random: neither datum is better, and no difference is significant."""
    draw = np.random.default_rng(10)
    alarms = 0
    for _ in range(200):
        lon, lat = draw.uniform(113.2, 113.4, 60), draw.uniform(40.0, 40.1, 60)
        claimed = [str(code) for code in draw.choice(coarse.base_codes[:3], 60)]
        alarms += find_datum_mismatch(coarse, lon, lat, "gcj02", claimed) is not None
    assert alarms <= 1


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (1, 1), (7, 9), (60, 100), (600, 1_000)])
def test_binomial_tail_is_exact(successes, trials):
    exact = sum(comb(trials, count) for count in range(successes, trials + 1)) / 2**trials
    assert binomial_tail(successes, trials) == pytest.approx(exact, rel=1e-9)


def test_claims_of_dedicated_grids_are_compared(locator, layers):
    shapes = layers[Layer.DEDICATED].geometry.representative_point()
    codes = layers[Layer.DEDICATED]["code"].tolist()
    lon, lat = shapes.x.to_numpy(), shapes.y.to_numpy()
    assert find_datum_mismatch(locator, lon, lat, "wgs84", codes) is None
    assert find_datum_mismatch(locator, *from_wgs84(lon, lat, "bd09"), "wgs84", codes).better_agree == 1
