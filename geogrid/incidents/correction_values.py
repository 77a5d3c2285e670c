"""The new values of a correction (更正), the input of the step ``correct``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.model import Point


@dataclass(frozen=True, slots=True)
class Correction:
    """New values of a report; ``None`` keeps a value.

    Attributes
    ----------
    category, description
        Code of the category, and the description.
    point, datum, accuracy_m
        The new point, its datum and its accuracy in metres.
    grid
        Code of the grid that contains the incident, instead of a point.
    """

    category: str | None = None
    description: str | None = None
    point: Point | None = None
    datum: str | None = None
    accuracy_m: float | None = None
    grid: str | None = None
