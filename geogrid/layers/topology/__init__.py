"""The topology report: the errors of a set of layers, found before a generation is activated.

`read_unchecked` reads files with any errors, `check_layers` and `check_theme` return findings, `count_incidents` counts
the incidents in each finding, and the module `report` formats findings as text, JSON or GeoJSON.
"""

from geogrid.layers.topology.check import check_layers
from geogrid.layers.topology.finding import Finding, FindingCode, Severity, count_incidents, has_errors
from geogrid.layers.topology.lenient_reader import read_unchecked
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
