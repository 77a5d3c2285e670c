"""Dataclasses and enumerations of mending: options, actions, records and result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.model import Layer


class OverlapRule(StrEnum):
    """Which of two areas keeps an overlap that is wider than the tolerance.

    ``refuse`` keeps the overlap for the topology report.
    """

    REFUSE = "refuse"
    LOWEST_CODE = "lowest_code"
    LARGER = "larger"
    SMALLER = "smaller"


@dataclass(frozen=True, slots=True)
class MendOptions:
    """Options of `geogrid.layers.mend.mend_layers`.

    Attributes
    ----------
    tolerance_m
        Maximum distance in metres by which a border may move: wider gaps stay.
    overlaps
        Which of two overlapping areas keeps the overlap.
    """

    tolerance_m: float
    overlaps: OverlapRule = OverlapRule.REFUSE


class MendAction(StrEnum):
    """Kind of a change that mending made to an area; the values are stable.

    ``ring_mended``: a self-intersecting ring was repaired. ``gap_closed``: the area was extended over a gap.
    ``border_snapped``: a narrow overlap, or a part outside the parent, was removed. ``overlap_settled``: a wide overlap
    was given to one area, by `OverlapRule`. ``node_added``: the border has a vertex more or less, at the same place.
    """

    RING_MENDED = "ring_mended"
    GAP_CLOSED = "gap_closed"
    BORDER_SNAPPED = "border_snapped"
    OVERLAP_SETTLED = "overlap_settled"
    NODE_ADDED = "node_added"


@dataclass(frozen=True, slots=True)
class MendRecord:
    """The change of one area, or of two areas that overlapped.

    Attributes
    ----------
    layer
        The layer of the area.
    codes
        The area in printable form; ``#3`` is the third feature of its file if it has no code. For a settled overlap:
        the area that keeps it, then the area that loses it.
    done
        The actions, in the order of `MendAction`.
    moved_m
        Largest distance of the new border from the old one, in metres. None for a settled overlap, whose areas have
        their own records.
    gained_m2, lost_m2
        Area gained and lost in square metres, on the WGS 84 ellipsoid. For a repaired ring: the change of its signed
        area.
    message_zh, message_en
        The description in Chinese and in English.
    """

    layer: Layer
    codes: tuple[str, ...]
    done: tuple[MendAction, ...]
    moved_m: float | None
    gained_m2: float
    lost_m2: float
    message_zh: str
    message_en: str

    @property
    def message(self) -> str:
        """The description in both languages, on one line."""
        return f"{self.message_zh} · {self.message_en}"


@dataclass(frozen=True, slots=True, eq=False)
class MendResult:
    """The mended layers and the changes.

    Attributes
    ----------
    layers
        New frames with the same rows, columns and index.
    changes
        Settled overlaps first, then one record per changed area.
    """

    layers: dict[Layer, gpd.GeoDataFrame]
    changes: list[MendRecord]
