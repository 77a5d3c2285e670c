"""The rail of filters: what can be chosen, what is, and the addresses that a click leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from geogrid.incidents.query import Standing
from geogrid.local_time import LOCAL_ZONE, format_timestamp
from geogrid.model import GRID_LAYERS, IncidentSource
from geogrid.services.layers import ALWAYS
from geogrid_maps.formatting import name_of
from geogrid_maps.map_query import presets as periods
from geogrid_maps.ui_texts import HOURS, LAYERS, PRESETS, SOURCES, STATUSES, WEEKDAYS, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from geogrid.constants import Language
    from geogrid.model import Category, Generation
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View

    #: The fields of a form, each with its values and their names.
    Choices = dict[str, dict[str, str]]

#: So many generations leave something to choose.
_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice in words, with the query of the page that a click on it leads to."""

    label: str
    query: str
    on: bool = True
    hint: str = ""


def choices(backdrop: DistrictShapes, view: View, categories: Mapping[str, Category]) -> Choices:
    """Return the filters of the form, each with its values and their names; communities once a street is chosen."""
    language = view.language
    found = {
        "category": {code: name_of(category, language) for code, category in categories.items()},
        "layer": {layer.value: LAYERS[layer][language] for layer in GRID_LAYERS},
        "status": {status.value: STATUSES[status][language] for status in Standing},
        "source": {source.value: SOURCES[source][language] for source in IncidentSource},
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


def layer_choices(view: View, versions: Sequence[tuple[datetime, Generation]], *, other: bool) -> Choices:
    """Return the layers that a map can be drawn and counted by, where there are several; `other` is a second side.

    Parameters
    ----------
    view
        What was asked for.
    versions
        The moments from which generations were in force, with these.
    other
        Whether the map has another side, which may have layers of its own.
    """
    chosen = moments(view)
    if len(versions) < _SEVERAL and not any(chosen.values()):
        return {}
    found = {}
    for name in ("as_of", "as_of2") if other else ("as_of",):
        found[name] = {format_timestamp(since): _version(since, generation) for since, generation in versions}
        if moment := chosen[name]:
            found[name].setdefault(moment, moment)
    return found


def moments(view: View) -> dict[str, str]:
    """Return the moments whose layers were asked for, as an address says them; empty for those in force."""
    asked = {"as_of": view.as_of, "as_of2": view.other_as_of}
    return {name: format_timestamp(moment) if moment else "" for name, moment in asked.items()}


def _version(since: datetime, generation: Generation) -> str:
    words = f"{generation.id} · {generation.label}"
    return words if since == ALWAYS else f"{words} · {since.astimezone(LOCAL_ZONE):%Y-%m-%d}"


def chips(view: View, named: Mapping[str, Mapping[str, str]]) -> list[Chip]:
    """Return the filters that are on; a click strikes one off."""
    found = [Chip(period(view), view.query(first=None, last=None))] if view.first or view.last else []
    for name, key in (("as_of", "as_of"), ("other_as_of", "as_of2")):
        if moment := getattr(view, name):
            label = text(key, view.language)
            found.append(Chip(f"{label} {format_timestamp(moment)}", view.query(**{name: None})))
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


def filter_words(backdrop: DistrictShapes, view: View, categories: Mapping[str, Category]) -> list[str]:
    """Return the period and the filters that are on in words."""
    words = [chip.label for chip in chips(view, choices(backdrop, view, categories))]
    return words if view.first or view.last else [period(view), *words]


def layers_words(backdrop: DistrictShapes, language: Language, *, restated: bool) -> str:
    """Return the layers in words, and whether all incidents were counted by them."""
    generation = backdrop.generation
    words = f"{text('generation', language)} {generation.id} · {generation.label}"
    return f"{words} · {text('restated', language)}" if restated else words
