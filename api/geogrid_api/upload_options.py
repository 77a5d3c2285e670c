"""Query parameters of routes that import a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query

from geogrid.services.import_mappings import load_mapping
from geogrid.tabular.column_mapping import NO_MAPPING
from geogrid.tabular.table_reader import ReadOptions

if TYPE_CHECKING:
    from geogrid.services.import_mappings import ListKind
    from geogrid.store.database import Store

XLSX_MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

UploadSheet = Annotated[str | None, Query(max_length=31, description="Worksheet of the workbook; default: first.")]
UploadMapping = Annotated[
    str | None, Query(max_length=100, description="Name of the saved mapping of the columns and values.")
]


def read_upload_options(store: Store, kind: ListKind, sheet: str | None, mapping: str | None) -> ReadOptions:
    """Return the options for the reader of an uploaded table.

    Raises
    ------
    NotFoundError
        If the saved mapping does not exist.
    """
    return ReadOptions(load_mapping(store, kind, mapping) if mapping else NO_MAPPING, sheet)
