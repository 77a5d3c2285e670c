"""Mending of layers: safe corrections of borders, with a record of each change.

`mend_layers` repairs rings, closes gaps and overlaps narrower than a tolerance, and settles wider overlaps by a rule.
The module `report` formats the changes. Remaining errors are reported by `geogrid.layers.topology.check_layers`.

Method: the borders of all levels cut the plane into faces (`faces`). `face_coverage` determines the areas that cover
each face on each level. `face_assignment` assigns faces without an area or with several areas to one area, and
`face_union` rebuilds the areas from their faces.
"""

from geogrid.layers.mend.mend_layers import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, mend_layers
from geogrid.layers.mend.mend_result import MendAction, MendOptions, MendRecord, MendResult, OverlapRule
from geogrid.layers.mend.report import json_changes, text_changes

__all__ = [
    "DEFAULT_TOLERANCE_M",
    "MAX_TOLERANCE_M",
    "MendAction",
    "MendOptions",
    "MendRecord",
    "MendResult",
    "OverlapRule",
    "json_changes",
    "mend_layers",
    "text_changes",
]
