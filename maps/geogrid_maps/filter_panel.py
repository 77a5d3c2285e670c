"""The filter panel of the pages: its fields with their values, the chips of active filters, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from geogrid.incidents.query import FIELDS
from geogrid.incidents.query_description import value_label
from geogrid.incidents.query_field import KnownValues
from geogrid.local_time import format_timestamp, local_zone
from geogrid.services.layer_generations import BEGINNING
from geogrid.services.provenance import name_rule_codes
from geogrid_maps.category_choices import ChoiceGroup, group_categories
from geogrid_maps.map_query import presets as periods
from geogrid_maps.ui_texts import PRESETS, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from geogrid.category_tree import CategoryTree
    from geogrid.constants import Language
    from geogrid.incidents.query_field import QueryField
    from geogrid.model import Generation
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_data import MapData
    from geogrid_maps.map_query import View

    #: The fields of a form, each with its values and their names.
    Choices = dict[str, dict[str, str]]

#: So many generations leave something to choose.
_SEVERAL: Final = 2
#: The fields that share one chip.
_PERIOD: Final = ("first", "last")


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice in words, with the query of the page that a click on it leads to."""

    label: str
    query: str
    on: bool = True
    hint: str = ""


def choices(data: MapData) -> Choices:
    """Return the fields of the form, each with its values and their names.

    A field with a parent, such as the communities of a street, appears once the parent has a value. A field of areas
    that the district does not have does not appear.
    """
    found: Choices = {}
    known_names = {
        **name_rule_codes(data.rules, data.language),
        KnownValues.STREETS: {area.code: area.name for area in data.shapes.streets},
        KnownValues.COMMUNITIES: _communities(data),
    }
    for name, field in _panel_fields():
        value = getattr(data.view, name)
        if field.choices is None:
            names = dict(known_names[field.known]) if field.known else {}
        else:
            present = [known for known in field.choices if _exists(data, name, known)]
            names = {str(known): value_label(field, known, data.words) for known in present}
        for one in field.values(value):
            names.setdefault(str(one), str(one) if field.known else value_label(field, one, data.words))
        if names or not (field.parent or field.known in _AREAS):
            found[name] = names
    return found


def group_choices(named: Choices, categories: CategoryTree, language: Language) -> dict[str, list[ChoiceGroup]]:
    """Return the values of each field in groups: categories by their 大类, all others in one."""
    return {
        name: group_categories(values, categories, language)
        if FIELDS[name].known is KnownValues.CATEGORIES
        else [ChoiceGroup("", values)]
        for name, values in named.items()
    }


def _exists(data: MapData, name: str, value: object) -> bool:
    """Return whether the district has a value: one of its layers, or any value of another field."""
    return name != "layer" or value in data.shapes.areas.present


def _panel_fields() -> list[tuple[str, QueryField]]:
    return [(name, field) for name, field in FIELDS.items() if field.in_panel]


def _communities(data: MapData) -> dict[str, str]:
    # Communities directly in the district have no street to choose first.
    streets = {area.code for area in data.shapes.streets}.difference(data.view.street or ())
    return {area.code: area.name for area in data.shapes.communities if area.parent not in streets}


_AREAS: Final = frozenset({KnownValues.STREETS, KnownValues.COMMUNITIES})


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
    """Return the URL parameters `as_of` and `as_of2` of a view; empty for the active generation."""
    asked = {"as_of": view.as_of, "as_of2": view.other_as_of}
    return {name: format_timestamp(moment) if moment else "" for name, moment in asked.items()}


def _version(since: datetime, generation: Generation) -> str:
    words = f"{generation.id} · {generation.label}"
    return words if since == BEGINNING else f"{words} · {since.astimezone(local_zone()):%Y-%m-%d}"


def chips(view: View, named: Mapping[str, Mapping[str, str]]) -> list[Chip]:
    """Return the filters that are on; a click strikes one off."""
    found = [Chip(period(view), view.query(first=None, last=None))] if view.first or view.last else []
    for name, key in (("as_of", "as_of"), ("other_as_of", "as_of2")):
        if moment := getattr(view, name):
            label = text(key, view.language)
            found.append(Chip(f"{label} {format_timestamp(moment)}", view.query(**{name: None})))
    for name, field in FIELDS.items():
        values = () if name in _PERIOD else field.values(getattr(view, name))
        for value in values:
            label = named[name][str(value)] if name in named else field.label(value, view.language)
            rest = tuple(other for other in values if other != value) or None
            # A community without its street would have no field in the form.
            inner = [one for one, other in FIELDS.items() if other.parent == name]
            found.append(Chip(label, view.query(**{name: rest, **dict.fromkeys(inner)})))
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
    """Return the parameters of an address that the form has no field for; it keeps them in hidden fields."""
    fields = {FIELDS[name].parameter for name in (*_PERIOD, *shown) if name in FIELDS}
    return [(name, value) for name, value in parse_qsl(view.query()) if name not in fields | set(shown)]


def filter_words(data: MapData) -> list[str]:
    """Return the period and the filters that are on in words."""
    view = data.view
    words = [chip.label for chip in chips(view, choices(data))]
    return words if view.first or view.last else [period(view), *words]


def layers_words(backdrop: DistrictShapes, language: Language, *, restated: bool) -> str:
    """Return the layers in words, and whether all incidents were counted by them."""
    generation = backdrop.generation
    words = f"{text('generation', language)} {generation.id} · {generation.label}"
    notes = [text("restated", language)] if restated else []
    return " · ".join([words, *notes, *filter(None, [gap_words(backdrop, language)])])


def gap_words(backdrop: DistrictShapes, language: Language) -> str:
    """Return how many incidents have yet to be restated by the shown grids, and the command; empty for none."""
    gap = backdrop.gap
    if gap is None:
        return ""
    return text("restatement_gap", language).format(n=f"{gap.missing:,}", id=gap.generation, command=gap.command)
