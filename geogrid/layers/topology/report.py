"""Formats of the topology report: text, JSON and GeoJSON."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.layers.topology.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.layers.topology.finding import Finding

#: Version of the JSON report; it changes when a member is renamed or removed.
SCHEMA: Final = 1
_SEVERITIES: Final = {Severity.ERROR: "ERRORS 错误", Severity.WARNING: "WARNINGS 警告"}
#: A resolution of 0.1 mm, so that a strip 2 cm wide keeps its shape.
_DECIMALS: Final = 9


def text_report(findings: Sequence[Finding]) -> str:
    """Return findings as text in both languages, grouped by severity and layer.

    A point is a geo URI (RFC 5870), latitude then longitude in WGS 84; map search fields accept the pair.

    Parameters
    ----------
    findings
        In the order of `check_layers`.

    Examples
    --------
    >>> from geogrid.layers.topology.finding import FindingCode
    >>> from geogrid.layers.topology.messages import make_finding
    >>> from geogrid.model import Layer
    >>> strip = shapely.box(113.29, 40.09, 113.2901, 40.0901)
    >>> codes = ("140213051001001", "140213051001002")
    >>> print(text_report([make_finding(FindingCode.OVERLAP, Layer.URBAN, codes, geometry=strip)]))
    1 errors 错误, 0 warnings 警告
    <BLANKLINE>
    ERRORS 错误 · urban
      overlap  140213051001001 与 140213051001002 重叠 94.7 平方米
               140213051001001 and 140213051001002 overlap by 94.7 m²
               geo:40.0900500,113.2900500
    <BLANKLINE>
    """
    counts = _counts(findings)
    lines = [f"{counts['errors']:,} errors 错误, {counts['warnings']:,} warnings 警告"]
    for (severity, layer), group in groupby(findings, key=lambda finding: (finding.severity, finding.layer)):
        lines += ["", f"{_SEVERITIES[severity]} · {layer}"]
        for finding in group:
            lines += _text_lines(finding)
    return "\n".join(lines) + "\n"


def json_report(findings: Sequence[Finding]) -> str:
    """Return findings as JSON.

    The members are those of `Finding`: ``place`` is [longitude, latitude], ``geometry`` is GeoJSON or null,
    ``message`` has the members ``zh`` and ``en``.

    Examples
    --------
    >>> json.loads(json_report([]))
    {'schema': 1, 'errors': 0, 'warnings': 0, 'findings': []}
    """
    members = [{**_members(finding), "geometry": _geometry(finding.geometry)} for finding in findings]
    return _dump({"schema": SCHEMA, **_counts(findings), "findings": members})


def geojson_report(findings: Sequence[Finding]) -> str:
    """Return findings as a GeoJSON FeatureCollection (RFC 7946), one feature per finding.

    The geometry of a finding without its own geometry is its point, or null.

    Examples
    --------
    >>> json.loads(geojson_report([]))
    {'type': 'FeatureCollection', 'features': []}
    """
    features = [
        {
            "type": "Feature",
            "properties": _members(finding),
            "geometry": _geometry(finding.geometry) or _point_geometry(finding),
        }
        for finding in findings
    ]
    return _dump({"type": "FeatureCollection", "features": features})


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    severities = [finding.severity for finding in findings]
    return {"errors": severities.count(Severity.ERROR), "warnings": severities.count(Severity.WARNING)}


def _text_lines(finding: Finding) -> list[str]:
    head = f"  {finding.code}  "
    margin = " " * len(head)
    place = [f"geo:{finding.place.lat:.7f},{finding.place.lon:.7f}"] if finding.place else []
    incidents = [] if finding.incidents is None else [f"{finding.incidents:,} incidents 事件"]
    tail = [margin + "  ".join([*place, *incidents])] if place or incidents else []
    return [head + finding.message_zh, margin + finding.message_en, *tail]


def _members(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "layer": str(finding.layer),
        "codes": list(finding.codes),
        "area_m2": finding.area_m2,
        "place": [finding.place.lon, finding.place.lat] if finding.place else None,
        "incidents": finding.incidents,
        "message": {"zh": finding.message_zh, "en": finding.message_en},
    }


def _point_geometry(finding: Finding) -> dict[str, Any] | None:
    return {"type": "Point", "coordinates": [finding.place.lon, finding.place.lat]} if finding.place else None


def _geometry(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    if shape is None:
        return None
    rounded = shapely.transform(shapely.orient_polygons(shape), lambda xy: xy.round(_DECIMALS))
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return geometry


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
