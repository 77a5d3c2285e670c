"""Checks of what is written about the areas: codes, parents, names, kinds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geogrid.errors import LayerError
from geogrid.layers.codes import CODE_LENGTH, check_code, parent_of
from geogrid.layers.topology.areas import PARENTS, label_of
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import find
from geogrid.model import DedicatedKind, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.topology.areas import Area
    from geogrid.layers.topology.finding import Finding


def check_words(areas: Sequence[Area]) -> Iterator[Finding]:
    """Yield what is wrong with codes, parents, names and kinds."""
    yield from _check_twice(areas)
    layers = {area.layer for area in areas}
    known = {(area.layer, area.code) for area in areas}
    for area in areas:
        well_formed = _follows_scheme(area)
        if not well_formed:
            digits = CODE_LENGTH[area.layer]
            yield find(FindingCode.CODE_SCHEME, area.layer, (area.label,), beside=area.shape, digits=digits)
        yield from _check_parent(area, layers, known, well_formed=well_formed)
        if area.name is None:
            yield find(FindingCode.NAME_MISSING, area.layer, (area.label,), beside=area.shape)
        if area.layer is Layer.DEDICATED and area.kind not in set(DedicatedKind):
            yield find(FindingCode.KIND_UNKNOWN, area.layer, (area.label,), beside=area.shape)


def _check_twice(areas: Sequence[Area]) -> Iterator[Finding]:
    """Yield codes that stand more than once, in whatever layers: an answer names an area by its code alone."""
    counts = Counter(area.code for area in areas if area.code is not None)
    last = {area.code: area for area in areas if area.code is not None}
    for code, count in counts.items():
        if count > 1:
            area = last[code]
            yield find(FindingCode.DUPLICATE_CODE, area.layer, (area.label,), beside=area.shape, count=count)


def _follows_scheme(area: Area) -> bool:
    try:
        check_code(area.code or "", area.layer)
    except LayerError:
        return False
    return True


def _check_parent(
    area: Area, layers: AbstractSet[Layer], known: AbstractSet[tuple[Layer, str | None]], *, well_formed: bool
) -> Iterator[Finding]:
    above = PARENTS.get(area.layer, ())
    # A layer may be checked without those above it.
    if layers.isdisjoint(above):
        return
    if area.parent is None or not any((layer, area.parent) in known for layer in above):
        yield find(FindingCode.PARENT_UNKNOWN, area.layer, (area.label,), beside=area.shape)
    elif well_formed and parent_of(area.code or "") != area.parent:
        codes = (area.label, label_of(area.parent))
        yield find(FindingCode.CODE_PARENT, area.layer, codes, beside=area.shape)
