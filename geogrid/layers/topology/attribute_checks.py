"""Checks of the attributes of areas: codes, parents, names and kinds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geogrid.layers.topology.checked_features import PARENTS, TILINGS, printable_code
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import make_finding
from geogrid.model import DedicatedKind, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.codes import CodeScheme
    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.layers.topology.finding import Finding


def check_attributes(areas: Sequence[CheckedArea], given: AbstractSet[Layer], scheme: CodeScheme) -> Iterator[Finding]:
    """Yield the findings on codes, parents, names and kinds.

    Parameters
    ----------
    given
        The layers of the check, empty ones included. A parent may be in a layer that is not given.
    scheme
        The code scheme of the district.
    """
    yield from _check_duplicate_codes(areas)
    layers = {area.code: area.layer for area in areas if area.code is not None}
    for area in areas:
        if not scheme.matches(area.layer, area.code or ""):
            pattern = scheme.describe(area.layer)
            yield make_finding(
                FindingCode.CODE_SCHEME, area.layer, (area.label,), located_in=area.shape, pattern=pattern
            )
        yield from _check_parent(area, layers, given, scheme)
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


def _check_parent(
    area: CheckedArea, layers: Mapping[str, Layer], given: AbstractSet[Layer], scheme: CodeScheme
) -> Iterator[Finding]:
    above, parent = PARENTS.get(area.layer, ()), area.parent
    if not above:
        return
    label = printable_code(parent) if parent else ""
    layer = layers.get(parent) if parent else None
    in_code = scheme.read_parent(area.layer, area.code)
    if layer in above:
        if in_code and in_code != parent:
            codes = (area.label, label)
            yield make_finding(FindingCode.CODE_PARENT, area.layer, codes, located_in=area.shape, parent=in_code)
    elif layer is not None:
        yield make_finding(FindingCode.PARENT_LAYER, area.layer, (area.label, label), located_in=area.shape)
    elif _is_complete(above, given):
        yield make_finding(
            FindingCode.PARENT_UNKNOWN,
            area.layer,
            (area.label,),
            located_in=area.shape,
            parent=label or "none",
            parent_zh=label or "无",
        )


def _is_complete(above: Sequence[Layer], given: AbstractSet[Layer]) -> bool:
    """Return whether the layers of a check contain every parent: the next higher level, or all higher levels."""
    level = next((level for level in TILINGS if above[0] in level), above)
    return not given.isdisjoint(level) or set(above) <= given
