"""The district as a map draws it: prepared once a generation, used by every page.

The shapes make up nine tenths of a map and change only with the layers. So they go into a script of their own, which a
browser loads once; a page carries the figures alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from pyproj import Geod

from geogrid.model import GRID_LAYERS, Generation, Layer
from geogrid_maps.safe import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Area:
    """An area ready to draw.

    Attributes
    ----------
    code, name, parent
        As in its layer; the name is not encoded. The district has no parent.
    geometry
        A GeoJSON geometry with six decimals (0.1 m).
    properties
        The texts of its popup, encoded, and its area in km² on the WGS 84 ellipsoid.
    """

    code: str
    name: str
    parent: str | None
    geometry: dict[str, Any]
    properties: dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """All that a map of a generation shows, whatever the incidents.

    Attributes
    ----------
    generation
        Which one.
    outline, streets, communities
        The district; its streets; the communities and villages.
    bounds
        West, south, east, north in degrees.
    script
        A script that sets ``geogridAreas``: all shapes by layer, and a place for the name of each street.
    version
        Changes with the script.
    km2
        How large each grid is, by code, on the WGS 84 ellipsoid.
    """

    generation: Generation
    outline: list[Area]
    streets: list[Area]
    communities: list[Area]
    bounds: tuple[float, float, float, float]
    script: str
    version: str
    km2: Mapping[str, float]


def prepare(generation: Generation, layers: Mapping[Layer, gpd.GeoDataFrame]) -> Backdrop:
    """Prepare a generation for drawing.

    Parameters
    ----------
    generation, layers
        As `geogrid.services.layers.load_layers` returns them.
    """
    streets = layers[Layer.STREET]
    communities = {
        code: (name, parent)
        for layer in (Layer.COMMUNITY, Layer.VILLAGE)
        for code, name, parent in layers[layer][["code", "name", "parent"]].itertuples(index=False)
    }
    street_names = dict(zip(streets["code"], streets["name"], strict=True))
    belongings = {code: (name, street_names[parent]) for code, (name, parent) in communities.items()}
    drawn = {
        "outline": _areas(layers[Layer.DISTRICT], {}),
        "streets": _areas(streets, {}),
        "communities": [area for layer in (Layer.COMMUNITY, Layer.VILLAGE) for area in _areas(layers[layer], {})],
        **{layer.value: _areas(layers[layer], belongings) for layer in GRID_LAYERS},
    }
    west, south, east, north = layers[Layer.DISTRICT].total_bounds.tolist()
    script = _script(drawn, _labels(streets))
    return Backdrop(
        generation=generation,
        outline=drawn["outline"],
        streets=drawn["streets"],
        communities=drawn["communities"],
        bounds=(west, south, east, north),
        script=script,
        version=hashlib.sha256(script.encode()).hexdigest()[:16],
        km2={area.code: float(area.properties["km2"]) for layer in GRID_LAYERS for area in drawn[layer.value]},
    )


def _script(drawn: Mapping[str, Sequence[Area]], labels: Sequence[Mapping[str, object]]) -> str:
    collections = {name: [_feature(area) for area in areas] for name, areas in drawn.items()}
    content = json.dumps({**collections, "labels": labels}, ensure_ascii=False, separators=(",", ":"))
    # In a page a script ends at the first end tag, even at one inside a string.
    content = content.replace("<", "\\u003c")
    return f"const geogridAreas = {content};\n"


def _feature(area: Area) -> dict[str, Any]:
    return {"type": "Feature", "id": area.code, "properties": area.properties, "geometry": area.geometry}


def _labels(streets: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Return a place inside each street for its name, which is set as text and so not encoded."""
    points = streets.geometry.representative_point()
    return [
        {"at": [round(point.y, 6), round(point.x, 6)], "text": name}
        for point, name in zip(points, streets["name"], strict=True)
    ]


def _areas(frame: gpd.GeoDataFrame, belongings: Mapping[str, tuple[str, str]]) -> list[Area]:
    areas = []
    for row in frame.itertuples(index=False):
        community, street = belongings.get(row.parent, ("", ""))
        texts = {"code": row.code, "name": row.name, "community": community, "street": street}
        areas.append(
            Area(
                code=row.code,
                name=row.name,
                parent=row.parent,
                geometry=json.loads(shapely.to_geojson(shapely.transform(row.geometry, lambda xy: xy.round(6)))),
                properties={
                    **{key: encode(value) for key, value in texts.items()},
                    "km2": round(abs(_GEOD.geometry_area_perimeter(row.geometry)[0]) / 1e6, 4),
                },
            )
        )
    return areas
