"""Mending: what can be put right safely in a set of layers, with a record of what moved and by how much.

`mend_layers` mends rings, closes gaps and overlaps narrower than a tolerance and settles wider overlaps by a declared
rule; the functions of `report` write down what it did. What is left is for `geogrid.layers.topology.check_layers`.
"""

from geogrid.layers.mend.mend_layers import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, mend_layers
from geogrid.layers.mend.mend_result import Mended, Mending, MendOptions, MendRecord, OverlapRule
from geogrid.layers.mend.report import json_changes, text_changes

__all__ = [
    "DEFAULT_TOLERANCE_M",
    "MAX_TOLERANCE_M",
    "MendOptions",
    "MendRecord",
    "Mended",
    "Mending",
    "OverlapRule",
    "json_changes",
    "mend_layers",
    "text_changes",
]
