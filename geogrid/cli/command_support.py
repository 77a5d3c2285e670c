"""Functions shared by the commands: settings, store, datum, JSON output, progress bars."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.errors import DatumError, SetupError
from geogrid.geo.datums import parse_datum
from geogrid.local_time import DEFAULT_ZONE, set_local_zone
from geogrid.store.database import Store
from geogrid.store.rule_versions import read_zone
from geogrid.store_settings import StoreSettings, invalid_setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tqdm import tqdm

    from geogrid.settings import Settings


def load_settings() -> Settings:
    """Return the settings.

    Raises
    ------
    SetupError
        If an environment variable is not valid; with its name.
    """
    # pydantic is slow to import; most commands need only `StoreSettings`.
    from pydantic import ValidationError  # noqa: PLC0415

    from geogrid.settings import Settings  # noqa: PLC0415

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise invalid_setting("_".join(str(step) for step in first["loc"]), first["msg"]) from error


def resolve_datum(datum: str | None) -> str | None:
    """Return the canonical datum of the option, otherwise of the settings, otherwise None."""
    name = datum or StoreSettings.from_environment().default_datum
    return parse_datum(name) if name else None


def resolve_layer_datum(datum: str | None) -> str | None:
    """Return the canonical datum as `resolve_datum`; the option may also be a .prj file with a local projection."""
    if not datum or not datum.lower().endswith(".prj"):
        return resolve_datum(datum)
    from geogrid.geo.local_projections import read_projection  # noqa: PLC0415 - most commands do without pyproj

    return read_projection(Path(datum))


def require_datum(datum: str | None) -> str:
    """Return the canonical datum of the option, otherwise of the settings.

    Raises
    ------
    DatumError
        If neither is set.
    """
    name = resolve_datum(datum)
    if name is None:
        raise DatumError(
            "The datum is missing.",
            code="datum_missing",
            field="--datum",
            remedy="Add --datum wgs84, gcj02, …, or set GEOGRID_DEFAULT_DATUM.",
        )
    return name


@contextmanager
def open_store() -> Iterator[Store]:
    """Open the store of the settings, upgrade its tables, and use the time zone of its district."""
    store = Store(StoreSettings.from_environment().url)
    try:
        store.upgrade()
        with store.read() as connection:
            set_local_zone(read_zone(connection) or DEFAULT_ZONE)
        yield store
    finally:
        store.close()


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Translate an `OSError` while a file is written.

    Raises
    ------
    SetupError
        With the path and the reason.
    """
    try:
        yield
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.", code="cannot_write") from error


def print_json(value: object) -> None:
    """Print a dataclass as indented JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_to_json))


def progress_bar(total: int, what: str) -> tqdm:
    """Return a progress bar, which is disabled if stderr is not a terminal."""
    from tqdm import tqdm  # noqa: PLC0415 - slow to import

    return tqdm(total=total, desc=what, unit="", unit_scale=True, disable=not sys.stderr.isatty())


def _to_json(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value.isoformat() if isinstance(value, date) else str(value)
