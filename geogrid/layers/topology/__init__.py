"""The topology report: what is wrong with a set of polygon layers, before anything is put in force.

`read_unchecked` reads files in whatever state, `check_layers` finds what is wrong, `count_incidents` says how many
incidents a finding touches, and the functions of `report` write the findings as text, JSON or GeoJSON.
"""

from geogrid.layers.topology.check import check_layers
from geogrid.layers.topology.finding import Finding, FindingCode, Severity, has_errors
from geogrid.layers.topology.impact import count_incidents
from geogrid.layers.topology.loader import read_unchecked
from geogrid.layers.topology.report import geojson_report, json_report, text_report
from geogrid.layers.topology.thematic_checks import check_theme

__all__ = [
    "Finding",
    "FindingCode",
    "Severity",
    "check_layers",
    "check_theme",
    "count_incidents",
    "geojson_report",
    "has_errors",
    "json_report",
    "read_unchecked",
    "text_report",
]
