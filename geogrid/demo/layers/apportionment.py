"""Apportionment of whole numbers by weight."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def apportion(total: int, weights: Sequence[float], least: int) -> list[int]:
    """Divide `total` by weight into whole numbers, at least `least` each (largest remainder method).

    Parameters
    ----------
    total
        The number to divide; at least ``least * len(weights)``.
    weights
        Positive weights; equal remainders are served in this order.
    least
        The minimum of each share.

    Examples
    --------
    >>> apportion(10, [1.0, 2.0, 3.0], 1)
    [2, 3, 5]
    """
    rest = total - least * len(weights)
    total_weight = fsum(weights)
    quotas = [rest * weight / total_weight for weight in weights]
    shares = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda index: (shares[index] - quotas[index], index))
    for index in by_remainder[: rest - sum(shares)]:
        shares[index] += 1
    return [least + count for count in shares]
