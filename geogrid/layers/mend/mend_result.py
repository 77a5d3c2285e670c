"""What mending did: one frozen record an area, and one a settled overlap."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.model import Layer


class OverlapRule(StrEnum):
    """Who keeps what two areas of a level share, where it is wider than the tolerance.

    ``refuse`` leaves the overlap to the topology report.
    """

    REFUSE = "refuse"
    LOWEST_CODE = "lowest_code"
    LARGER = "larger"
    SMALLER = "smaller"


@dataclass(frozen=True, slots=True)
class MendOptions:
    """How layers are to be mended, see `geogrid.layers.mend.mend_layers`."""

    tolerance_m: float
    overlaps: OverlapRule = OverlapRule.REFUSE


class Mending(StrEnum):
    """What was done; the values are stable."""

    RING_MENDED = "ring_mended"
    GAP_CLOSED = "gap_closed"
    BORDER_SNAPPED = "border_snapped"
    OVERLAP_SETTLED = "overlap_settled"
    NODE_ADDED = "node_added"


@dataclass(frozen=True, slots=True)
class MendRecord:
    """What was done to one area, or to two that overlapped.

    Attributes
    ----------
    layer
        The layer of the area.
    codes
        The area, with control characters taken out; ``#3`` is the third feature of its file, where that has no code.
        For a settled overlap: who keeps it, then who gave it up.
    done
        What was done, in the order of `Mending`.
    moved_m
        How far the farthest point of the new border lies from the old one, in metres in the plane. None for the record
        of an overlap, whose two areas have records of their own.
    gained_m2, lost_m2
        Geodesic, on the WGS 84 ellipsoid, in square metres. Of a mended ring, which has no area of its own before,
        by how much the area of its curve grew or shrank.
    message_zh, message_en
        The same in Chinese and in English.
    """

    layer: Layer
    codes: tuple[str, ...]
    done: tuple[Mending, ...]
    moved_m: float | None
    gained_m2: float
    lost_m2: float
    message_zh: str
    message_en: str

    @property
    def message(self) -> str:
        """Both languages in one line."""
        return f"{self.message_zh} · {self.message_en}"


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """The mended layers and all that was done to them.

    Attributes
    ----------
    layers
        New frames with the same rows, columns and index.
    changes
        Settled overlaps first, then one for each area whose geometry is no longer the same bytes.
    """

    layers: dict[Layer, gpd.GeoDataFrame]
    changes: list[MendRecord]
