"""The real names and codes that the synthetic shapes carry."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.model import Layer
from geogrid.resources import data_path

if TYPE_CHECKING:
    from pathlib import Path

#: The district: its code and name.
DISTRICT: Final = ("140213", "平城区")


@dataclass(frozen=True, slots=True)
class Division:
    """A community or village, and its street.

    Attributes
    ----------
    code
        12 digits.
    name
        The official name.
    kind
        `Layer.COMMUNITY` or `Layer.VILLAGE`.
    street_code, street_name
        The street it belongs to.
    """

    code: str
    name: str
    kind: Layer
    street_code: str
    street_name: str


def read_divisions(path: Path | None = None) -> list[Division]:
    """Read the communities and villages of the National Bureau of Statistics, sorted by code.

    Parameters
    ----------
    path
        A CSV file with the columns code, name, kind, street_code, street_name; by default the one that geogrid ships.

    Raises
    ------
    FileError
        If it cannot be read or a column is missing.

    Examples
    --------
    >>> divisions = read_divisions()
    >>> len(divisions), divisions[0].name
    (202, '康吉社区居民委员会')
    """
    path = path or data_path("reference", "divisions.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [
                Division(row["code"], row["name"], Layer(row["kind"]), row["street_code"], row["street_name"])
                for row in csv.DictReader(stream)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise FileError(f"The list of divisions {path.name} cannot be read ({error}).") from error
    return sorted(rows, key=lambda division: division.code)
