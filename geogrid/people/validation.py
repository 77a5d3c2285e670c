"""Validation of the rows of a list of people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import InputError
from geogrid.layers.thematic_layers import LAYER_NAME
from geogrid.model import Duty, Layer, Post
from geogrid.tabular.cell_parsing import parse_code, parse_date, parse_phone, parse_text
from geogrid.tabular.known_columns import normalize_header
from geogrid.tabular.table_reader import EXTRA_CELLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from geogrid.tabular.row_model import TableRow

#: Duties by their names in practice, in Chinese and English.
DUTIES: Final = {
    "网格长": Duty.LEADER,
    "网格员": Duty.WORKER,
    "专职网格员": Duty.WORKER,
    "兼职网格员": Duty.WORKER,
    "楼长": Duty.BUILDING_LEADER,
    "楼栋长": Duty.BUILDING_LEADER,
    "常驻人员": Duty.RESIDENT,
    "常驻": Duty.RESIDENT,
    "派驻人员": Duty.DISPATCHED,
    "派驻": Duty.DISPATCHED,
    "网格党支部": Duty.PARTY_BRANCH,
    "党支部": Duty.PARTY_BRANCH,
    "责任部门": Duty.DEPARTMENT,
    "部门": Duty.DEPARTMENT,
    "路长": Duty.WARDEN,
    "街长": Duty.WARDEN,
    "巷长": Duty.WARDEN,
    "片长": Duty.WARDEN,
    **{duty.value: duty for duty in Duty},
}
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


def parse_post(row: TableRow, areas: Mapping[str, Collection[str]], default_layer: str | None = None) -> Post:
    """Return the post in a row.

    Parameters
    ----------
    row
        Row with the fields of `geogrid.people.people_columns.PEOPLE_COLUMNS`.
    areas
        Codes of the existing areas and lines by layer.
    default_layer
        Layer of rows without one; if None, it is determined by the code.

    Raises
    ------
    InputError
        If the row is not valid; with the field.

    Examples
    --------
    >>> from geogrid.tabular.row_model import TableRow
    >>> row = TableRow(2, {"code": "140213051001001", "duty": "网格长", "name": "甲某", "valid_from": "2026-03-01"})
    >>> post = parse_post(row, {"urban": {"140213051001001"}})
    >>> post.layer, post.duty.value, post.valid_from.isoformat(), post.valid_to
    ('urban', 'leader', '2026-03-01', None)
    """
    values = row.values
    if values.get(EXTRA_CELLS):
        raise InputError("The row has more fields than the header.", code="fields")
    code = parse_code(values.get("code"), "code")
    duty = _parse_duty(values.get("duty"))
    first, last = _parse_period(values)
    return Post(
        layer=_find_layer(_parse_layer(values.get("layer")) or default_layer, code, areas),
        code=code,
        duty=duty,
        name=_parse_name(values),
        title=parse_text(values.get("title"), "title") or _implied_title(duty, values["duty"]),
        organisation=parse_text(values.get("organisation"), "organisation"),
        phone=parse_phone(values.get("phone")),
        valid_from=first,
        valid_to=last,
    )


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


def _parse_duty(cell: object) -> Duty:
    name = normalize_header(cell)
    if not name:
        raise _missing_error("duty")
    if name not in DUTIES:
        raise InputError(
            "The duty is unknown.", code="duty_unknown", field="duty", remedy=f"Use one of {', '.join(DUTIES)}."
        )
    return DUTIES[name]


def _implied_title(duty: Duty, cell: object) -> str:
    """Return the title that the duty column implies: for wardens its text, such as 路长; else an empty string.

    Examples
    --------
    >>> _implied_title(Duty.WARDEN, "街长"), _implied_title(Duty.WARDEN, "warden")
    ('街长', '')
    """
    name = normalize_header(cell)
    return name if duty is Duty.WARDEN and name != Duty.WARDEN else ""


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
