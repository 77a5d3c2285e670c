"""Mappings of imported tables, saved by the name of their source: save, use, list, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError, NotFoundError
from geogrid.incidents.incident_columns import INCIDENT_COLUMNS
from geogrid.layers.population_reader import POPULATION_COLUMNS
from geogrid.ledger.site_file_reader import SITE_COLUMNS
from geogrid.model import SavedMapping
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.places.gazetteer_reader import PLACE_COLUMNS
from geogrid.store import import_mappings as table
from geogrid.tabular.column_mapping import ColumnMapping, parse_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.store.database import Store
    from geogrid.tabular.known_columns import KnownColumns

_MAX_NAME: Final = 100


class ListKind(StrEnum):
    """A kind of imported table."""

    INCIDENTS = "incidents"
    PEOPLE = "people"
    PLACES = "places"
    SITES = "sites"
    POPULATION = "population"


COLUMNS: Final[Mapping[ListKind, KnownColumns]] = {
    ListKind.INCIDENTS: INCIDENT_COLUMNS,
    ListKind.PEOPLE: PEOPLE_COLUMNS,
    ListKind.PLACES: PLACE_COLUMNS,
    ListKind.SITES: SITE_COLUMNS,
    ListKind.POPULATION: POPULATION_COLUMNS,
}


def save_mapping(store: Store, kind: ListKind, name: str, content: bytes) -> None:
    """Save the content of a mapping file by the name of its source; a mapping with this name is replaced.

    Raises
    ------
    FileError
        If the content is not valid for the list, or the name is empty or too long.
    """
    parse_mapping(content, COLUMNS[kind])
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise FileError(
            f"The name of the mapping is empty or longer than {_MAX_NAME} characters.",
            code="mapping_name",
            remedy="Use the name of the source of the file.",
        )
    with store.write() as connection:
        table.write_mapping(connection, SavedMapping(kind.value, name, content.decode("utf-8-sig"), datetime.now(UTC)))


def load_mapping(store: Store, kind: ListKind, name: str) -> ColumnMapping:
    """Return the columns and values of a saved mapping.

    Raises
    ------
    NotFoundError
        If no mapping has this name.
    """
    return parse_mapping(get_mapping(store, kind, name).content.encode(), COLUMNS[kind])


def get_mapping(store: Store, kind: ListKind, name: str) -> SavedMapping:
    """Return the saved mapping of a list.

    Raises
    ------
    NotFoundError
        If no mapping has this name; the message lists the names.
    """
    with store.read() as connection:
        saved = table.find_mapping(connection, kind.value, name)
        names = [mapping.name for mapping in table.list_mappings(connection) if mapping.list == kind]
    if saved is None:
        raise NotFoundError(
            f"No mapping for {kind} has this name; saved are: {', '.join(names) or 'none'}.",
            code="mapping_unknown",
            field="mapping",
            remedy="Save one: geogrid … import FILE --mapping FILE --save-mapping NAME --commit.",
        )
    return saved


def with_point_column(mapping: ColumnMapping, column: str | None) -> ColumnMapping:
    """Return a mapping that reads both coordinates from a column; unchanged without a column.

    Examples
    --------
    >>> from geogrid.tabular.column_mapping import NO_MAPPING
    >>> with_point_column(NO_MAPPING, "location").columns
    {'point': 'location'}
    """
    if column is None:
        return mapping
    others = {known: name for known, name in mapping.columns.items() if known not in {"lon", "lat"}}
    return replace(mapping, columns={**others, "point": column})


def list_mappings(store: Store) -> list[SavedMapping]:
    """Return all saved mappings, by list and name."""
    with store.read() as connection:
        return table.list_mappings(connection)


def remove_mapping(store: Store, kind: ListKind, name: str) -> None:
    """Remove a saved mapping.

    Raises
    ------
    NotFoundError
        If no mapping has this name.
    """
    get_mapping(store, kind, name)
    with store.write() as connection:
        table.remove_mapping(connection, kind.value, name)
