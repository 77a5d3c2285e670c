"""Checks of the attributes of areas: codes, parents, names and kinds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geogrid.errors import LayerError
from geogrid.layers.codes import CODE_LENGTH, check_code, parent_of
from geogrid.layers.topology.checked_features import PARENTS, printable_code
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import make_finding
from geogrid.model import DedicatedKind, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.layers.topology.finding import Finding


def check_attributes(areas: Sequence[CheckedArea]) -> Iterator[Finding]:
    """Yield the findings on codes, parents, names and kinds."""
    yield from _check_duplicate_codes(areas)
    layers = {area.layer for area in areas}
    known = {(area.layer, area.code) for area in areas}
    for area in areas:
        well_formed = _follows_scheme(area)
        if not well_formed:
            digits = CODE_LENGTH[area.layer]
            yield make_finding(FindingCode.CODE_SCHEME, area.layer, (area.label,), located_in=area.shape, digits=digits)
        yield from _check_parent(area, layers, known, well_formed=well_formed)
        if area.name is None:
            yield make_finding(FindingCode.NAME_MISSING, area.layer, (area.label,), located_in=area.shape)
        if area.layer is Layer.DEDICATED and area.kind not in set(DedicatedKind):
            yield make_finding(FindingCode.KIND_UNKNOWN, area.layer, (area.label,), located_in=area.shape)


def _check_duplicate_codes(areas: Sequence[CheckedArea]) -> Iterator[Finding]:
    """Yield the codes that occur more than once in all layers together: a code identifies an area alone."""
    counts = Counter(area.code for area in areas if area.code is not None)
    last = {area.code: area for area in areas if area.code is not None}
    for code, count in counts.items():
        if count > 1:
            area = last[code]
            yield make_finding(
                FindingCode.DUPLICATE_CODE, area.layer, (area.label,), located_in=area.shape, count=count
            )


def _follows_scheme(area: CheckedArea) -> bool:
    try:
        check_code(area.code or "", area.layer)
    except LayerError:
        return False
    return True


def _check_parent(
    area: CheckedArea, layers: AbstractSet[Layer], known: AbstractSet[tuple[Layer, str | None]], *, well_formed: bool
) -> Iterator[Finding]:
    above = PARENTS.get(area.layer, ())
    # A layer can be checked without its parent layers.
    if layers.isdisjoint(above):
        return
    if area.parent is None or not any((layer, area.parent) in known for layer in above):
        yield make_finding(FindingCode.PARENT_UNKNOWN, area.layer, (area.label,), located_in=area.shape)
    elif well_formed and parent_of(area.code or "") != area.parent:
        codes = (area.label, printable_code(area.parent))
        yield make_finding(FindingCode.CODE_PARENT, area.layer, codes, located_in=area.shape)
