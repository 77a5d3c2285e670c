"""The settings that every command needs: the database, the default datum and the snap distance.

`geogrid.settings` holds all settings of the service and validates them with pydantic, which takes longer to import than
numpy. This module reads four of them without pydantic.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from geogrid.errors import DatumError, SetupError
from geogrid.geo.datums import parse_datum
from geogrid.model import SNAP_M

DEFAULT_HOME: Final = Path("geogrid-data")
#: Limits of the snap distance in metres.
MIN_SNAP_M, MAX_SNAP_M = 0, 1000
_PREFIX: Final = "geogrid_"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The settings for commands that read the database.

    Attributes
    ----------
    url
        Address of the database.
    default_datum
        Canonical name of the datum of points without one; None if it is required on the command line.
    snap_m
        Maximum distance in metres at which a point outside the district is snapped to the nearest grid.
    """

    url: str
    default_datum: str | None
    snap_m: float

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings from the variables ``GEOGRID_*``, whose names may be in lower case.

        Raises
        ------
        SetupError
            If a value is invalid; its field is the name of the variable.
        """
        values = {name.lower().removeprefix(_PREFIX): value for name, value in os.environ.items() if _is_ours(name)}
        return cls(
            url=values.get("database_url") or default_url(Path(values.get("home", DEFAULT_HOME))),
            default_datum=_read_datum(values.get("default_datum", "")),
            snap_m=_read_snap_m(values.get("snap_m")),
        )


def default_url(home: Path) -> str:
    """Return the address of the SQLite file in a home folder.

    Examples
    --------
    >>> default_url(Path("/srv/geogrid"))
    'sqlite:////srv/geogrid/geogrid.db'
    """
    from sqlalchemy import URL  # noqa: PLC0415 - commands without a database do not need it

    # URL.create escapes characters such as ? and % in the name of the folder.
    return URL.create("sqlite", database=str(home / "geogrid.db")).render_as_string()


def invalid_setting(name: str, reason: str) -> SetupError:
    """Return the error for an invalid value of ``GEOGRID_<name>``."""
    return SetupError(f"The setting is not valid: {reason}.", code="setting", field=_PREFIX.upper() + name.upper())


def _is_ours(name: str) -> bool:
    return name.lower().startswith(_PREFIX)


def _read_datum(text: str) -> str | None:
    try:
        return parse_datum(text) if text else None
    except DatumError as error:
        raise invalid_setting("default_datum", str(error).rstrip(".")) from error


def _read_snap_m(text: str | None) -> float:
    if text is None:
        return SNAP_M
    try:
        snap_m = float(text)
    except ValueError:
        snap_m = math.nan
    if not MIN_SNAP_M <= snap_m <= MAX_SNAP_M:
        raise invalid_setting("snap_m", f"it must be a number of metres from {MIN_SNAP_M} to {MAX_SNAP_M}")
    return snap_m
