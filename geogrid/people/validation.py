"""Validation of the rows of a list of people."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import InputError
from geogrid.layers.thematic_layers import LAYER_NAME
from geogrid.model import Layer, Post
from geogrid.tabular.cell_parsing import parse_code, parse_date, parse_phone, parse_text
from geogrid.tabular.known_columns import normalize_header
from geogrid.tabular.table_reader import EXTRA_CELLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from geogrid.rules.vocabulary import DutyRow
    from geogrid.tabular.row_model import TableRow

#: Separators of duties in a normalized cell, in which an underscore stands for spaces.
_BETWEEN_DUTIES: Final = re.compile("_*[、,;/]_*")
#: Layers by their Chinese names.
LAYERS: Final = {
    "区": Layer.DISTRICT,
    "街道": Layer.STREET,
    "社区": Layer.COMMUNITY,
    "行政村": Layer.VILLAGE,
    "村": Layer.VILLAGE,
    "城市网格": Layer.URBAN,
    "农村网格": Layer.RURAL,
    "专属网格": Layer.DEDICATED,
}


def parse_posts(
    row: TableRow,
    areas: Mapping[str, Collection[str]],
    duties: Mapping[str, DutyRow],
    default_layer: str | None = None,
) -> list[Post]:
    """Return the posts in a row: one for each duty, such as two for 网格长、楼长.

    Parameters
    ----------
    row
        Row with the fields of `geogrid.people.people_columns.PEOPLE_COLUMNS`.
    areas
        Codes of the existing areas and lines by layer.
    duties
        The duties of the profile.
    default_layer
        Layer of rows without one; if None, it is determined by the code.

    Raises
    ------
    InputError
        If the row is not valid; with the field.

    Examples
    --------
    >>> from geogrid.tabular.row_model import TableRow
    >>> from geogrid.incidents.rule_set import load_rules
    >>> cells = {"code": "140213051001001", "duty": "网格长、楼长", "name": "甲某", "valid_from": "2026-03-01"}
    >>> posts = parse_posts(TableRow(2, cells), {"urban": {"140213051001001"}}, load_rules().profile.duties)
    >>> [(post.layer, post.duty, post.valid_from.isoformat(), post.valid_to) for post in posts]
    [('urban', 'leader', '2026-03-01', None), ('urban', 'building_leader', '2026-03-01', None)]
    """
    values = row.values
    if values.get(EXTRA_CELLS):
        raise InputError("The row has more fields than the header.", code="fields")
    code = parse_code(values.get("code"), "code")
    titles = _parse_duties(values.get("duty"), duties)
    first, last = _parse_period(values)
    post = Post(
        layer=_find_layer(_parse_layer(values.get("layer")) or default_layer, code, areas),
        code=code,
        duty="",
        name=_parse_name(values),
        title=parse_text(values.get("title"), "title"),
        organisation=parse_text(values.get("organisation"), "organisation"),
        phone=parse_phone(values.get("phone")),
        valid_from=first,
        valid_to=last,
    )
    return [replace(post, duty=duty, title=post.title or title) for duty, title in titles.items()]


def check_layer_name(name: str) -> str:
    """Return a layer name if it is well-formed.

    Raises
    ------
    InputError
        If it is not.

    Examples
    --------
    >>> check_layer_name("lanes")
    'lanes'
    """
    if not re.fullmatch(LAYER_NAME, name):
        raise InputError(
            "This is not a valid layer name.",
            code="layer_unknown",
            field="layer",
            remedy="geogrid layers list shows the names.",
        )
    return name


def _parse_layer(cell: object) -> str | None:
    name = normalize_header(cell)
    return check_layer_name(LAYERS.get(name, name)) if name else None


def _find_layer(layer: str | None, code: str, areas: Mapping[str, Collection[str]]) -> str:
    if not code:
        raise _missing_error("code")
    if layer is not None and layer not in areas:
        raise InputError(
            "There is no layer with this name.",
            code="layer_unknown",
            field="layer",
            remedy="geogrid layers list shows the names.",
        )
    matches = [name for name in ([layer] if layer else areas) if code in areas[name]]
    if not matches:
        raise InputError(
            "The active generation has no area with this code.",
            code="code_unknown",
            field="code",
            remedy="Check the layer, and all digits of the code.",
        )
    if len(matches) > 1:
        raise InputError(
            "Several layers contain this code.", code="layer_ambiguous", field="layer", remedy="Name the layer."
        )
    return matches[0]


def find_duty(text: str, duties: Mapping[str, DutyRow]) -> str:
    """Return the code of a duty by its code, its names in both languages or an alias.

    Raises
    ------
    InputError
        If the profile has no such duty; with all names.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> [find_duty(text, load_rules().profile.duties) for text in ("网格长", "grid leader", "路长")]
    ['leader', 'leader', 'warden']
    """
    codes = _duty_codes(duties)
    name = normalize_header(text)
    if name not in codes:
        raise InputError(
            "The duty is unknown.",
            code="duty_unknown",
            field="duty",
            remedy=f"Use one of {', '.join(dict.fromkeys(known for duty in duties.values() for known in duty.names))}.",
        )
    return codes[name]


def _duty_codes(duties: Mapping[str, DutyRow]) -> dict[str, str]:
    return {normalize_header(name): code for code, duty in duties.items() for name in duty.names}


def _parse_duties(cell: object, duties: Mapping[str, DutyRow]) -> dict[str, str]:
    """Return the title of the holder by code of the duty, for each duty in a cell; see `_implied_title`."""
    name = normalize_header(cell)
    if not name:
        raise _missing_error("duty")
    # A name can contain the separator, such as that of all wardens.
    parts = [name] if name in _duty_codes(duties) else list(filter(None, _BETWEEN_DUTIES.split(name)))
    if not parts:
        raise _missing_error("duty")
    titles: dict[str, list[str]] = {}
    for part in parts:
        code = find_duty(part, duties)
        titles.setdefault(code, []).append(_implied_title(duties[code], part))
    return {code: "、".join(dict.fromkeys(filter(None, found))) for code, found in titles.items()}


def _implied_title(duty: DutyRow, name: str) -> str:
    """Return the title that a name of a duty implies: for features the alias, such as 路长; else an empty string."""
    return name if duty.feature and name in map(normalize_header, duty.aliases) else ""


def _parse_name(values: Mapping[str, Any]) -> str:
    name = parse_text(values.get("name"), "name")
    if not name:
        raise _missing_error("name")
    return name


def _parse_period(values: Mapping[str, Any]) -> tuple[date, date | None]:
    first, last = parse_date(values.get("valid_from"), "valid_from"), parse_date(values.get("valid_to"), "valid_to")
    if first is None:
        raise _missing_error("valid_from")
    if last and last < first:
        raise InputError("The last day is before the first.", code="period", field="valid_to")
    return first, last


def _missing_error(field: str) -> InputError:
    return InputError("The value is missing.", code="missing", field=field)
