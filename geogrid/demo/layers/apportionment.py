"""Dealing out whole numbers by weight."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def deal(total: int, weights: Sequence[float], least: int) -> list[int]:
    """Deal `total` things by weight, `least` to each beforehand, by the largest remainder; ties to the first.

    Parameters
    ----------
    total
        How many there are; at least ``least * len(weights)``.
    weights
        Positive numbers.
    least
        What each gets in any case.

    Examples
    --------
    >>> deal(10, [1.0, 2.0, 3.0], 1)
    [2, 3, 5]
    """
    rest = total - least * len(weights)
    whole = fsum(weights)
    quotas = [rest * weight / whole for weight in weights]
    dealt = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda index: (dealt[index] - quotas[index], index))
    for index in by_remainder[: rest - sum(dealt)]:
        dealt[index] += 1
    return [least + count for count in dealt]
