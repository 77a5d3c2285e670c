"""The district as a map draws it: prepared once a generation, used by every page."""

from __future__ import annotations

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
    code, name
        As in its layer; the name is not encoded.
    geometry
        A GeoJSON geometry with six decimals (0.1 m).
    area_km2
        On the WGS 84 ellipsoid.
    properties
        The texts of its popup, encoded.
    """

    code: str
    name: str
    geometry: dict[str, Any]
    area_km2: float
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """All that a map of a generation shows, whatever the incidents.

    Attributes
    ----------
    generation
        Which one.
    outline
        The district.
    streets
        The streets, with names.
    communities
        The borders of communities and villages.
    grids
        The grids of each layer.
    bounds
        West, south, east, north in degrees.
    labels
        A point inside each street for its name: longitude, latitude, name.
    """

    generation: Generation
    outline: list[Area]
    streets: list[Area]
    communities: list[Area]
    grids: dict[Layer, list[Area]]
    bounds: tuple[float, float, float, float]
    labels: list[tuple[float, float, str]]


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
    points = streets.geometry.representative_point()
    west, south, east, north = layers[Layer.DISTRICT].total_bounds.tolist()
    return Backdrop(
        generation=generation,
        outline=_areas(layers[Layer.DISTRICT], {}),
        streets=_areas(streets, {}),
        communities=[area for layer in (Layer.COMMUNITY, Layer.VILLAGE) for area in _areas(layers[layer], {})],
        grids={layer: _areas(layers[layer], belongings) for layer in GRID_LAYERS},
        bounds=(west, south, east, north),
        labels=[(point.x, point.y, name) for point, name in zip(points, streets["name"], strict=True)],
    )


def collection(areas: Sequence[Area], extra: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, Any]:
    """Return areas as a GeoJSON FeatureCollection.

    Parameters
    ----------
    areas
        In the order in which they are drawn.
    extra
        Further properties by code.
    """
    more = extra or {}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": area.code,
                "properties": {**area.properties, **more.get(area.code, {})},
                "geometry": area.geometry,
            }
            for area in areas
        ],
    }


def _areas(frame: gpd.GeoDataFrame, belongings: Mapping[str, tuple[str, str]]) -> list[Area]:
    areas = []
    for row in frame.itertuples(index=False):
        community, street = belongings.get(row.parent, ("", ""))
        texts = {"code": row.code, "name": row.name, "community": community, "street": street}
        areas.append(
            Area(
                code=row.code,
                name=row.name,
                geometry=json.loads(shapely.to_geojson(shapely.transform(row.geometry, lambda xy: xy.round(6)))),
                area_km2=abs(_GEOD.geometry_area_perimeter(row.geometry)[0]) / 1e6,
                properties={key: encode(value) for key, value in texts.items()},
            )
        )
    return areas
