"""Masking of personal data."""

import pytest

from geogrid.privacy import mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("甲某", "甲＊"),
        ("甲某某", "甲＊"),
        ("欧阳甲", "欧阳＊"),
        ("欧阳某某", "欧阳＊"),
        ("欧阳", "欧＊"),
        ("欧甲阳", "欧＊"),
        ("甲", "＊"),
        ("Somebody Else", "S＊"),
    ],
)
def test_masked_name_contains_the_surname(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800000000", "138****0000"),
        ("138 0000 0000", "138****0000"),
        ("+8613800000000", "138****0000"),
        ("(0352)1234567", "035****4567"),
        ("1234567", "****"),
        ("110", "****"),
        ("", ""),
    ],
)
def test_masked_phone_contains_first_and_last_digits(phone, masked):
    assert mask_phone(phone) == masked
