"""Funnel plots: the rates of groups by their size, with the limits within which chance alone leaves them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geogrid.model.figures import Rate, format_share
from geogrid.stats.ranking import FUNNEL_TAILS, funnel_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 720.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 110.0, 12.0, 34.0
_STEPS: Final = 80
_MOST_TICKS: Final = 6
#: Distance below which two names overlap, in pixels.
_NAME_WIDTH, _NAME_HEIGHT = 90.0, 13.0
#: Share of the height that stays free above the highest and below the lowest point.
_MARGIN: Final = 0.08


class FunnelGroup(NamedTuple):
    """A group: its name, its rate, and the query of the page with its details, empty without one."""

    name: str
    rate: Rate
    query: str


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """A group on the plot.

    Attributes
    ----------
    group
        The group.
    x, y
        Position on the plot in pixels.
    beyond
        0 within the limits of 95 %, 1 outside these, 2 outside those of 99.8 %.
    label_y
        Height of the group's name, which does not overlap other names; None for a group within the limits of 99.8 %.
    """

    group: FunnelGroup
    x: float
    y: float
    beyond: int
    label_y: float | None = None

    @property
    def title(self) -> str:
        """Name, numerator, denominator and rate."""
        rate = self.group.rate
        return f"{self.group.name}: {rate.numerator:,} / {rate.denominator:,} = {format_share(rate.value)}"


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel plot, in pixels.

    Attributes
    ----------
    width, height
        Size of the plot.
    points
        The groups.
    limits
        Points of the lower and upper limits of 95 % and of 99.8 %, as SVG polylines have them.
    total, total_y
        The rate of all groups together as text, and its height.
    across, down
        Ticks of the axes: positions and texts.
    """

    width: float
    height: float
    points: tuple[FunnelPoint, ...]
    limits: tuple[tuple[str, ...], ...]
    total: str
    total_y: float
    across: tuple[tuple[float, str], ...]
    down: tuple[tuple[float, str], ...]


def plot_funnel(groups: Sequence[FunnelGroup], total: Rate) -> Funnel | None:
    """Return a funnel plot of groups with a value; None without any.

    Parameters
    ----------
    groups
        The groups.
    total
        The rate of all together, which all would have but for chance.

    Examples
    --------
    >>> groups = [FunnelGroup("small", Rate(2, 4), ""), FunnelGroup("large", Rate(400, 1000), "")]
    >>> [(point.group.name, point.beyond) for point in plot_funnel(groups, Rate(302, 1004)).points]
    [('small', 0), ('large', 2)]
    """
    drawn = [group for group in groups if group.rate.denominator]
    if not drawn or not total.denominator:
        return None
    share = total.numerator / total.denominator
    size = np.array([group.rate.denominator for group in drawn], dtype=np.float64)
    value = np.array([group.rate.numerator for group in drawn]) / size
    beyond = np.array([_is_outside(value, *funnel_limits(share, size, tail)) for tail in FUNNEL_TAILS]).sum(axis=0)
    low, high = _range_of(np.append(value, share))

    # Large groups would leave the small ones no room on a linear axis.
    def x_of(number: Floats) -> Floats:
        return np.asarray(_LEFT + (_WIDTH - _LEFT - _RIGHT) * np.sqrt(number / size.max()))

    def y_of(rate: Floats) -> Floats:
        return np.asarray(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - np.clip(rate, low, high)) / (high - low))

    along = size.max() * np.linspace(0.02, 1, _STEPS) ** 2
    along = np.unique(np.maximum(along.round(), 1.0))
    limits = tuple(
        tuple(_polyline(x_of(along), y_of(limit)) for limit in funnel_limits(share, along, tail))
        for tail in FUNNEL_TAILS
    )
    places = zip(drawn, x_of(size).tolist(), y_of(value).tolist(), beyond.tolist(), strict=True)
    across, down = np.unique((size.max() * np.array([0.05, 0.25, 0.5, 1.0])).round()), _round_steps(low, high)
    return Funnel(
        width=_WIDTH,
        height=_HEIGHT,
        points=_place_names([FunnelPoint(group, round(x, 1), round(y, 1), outside) for group, x, y, outside in places]),
        limits=limits,
        total=format_share(total.value),
        total_y=round(float(y_of(np.array(share))), 1),
        across=_ticks(x_of(across), [f"{number:,.0f}" for number in across]),
        down=_ticks(y_of(down), [format_share(rate, 1) for rate in down.tolist()]),
    )


def _place_names(points: list[FunnelPoint]) -> tuple[FunnelPoint, ...]:
    """Return the points from top to bottom, with the names that are drawn moved down until none overlap.

    Examples
    --------
    >>> points = [FunnelPoint(FunnelGroup(name, Rate(1, 2), ""), x, 50.0, 2) for name, x in (("a", 10.0), ("b", 30.0))]
    >>> [point.label_y for point in _place_names(points)]
    [50.0, 63.0]
    """
    placed: list[FunnelPoint] = []
    for point in sorted(points, key=lambda point: point.y):
        height = None
        if point.beyond == len(FUNNEL_TAILS):
            near = [other.label_y for other in placed if other.label_y and abs(other.x - point.x) < _NAME_WIDTH]
            height = max([point.y, *(other + _NAME_HEIGHT for other in near)])
        placed.append(replace(point, label_y=height))
    return tuple(placed)


def _ticks(places: Floats, labels: Sequence[str]) -> tuple[tuple[float, str], ...]:
    return tuple(zip(places.round(1).tolist(), labels, strict=True))


def _round_steps(low: float, high: float) -> Floats:
    """Return the multiples of 1, 2 or 5 times a power of ten in a range, at most six."""
    power = 10 ** np.floor(np.log10((high - low) / 2))
    step = next(size for size in power * np.array([0.5, 1, 2, 5]) if (high - low) / size <= _MOST_TICKS)
    return np.asarray(np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step)


def _is_outside(value: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    return (value < low) | (value > high)


def _range_of(values: Floats) -> tuple[float, float]:
    """Return the range of the axis of rates: all values and some room, within 0 and 1."""
    least, most = float(values.min()), float(values.max())
    room = max((most - least) * _MARGIN, 0.005)
    return max(least - room, 0.0), min(most + room, 1.0)


def _polyline(x: Floats, y: Floats) -> str:
    return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x.tolist(), y.tolist(), strict=True))
