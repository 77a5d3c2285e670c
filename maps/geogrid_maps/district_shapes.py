"""Shapes of a generation for maps, prepared once and used by every page.

The shapes are nine tenths of the data of a map and change only with the generation, so they are a script of their own,
which browsers cache.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
import shapely.geometry
from pyproj import Geod

from geogrid.geo.datums import WGS84, from_wgs84
from geogrid.model import GRID_LAYERS, Generation, Layer
from geogrid.stats.generation_areas import GenerationAreas
from geogrid_maps.escaping import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.services.counting_basis import RestatementGap
    from geogrid_maps.basemap_tiles import BaseMap

#: Maximum number of vertices of a drawn shape, and the first tolerance of its simplification, about 1 m.
_MAX_VERTICES: Final = 20_000
_TOLERANCE_DEG: Final = 1e-5
_GEOD = Geod(ellps="WGS84")

#: Thematic layer that every map draws.
WATER: Final = "water"
_AREAS: Final = "const geogridAreas = "
_OTHER_AREAS: Final = "const geogridOtherAreas = "


@dataclass(frozen=True, slots=True)
class AreaShape:
    """An area to draw.

    Attributes
    ----------
    code, name, parent
        As in its layer; the name is not encoded. The district has no parent.
    geometry
        GeoJSON geometry, WGS 84, six decimals (0.1 m).
    properties
        Texts of its popup, encoded, and its area in km² on the WGS 84 ellipsoid.
    """

    code: str
    name: str
    parent: str | None
    geometry: dict[str, Any]
    properties: dict[str, str | float]


@dataclass(frozen=True, slots=True)
class DistrictShapes:
    """Shapes of a generation, for maps and prints.

    Attributes
    ----------
    generation
        The generation.
    outline, streets, communities
        The district; the streets; the communities and villages.
    water
        Rivers and lakes, polygons or lines, of the thematic layer `WATER`; empty without it.
    bounds
        West, south, east, north in degrees of the datum of the map.
    script
        Script that sets ``geogridAreas``: all shapes by layer, and a point for the name of each street, in the datum of
        the map.
    version
        Hash of the script.
    km2
        Area of each grid by code, on the WGS 84 ellipsoid.
    areas
        Areas of the figures.
    base
        Base map, or None.
    gap
        The restatement to complete before counts by area fit these shapes; None if nothing is missing.
    """

    generation: Generation
    outline: list[AreaShape]
    streets: list[AreaShape]
    communities: list[AreaShape]
    water: list[AreaShape]
    bounds: tuple[float, float, float, float]
    script: str
    version: str
    km2: Mapping[str, float]
    areas: GenerationAreas
    base: BaseMap | None = None
    gap: RestatementGap | None = None

    @property
    def other_script(self) -> str:
        """Script that sets ``geogridOtherAreas``, for the other side of a comparison."""
        return self.script.replace(_AREAS, _OTHER_AREAS, 1)

    @property
    def datum(self) -> str:
        """Datum of the map: that of the base map, WGS 84 without one."""
        return self.base.datum if self.base else WGS84

    def to_map_datum(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return WGS 84 degrees in degrees of the datum of the map, shape (n,)."""
        return from_wgs84(lon, lat, self.datum)


def prepare_shapes(
    generation: Generation,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    base: BaseMap | None = None,
    *,
    themes: Mapping[str, ThematicLayer] | None = None,
) -> DistrictShapes:
    """Return the shapes of a generation.

    Parameters
    ----------
    generation, layers
        As `geogrid.services.layer_generations.load_layers` returns them.
    base
        Base map of the pages; all shapes are shifted into its datum.
    themes
        Thematic layers by name; the water is drawn.
    """
    streets, areas = layers[Layer.STREET], GenerationAreas(generation, layers)
    communities, street_names = _names(layers, Layer.COMMUNITY, Layer.VILLAGE), _names(layers, Layer.STREET)
    belongings = {
        code: (areas.tree.find_name(code, communities), areas.tree.find_name(code, street_names))
        for layer in GRID_LAYERS
        for code in layers[layer]["code"]
    }
    water = themes.get(WATER) if themes else None
    drawn = {
        "outline": _areas(layers[Layer.DISTRICT], {}),
        "water": _areas(water.frame, {}) if water else [],
        "streets": _areas(streets, {}),
        "communities": [area for layer in (Layer.COMMUNITY, Layer.VILLAGE) for area in _areas(layers[layer], {})],
        **{layer.value: _areas(layers[layer], belongings) for layer in GRID_LAYERS},
    }
    datum = base.datum if base else WGS84
    shown = [_shifted(shape, datum) for shape in layers[Layer.DISTRICT].geometry]
    west, south, east, north = shapely.total_bounds(shown).tolist()
    script = _script(drawn, _labels(streets, datum), datum)
    return DistrictShapes(
        generation=generation,
        outline=drawn["outline"],
        streets=drawn["streets"],
        communities=drawn["communities"],
        water=drawn["water"],
        bounds=(west, south, east, north),
        script=script,
        version=hashlib.sha256(script.encode()).hexdigest()[:16],
        km2={area.code: float(area.properties["km2"]) for layer in GRID_LAYERS for area in drawn[layer.value]},
        areas=areas,
        base=base,
    )


def _names(layers: Mapping[Layer, gpd.GeoDataFrame], *wanted: Layer) -> dict[str, str]:
    frames = [layers[layer] for layer in wanted]
    return {code: name for frame in frames for code, name in zip(frame["code"], frame["name"], strict=True)}


def _script(drawn: Mapping[str, Sequence[AreaShape]], labels: Sequence[Mapping[str, object]], datum: str) -> str:
    collections = {name: [_feature(area, datum) for area in areas] for name, areas in drawn.items()}
    content = json.dumps({**collections, "labels": labels}, ensure_ascii=False, separators=(",", ":"))
    # In a page the first end tag ends a script, even inside a string.
    content = content.replace("<", "\\u003c")
    return f"{_AREAS}{content};\n"


def _feature(area: AreaShape, datum: str) -> dict[str, Any]:
    geometry = area.geometry
    if datum != WGS84:
        geometry = _geojson(_shifted(shapely.geometry.shape(geometry), datum))
    return {"type": "Feature", "id": area.code, "properties": area.properties, "geometry": geometry}


def _shifted(geometry: BaseGeometry, datum: str) -> BaseGeometry:
    return shapely.transform(geometry, lambda xy: np.stack(from_wgs84(xy[:, 0], xy[:, 1], datum), axis=1))


def _simplify(geometry: BaseGeometry) -> BaseGeometry:
    """Return a shape with few enough vertices for a browser; only very detailed outlines change, by metres."""
    drawn, tolerance = geometry, _TOLERANCE_DEG
    while shapely.get_num_coordinates(drawn) > _MAX_VERTICES and tolerance < 1:
        drawn, tolerance = shapely.simplify(geometry, tolerance), 2 * tolerance
    return drawn


def _geojson(geometry: BaseGeometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shapely.transform(geometry, lambda xy: xy.round(6))))
    return found


def _labels(streets: gpd.GeoDataFrame, datum: str) -> list[dict[str, object]]:
    """Return a point inside each street for its name, which the script sets as text, so it is not encoded."""
    points = [_shifted(point, datum) for point in streets.geometry.representative_point()]
    return [
        {"at": [round(point.y, 6), round(point.x, 6)], "text": name}
        for point, name in zip(points, streets["name"], strict=True)
    ]


def _areas(frame: gpd.GeoDataFrame, belongings: Mapping[str, tuple[str, str]]) -> list[AreaShape]:
    areas = []
    for row in frame.itertuples(index=False):
        community, street = belongings.get(row.code, ("", ""))
        texts = {"code": row.code, "name": row.name, "community": community, "street": street}
        areas.append(
            AreaShape(
                code=row.code,
                name=row.name,
                parent=row.parent,
                geometry=_geojson(_simplify(row.geometry)),
                properties={
                    **{key: encode(value) for key, value in texts.items()},
                    "km2": round(abs(_GEOD.geometry_area_perimeter(row.geometry)[0]) / 1e6, 4),
                },
            )
        )
    return areas
