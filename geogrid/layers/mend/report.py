"""Write changes for people and for programs."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.mend.mend_result import MendRecord

#: Changes when a member of the JSON report is renamed or taken away.
SCHEMA: Final = 1


def text_changes(changes: Sequence[MendRecord]) -> str:
    """Write changes as text in both languages, by layer.

    Parameters
    ----------
    changes
        As `geogrid.layers.mend.mend_layers` returns them.

    Examples
    --------
    >>> print(text_changes([]))
    0 areas changed 处改动, 0 overlaps settled 处重叠裁定, moved up to 最多移动 0.00 m
    <BLANKLINE>
    """
    counts = _counts(changes)
    areas = f"{counts['areas']:,} areas changed 处改动"
    overlaps = f"{counts['overlaps']:,} overlaps settled 处重叠裁定"
    lines = [f"{areas}, {overlaps}, moved up to 最多移动 {counts['moved_m']:,.2f} m"]
    for layer, group in groupby(sorted(changes, key=_layer), key=lambda change: change.layer):
        lines += ["", f"MENDED 修补 · {layer}"]
        lines += [f"  {language}" for change in group for language in (change.message_zh, change.message_en)]
    return "\n".join(lines) + "\n"


def json_changes(changes: Sequence[MendRecord]) -> str:
    """Write changes as JSON.

    The members of each are those of `Change`; ``message`` has the members ``zh`` and ``en``.

    Examples
    --------
    >>> json.loads(json_changes([]))
    {'schema': 1, 'areas': 0, 'overlaps': 0, 'moved_m': 0.0, 'changes': []}
    """
    report = {"schema": SCHEMA, **_counts(changes), "changes": [_members(change) for change in changes]}
    return json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _layer(change: MendRecord) -> int:
    return list(type(change.layer)).index(change.layer)


def _counts(changes: Sequence[MendRecord]) -> dict[str, Any]:
    moved = [change.moved_m for change in changes if change.moved_m is not None]
    return {"areas": len(moved), "overlaps": len(changes) - len(moved), "moved_m": max(moved, default=0.0)}


def _members(change: MendRecord) -> dict[str, Any]:
    return {
        "layer": change.layer.value,
        "codes": list(change.codes),
        "done": [mending.value for mending in change.done],
        "moved_m": change.moved_m,
        "gained_m2": change.gained_m2,
        "lost_m2": change.lost_m2,
        "message": {"zh": change.message_zh, "en": change.message_en},
    }
