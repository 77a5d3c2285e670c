"""What the commands share: the open store, JSON on the terminal, progress."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError
from tqdm import tqdm

from geogrid.errors import DatumError, SetupError
from geogrid.geo.datums import parse_datum
from geogrid.settings import Settings
from geogrid.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def load_settings() -> Settings:
    """Read the settings.

    Raises
    ------
    SetupError
        That names the variable that is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "GEOGRID_" + "_".join(str(step) for step in first["loc"]).upper()
        raise SetupError(f"The setting is not valid: {first['msg']}.", code="setting", field=name) from error


def resolve_datum(datum: str | None) -> str | None:
    """Return the canonical datum of the option, or of the settings, or None."""
    name = datum or load_settings().default_datum
    return parse_datum(name) if name else None


def require_datum(datum: str | None) -> str:
    """Return the canonical datum of the option, or of the settings.

    Raises
    ------
    DatumError
        If neither names one: a datum is never guessed.
    """
    chosen = resolve_datum(datum)
    if chosen is None:
        raise DatumError(
            "No datum was given.",
            code="datum_missing",
            field="--datum",
            remedy="Say wgs84, gcj02, …, or set GEOGRID_DEFAULT_DATUM.",
        )
    return chosen


@contextmanager
def open_store() -> Iterator[Store]:
    """Open the store of the settings and bring its tables up to date."""
    store = Store(load_settings().url)
    try:
        store.upgrade()
        yield store
    finally:
        store.close()


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Say which file it is that cannot be written, and why.

    Raises
    ------
    SetupError
        In place of the system's refusal.
    """
    try:
        yield
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.", code="cannot_write") from error


def print_json(value: object) -> None:
    """Print a dataclass as JSON that people can read too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def progress_bar(total: int, what: str) -> tqdm:
    """Return a progress bar, which stays silent unless somebody sits at the terminal."""
    return tqdm(total=total, desc=what, unit="", unit_scale=True, disable=not sys.stderr.isatty())


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
