"""Places: import a gazetteer, and find places by name or coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.errors import ConflictError, QueryError
from geogrid.incidents.grid_assignment import assign_points
from geogrid.locate.locator import to_wgs84
from geogrid.model import GRID_LAYERS, Layer, NamedPlace, Place, PlaceKind, PlaceMatch, Point
from geogrid.places.coordinate_parser import parse_coordinates
from geogrid.places.finder import PlaceFinder
from geogrid.services.pagination import check_limit
from geogrid.store import places as table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Address
    from geogrid.places.coordinate_parser import ParsedCoordinates
    from geogrid.places.gazetteer_reader import Gazetteer
    from geogrid.store.database import Store
    from geogrid.tabular.row_model import Refusal

MAX_FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class PlaceImport:
    """The result of an import of a gazetteer.

    Attributes
    ----------
    rows, accepted
        The numbers of all rows and of valid rows.
    outside
        The number of accepted places outside the district.
    replaced
        The number of previous places of the same source, which are deleted.
    refused
        The refused rows, each with its reason.
    committed
        Whether the changes were stored.
    """

    rows: int
    accepted: int
    outside: int
    replaced: int
    refused: list[Refusal]
    committed: bool


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """The result of a search for places.

    Attributes
    ----------
    found
        The places, best match first.
    pasted
        The coordinates in the query; None for a name.
    """

    found: list[PlaceMatch]
    pasted: ParsedCoordinates | None = None


def import_places(
    store: Store, locator: Locator, gazetteer: Gazetteer, source: str, actor: Actor, *, commit: bool
) -> PlaceImport:
    """Replace all places of a source by those of a gazetteer.

    Parameters
    ----------
    store, locator
        The database and the active layers.
    gazetteer
        The places from `geogrid.places.gazetteer_reader.read_gazetteer`.
    source
        The name of the source.
    actor
        The user who imports it.
    commit
        False checks without writing.

    Raises
    ------
    ConflictError
        If no row is valid, because the source would lose all places.
    """
    addresses = gazetteer.places
    if not addresses:
        raise ConflictError(
            "No row of the list is valid.",
            code="places_empty",
            remedy="Correct the rows and import again; the previous places of the source remain.",
        )
    outside = sum(place.street_code is None for place in assign_points(*_degrees(addresses), locator))
    with store.write() if commit else store.read() as connection:
        replaced = table.count_places(connection, source)
        if commit:
            table.replace_places(connection, source, addresses, actor)
    return PlaceImport(
        rows=len(addresses) + len(gazetteer.refused),
        accepted=len(addresses),
        outside=outside,
        replaced=replaced,
        refused=gazetteer.refused,
        committed=commit,
    )


def get_gazetteer_version(store: Store) -> int:
    """Return the version of the gazetteer, which changes with each import."""
    with store.read() as connection:
        return table.get_gazetteer_version(connection)


def load_finder(store: Store, layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator) -> PlaceFinder:
    """Return the search index of the areas of a generation and the gazetteer.

    Parameters
    ----------
    store
        The database with the gazetteer.
    layers, locator
        The layers and the locator of the generation.
    """
    with store.read() as connection:
        gazetteer = table.list_places(connection)
    return PlaceFinder(build_named_places(layers, locator, gazetteer))


def build_named_places(
    layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator, gazetteer: Sequence[Address]
) -> list[NamedPlace]:
    """Return the searchable places: the areas of all levels except the district, then the gazetteer."""
    return [*_iterate_areas(layers, locator), *_iterate_addresses(gazetteer, locator)]


def find_places(finder: PlaceFinder, locator: Locator, text: str, datum: str | None, *, limit: int = 10) -> PlaceAnswer:
    """Return the places that match a text, best match first; coordinates return their point.

    Parameters
    ----------
    finder, locator
        The search index and the locator of the active generation.
    text
        A name, an address, pinyin or its initials, or coordinates in degrees in either order.
    datum
        The canonical datum, required for coordinates.
    limit
        The maximum number of places, 1 to `MAX_FOUND`.

    Raises
    ------
    QueryError
        If the limit is not valid, or if coordinates have no datum.
    CoordinateError
        If the coordinates are not on the Earth in that datum.
    """
    check_limit(limit, MAX_FOUND)
    pasted = parse_coordinates(text)
    if pasted is None:
        return PlaceAnswer(finder.find(text, limit))
    if datum is None:
        raise QueryError(
            "The coordinates need a datum.",
            code="datum_missing",
            field="datum",
            remedy="Send datum=wgs84, gcj02, bd09, cgcs2000 or EPSG:NNNN; map apps in China use gcj02.",
        )
    point = to_wgs84(pasted.point, datum)
    location = locator.locate(point, "wgs84")
    name = f"{pasted.point.lon:.6f}, {pasted.point.lat:.6f} ({datum})"
    place = NamedPlace(PlaceKind.POINT, name, point, street=location.street, community=location.community)
    return PlaceAnswer([PlaceMatch(place, 1.0)], pasted)


def _iterate_areas(layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator) -> Iterator[NamedPlace]:
    """Yield the areas of all levels except the district, from streets to grids."""
    streets = dict(zip(layers[Layer.STREET]["code"], layers[Layer.STREET]["name"], strict=True))
    for layer in (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, *GRID_LAYERS):
        frame = layers[layer]
        points = shapely.point_on_surface(frame.geometry.to_numpy())
        columns = (frame["code"], frame["name"], frame["parent"], frame["synthetic"])
        for code, name, parent, synthetic, point in zip(*columns, points, strict=True):
            owner = locator.owners.get(code)
            inside = layer in (Layer.COMMUNITY, Layer.VILLAGE)
            above = Place(parent, streets[parent]) if inside and parent in streets else None
            yield NamedPlace(
                kind=PlaceKind(layer),
                name=name,
                point=Point(round(float(point.x), 6), round(float(point.y), 6)),
                code=code,
                street=owner.street if owner else above,
                community=owner.community if owner else None,
                synthetic=bool(synthetic),
            )


def _iterate_addresses(gazetteer: Sequence[Address], locator: Locator) -> Iterator[NamedPlace]:
    if not gazetteer:
        return
    assignment = locator.assign(*_degrees(gazetteer))
    for row, address in enumerate(gazetteer):
        owner = assignment.responsible(row)
        yield NamedPlace(
            kind=PlaceKind.ADDRESS,
            name=address.name,
            point=address.wgs84,
            address=address.address,
            street=owner.street if owner else None,
            community=owner.community if owner else None,
            label=address.kind,
            source=address.source,
            synthetic=address.synthetic,
        )


def _degrees(addresses: Sequence[Address]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([address.wgs84.lon for address in addresses]), np.array(
        [address.wgs84.lat for address in addresses]
    )
