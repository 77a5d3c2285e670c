"""Use cases around places: take in a gazetteer, and find what people name."""

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
from geogrid.services.pages import check_limit
from geogrid.store import places as table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Address
    from geogrid.places.coordinate_parser import ParsedCoordinates
    from geogrid.places.files import Gazetteer
    from geogrid.store.database import Store
    from geogrid.tabular.table_rows import Refusal

MAX_FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class PlaceImport:
    """What became of a gazetteer.

    Attributes
    ----------
    rows, accepted
        How many rows it has, and how many can be kept.
    outside
        Of the accepted, how many lie outside the district; they are kept.
    replaced
        How many places of the same source go.
    refused
        The rows that cannot be kept, each with its reason.
    committed
        Whether all this has been stored.
    """

    rows: int
    accepted: int
    outside: int
    replaced: int
    refused: list[Refusal]
    committed: bool


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """What a text was found to mean.

    Attributes
    ----------
    found
        The places, the likeliest first.
    pasted
        The coordinates that the text is; None where it is a name.
    """

    found: list[PlaceMatch]
    pasted: ParsedCoordinates | None = None


def import_places(
    store: Store, locator: Locator, gazetteer: Gazetteer, source: str, actor: Actor, *, commit: bool
) -> PlaceImport:
    """Take in a list of places in place of what its source has brought before.

    Parameters
    ----------
    store, locator
        The house.
    gazetteer
        From `geogrid.places.files.read_gazetteer`.
    source
        What the list is called.
    actor
        Who brings it.
    commit
        False only reports what would happen.

    Raises
    ------
    ConflictError
        If no row can be kept: that would leave nothing of the source.
    """
    found = gazetteer.places
    if not found:
        raise ConflictError(
            "No row of the list can be kept.",
            code="places_empty",
            remedy="Put the rows right; what the source has brought before stays.",
        )
    outside = sum(place.street_code is None for place in assign_points(*_degrees(found), locator))
    with store.write() if commit else store.read() as connection:
        replaced = table.count_places(connection, source)
        if commit:
            table.replace_places(connection, source, found, actor)
    return PlaceImport(
        rows=len(found) + len(gazetteer.refused),
        accepted=len(found),
        outside=outside,
        replaced=replaced,
        refused=gazetteer.refused,
        committed=commit,
    )


def places_version(store: Store) -> int:
    """Return a number that changes with the gazetteer."""
    with store.read() as connection:
        return table.places_version(connection)


def load_finder(store: Store, layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator) -> PlaceFinder:
    """Return the areas of a generation and the gazetteer, ready to be found by their names.

    Parameters
    ----------
    store
        Where the gazetteer is.
    layers, locator
        The generation's.
    """
    with store.read() as connection:
        gazetteer = table.all_places(connection)
    return PlaceFinder(places_of(layers, locator, gazetteer))


def places_of(
    layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator, gazetteer: Sequence[Address]
) -> list[NamedPlace]:
    """Return what can be found: the areas of all levels but the district, then the places of a gazetteer."""
    return [*_areas(layers, locator), *_addresses(gazetteer, locator)]


def find_places(finder: PlaceFinder, locator: Locator, text: str, datum: str | None, *, limit: int = 10) -> PlaceAnswer:
    """Return the places that a text may mean, the likeliest first; coordinates mean themselves.

    Parameters
    ----------
    finder, locator
        Of the generation in force.
    text
        A name, an address, pinyin, initials; or coordinates in degrees, in either order.
    datum
        The canonical datum of coordinates; a name needs none.
    limit
        At most so many, 1 to `MAX_FOUND`.

    Raises
    ------
    QueryError
        If the limit makes no sense, or the text is coordinates and no datum was named: it is never guessed.
    CoordinateError
        If the coordinates are not on the Earth in that datum.
    """
    check_limit(limit, MAX_FOUND)
    pasted = parse_coordinates(text)
    if pasted is None:
        return PlaceAnswer(finder.find(text, limit))
    if datum is None:
        raise QueryError(
            "The coordinates name no datum.",
            code="datum_missing",
            field="datum",
            remedy="Send datum=wgs84, gcj02, bd09, cgcs2000 or EPSG:NNNN; phones in China speak gcj02.",
        )
    point = to_wgs84(pasted.point, datum)
    where = locator.locate(point, "wgs84")
    name = f"{pasted.point.lon:.6f}, {pasted.point.lat:.6f} ({datum})"
    place = NamedPlace(PlaceKind.POINT, name, point, street=where.street, community=where.community)
    return PlaceAnswer([PlaceMatch(place, 1.0)], pasted)


def _areas(layers: Mapping[Layer, gpd.GeoDataFrame], locator: Locator) -> Iterator[NamedPlace]:
    """Yield the areas of all levels but the district, the largest first."""
    streets = dict(zip(layers[Layer.STREET]["code"], layers[Layer.STREET]["name"], strict=True))
    for layer in (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, *GRID_LAYERS):
        frame = layers[layer]
        points = shapely.point_on_surface(frame.geometry.to_numpy())
        columns = (frame["code"], frame["name"], frame["parent"], frame["synthetic"])
        for code, name, parent, synthetic, point in zip(*columns, points, strict=True):
            owner = locator.owners.get(code)
            inside = layer in (Layer.COMMUNITY, Layer.VILLAGE)
            street = owner.street if owner else Place(parent, streets[parent]) if inside else None
            yield NamedPlace(
                kind=PlaceKind(layer),
                name=name,
                point=Point(round(float(point.x), 6), round(float(point.y), 6)),
                code=code,
                street=street,
                community=owner.community if owner else None,
                synthetic=bool(synthetic),
            )


def _addresses(gazetteer: Sequence[Address], locator: Locator) -> Iterator[NamedPlace]:
    if not gazetteer:
        return
    found = locator.assign(*_degrees(gazetteer))
    for row, one in enumerate(gazetteer):
        owner = found.responsible(row)
        yield NamedPlace(
            kind=PlaceKind.ADDRESS,
            name=one.name,
            point=one.wgs84,
            address=one.address,
            street=owner.street if owner else None,
            community=owner.community if owner else None,
            label=one.kind,
            source=one.source,
            synthetic=one.synthetic,
        )


def _degrees(found: Sequence[Address]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one.wgs84.lon for one in found]), np.array([one.wgs84.lat for one in found])
