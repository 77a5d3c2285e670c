"""The rail of filters: what can be chosen, what is, and the addresses that a click leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from geogrid.incidents.filters import Standing, write_moment
from geogrid.model import GRID_LAYERS, Source
from geogrid_maps.texts import HOURS, LAYERS, PRESETS, SOURCES, STATUSES, WEEKDAYS, text
from geogrid_maps.view import Language
from geogrid_maps.view import presets as periods

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from geogrid.model import Category
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.view import View


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice in words, with the query of the page that a click on it leads to."""

    label: str
    query: str
    on: bool = True
    hint: str = ""


def choices(backdrop: Backdrop, view: View, categories: Mapping[str, Category]) -> dict[str, dict[str, str]]:
    """Return the filters of the form, each with its values and their names; communities once a street is chosen."""
    language = view.language
    found = {
        "category": {
            code: category.name if language is Language.ZH else category.name_en
            for code, category in categories.items()
        },
        "layer": {layer.value: LAYERS[layer][language] for layer in GRID_LAYERS},
        "status": {status.value: STATUSES[status][language] for status in Standing},
        "source": {source.value: SOURCES[source][language] for source in Source},
        "weekday": {str(day): names[language] for day, names in WEEKDAYS.items()},
        "hours": {str(hours): f"{names[language]} {hours.label}" for hours, names in HOURS.items()},
        "street": {area.code: area.name for area in backdrop.streets},
    }
    if view.hours:
        found["hours"].setdefault(str(view.hours), view.hours.label)
    communities = {area.code: area.name for area in backdrop.communities if area.parent == view.street}
    if view.community:
        communities.setdefault(view.community, view.community)
    return {**found, "community": communities} if communities else found


def chips(view: View, named: Mapping[str, Mapping[str, str]]) -> list[Chip]:
    """Return the filters that are on; a click strikes one off."""
    found = [Chip(period(view), view.query(first=None, last=None))] if view.first or view.last else []
    if view.as_of:
        label = text("as_of", view.language)
        found.append(Chip(f"{label} {write_moment(view.as_of)}", view.query(as_of=None)))
    for name, labels in named.items():
        if chosen := getattr(view, name):
            value = str(chosen)
            # Without its street a community would stay chosen with no field to show it.
            gone = {"street": None, "community": None} if name == "street" else {name: None}
            found.append(Chip(labels.get(value, value), view.query(**gone)))
    return found


def preset_chips(view: View, newest: date) -> list[Chip]:
    """Return the periods on offer."""
    return [
        Chip(
            PRESETS[name][view.language],
            view.query(first=first, last=last),
            on=(view.first, view.last) == (first, last),
            hint=f"{first} – {last}",
        )
        for name, (first, last) in periods(newest).items()
    ]


def period(view: View) -> str:
    """Return the period in words."""
    if view.first is None and view.last is None:
        return text("always", view.language)
    return f"{view.first or '…'} – {view.last or '…'}"


def hidden(view: View, shown: Collection[str]) -> list[tuple[str, str]]:
    """Return what of a view the form has no field for, and yet keeps: names and values of its address."""
    return [(name, value) for name, value in parse_qsl(view.query()) if name not in {"from", "to", *shown}]


def filter_words(backdrop: Backdrop, view: View, categories: Mapping[str, Category]) -> list[str]:
    """Return the period and the filters that are on in words."""
    words = [chip.label for chip in chips(view, choices(backdrop, view, categories))]
    return words if view.first or view.last else [period(view), *words]
