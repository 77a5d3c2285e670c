"""Other districts for tests: the layers of the demo moved to another place, with a profile of their own."""

from dataclasses import dataclass, replace
from math import cos, radians

import shapely

from geogrid.incidents.rule_set import load_rules
from geogrid.model import Layer
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import read_included

#: The middle of the demo.
LON, LAT = 113.30, 40.09
WORDS = """
[layers.{layer}]
name = "{name}"
name_en = "{name_en}"
border = "{border}"
border_en = "{border_en}"
code = "[0-9]+"
"""

#: Words that must not appear in another district.
DEMO_WORDS = ("大同", "平城区", "Datong", "Pingcheng", "AMap", "高德", "cnmaps", "EPSG:4547")


@dataclass(frozen=True)
class Place:
    """A district: its names, its centre, its size against the demo, and its layers with their words."""

    name: str
    name_en: str
    zone: str
    lon: float
    lat: float
    layers: dict[str, tuple[str, str, str, str]]
    width: float = 1.0
    height: float = 1.0
    credit: str = ""
    credit_en: str = ""


COUNTY = {
    "district": ("县", "county", "县界", "county border"),
    "street": ("镇（街道）", "town", "镇界", "town border"),
    "community": ("社区", "community", "社区界", "community border"),
    "urban": ("网格", "grid", "网格界", "grid border"),
    "rural": ("乡村网格", "rural grid", "网格界", "grid border"),
}
CITY = {
    "district": ("市", "city", "市界", "city limit"),
    "street": ("选区", "ward", "选区界", "ward border"),
    "urban": ("社区", "community area", "社区界", "community area border"),
}
DEQING = Place("示例县", "Example County", "Asia/Shanghai", 119.98, 30.54, COUNTY, credit="轮廓：示例测绘院")
CHICAGO = Place("示例市", "Example City", "America/Chicago", -87.70, 41.85, CITY, credit_en="Outline: city portal")
TROMSO = Place("北城", "North Town", "Europe/Oslo", 18.95, 69.65, CITY, width=0.2, height=0.05)
FIJI = Place("岛区", "Island", "Pacific/Fiji", 179.30, -16.60, CITY)


def profile_of(place):
    """Return the profile of the demo with the names, the zone and the layers of a place."""
    text = read_included()["profile.toml"]
    text = text[: text.index("[layers.")] + text[text.index("# Sources of reports") :]
    head = f'[district]\nname = "{place.name}"\nname_en = "{place.name_en}"\nzone = "{place.zone}"\n'
    head += f'credit = "{place.credit}"\ncredit_en = "{place.credit_en}"\n\n'
    text = text[: text.index("[district]")] + head + text[text.index("# Prefix of") :]
    keys = ("name", "name_en", "border", "border_en")
    words = "".join(
        WORDS.format(layer=layer, **dict(zip(keys, row, strict=True))) for layer, row in place.layers.items()
    )
    at = text.index("# Sources of reports")
    return Profile.parse(text[:at] + words + text[at:])


def rules_of(place):
    """Return the rules of the demo with the profile of a place."""
    return replace(load_rules(), profile=profile_of(place))


def moved_layers(place, layers):
    """Return the layers of the demo, moved to a place and scaled; layers that the place does not have are empty."""
    # As wide in metres as the demo.
    scale = place.width * cos(radians(LAT)) / cos(radians(place.lat)), place.height

    def move(xy):
        return (xy - (LON, LAT)) * scale + (place.lon, place.lat)

    layers = layers | {Layer.DISTRICT: layers[Layer.DISTRICT].assign(name=place.name)}
    return {
        layer: frame.set_geometry(shapely.transform(frame.geometry.array, move))[: None if layer in place.layers else 0]
        for layer, frame in layers.items()
    }
