"""Write findings for people, for programs and for maps."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.layers.topology.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.layers.topology.finding import Finding

#: Changes when a member of the JSON report is renamed or taken away.
SCHEMA: Final = 1
_SEVERITIES: Final = {Severity.ERROR: "ERRORS 错误", Severity.WARNING: "WARNINGS 警告"}
#: A tenth of a millimetre: a strip two centimetres wide keeps its shape.
_DECIMALS: Final = 9


def text_report(findings: Sequence[Finding]) -> str:
    """Write findings as text in both languages, by severity, then by layer.

    A place is a geo URI (RFC 5870): latitude, then longitude, in WGS 84, a pair that the search field of a map takes.

    Parameters
    ----------
    findings
        In the order of `check_layers`.

    Examples
    --------
    >>> from geogrid.layers.topology.finding import FindingCode
    >>> from geogrid.layers.topology.messages import find
    >>> from geogrid.model import Layer
    >>> strip = shapely.box(113.29, 40.09, 113.2901, 40.0901)
    >>> codes = ("140213051001001", "140213051001002")
    >>> print(text_report([find(FindingCode.OVERLAP, Layer.URBAN, codes, drawn=strip)]))
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
    for (severity, layer), group in groupby(findings, key=lambda found: (found.severity, found.layer)):
        lines += ["", f"{_SEVERITIES[severity]} · {layer}"]
        for found in group:
            lines += _paragraph(found)
    return "\n".join(lines) + "\n"


def json_report(findings: Sequence[Finding]) -> str:
    """Write findings as JSON.

    The members of each are those of `Finding`: ``place`` is longitude and latitude, ``geometry`` is GeoJSON or null,
    ``message`` has the members ``zh`` and ``en``.

    Examples
    --------
    >>> json.loads(json_report([]))
    {'schema': 1, 'errors': 0, 'warnings': 0, 'findings': []}
    """
    members = [{**_members(found), "geometry": _geometry(found.geometry)} for found in findings]
    return _dump({"schema": SCHEMA, **_counts(findings), "findings": members})


def geojson_report(findings: Sequence[Finding]) -> str:
    """Write findings as a GeoJSON FeatureCollection (RFC 7946), a feature each.

    A finding that draws nothing of its own is the point of its place; one that has no place has no geometry.

    Examples
    --------
    >>> json.loads(geojson_report([]))
    {'type': 'FeatureCollection', 'features': []}
    """
    features = [
        {"type": "Feature", "properties": _members(found), "geometry": _geometry(found.geometry) or _spot(found)}
        for found in findings
    ]
    return _dump({"type": "FeatureCollection", "features": features})


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    weights = [found.severity for found in findings]
    return {"errors": weights.count(Severity.ERROR), "warnings": weights.count(Severity.WARNING)}


def _paragraph(found: Finding) -> list[str]:
    head = f"  {found.code}  "
    margin = " " * len(head)
    place = [f"geo:{found.place.lat:.7f},{found.place.lon:.7f}"] if found.place else []
    touched = [] if found.incidents is None else [f"{found.incidents:,} incidents 事件"]
    tail = [margin + "  ".join([*place, *touched])] if place or touched else []
    return [head + found.message_zh, margin + found.message_en, *tail]


def _members(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code.value,
        "severity": found.severity.value,
        "layer": str(found.layer),
        "codes": list(found.codes),
        "area_m2": found.area_m2,
        "place": [found.place.lon, found.place.lat] if found.place else None,
        "incidents": found.incidents,
        "message": {"zh": found.message_zh, "en": found.message_en},
    }


def _spot(found: Finding) -> dict[str, Any] | None:
    return {"type": "Point", "coordinates": [found.place.lon, found.place.lat]} if found.place else None


def _geometry(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    if shape is None:
        return None
    rounded = shapely.transform(shapely.orient_polygons(shape), lambda xy: xy.round(_DECIMALS))
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return geometry


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
