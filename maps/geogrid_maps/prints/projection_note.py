"""The note on the projection of a print: its name, the direction of north, and the scale factor at the centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.geo.projections import describe_projection
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid_maps.prints.model import Print


def projection_note(content: Print) -> str:
    """Return the name and the central meridian of the projection, and its properties at the centre of the district."""
    district, language = content.maps[0].district, content.language
    centre = district.outline.centroid
    found = describe_projection(district.projection, centre.x, centre.y)
    side = "projection_right" if found.north_deg > 0 else "projection_left"
    return text("projection", language).format(
        name=found.name,
        epsg=found.epsg,
        meridian="" if found.meridian is None else _name_meridian(found.meridian, language),
        side=text(side, language),
        angle=f"{abs(found.north_deg):.2f}",
        scale=f"{found.scale:.5f}",
    )


def _name_meridian(lon: float, language: Language) -> str:
    side = "E" if lon > 0 else "W" if lon < 0 else ""
    return text("projection_meridian", language).format(meridian=f"{abs(lon):g}°{side}")
