"""A filter of incidents in words, as files and prints name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language
from geogrid.incidents.query import Criteria
from geogrid.incidents.query_field import KnownValues, declared_fields
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.incidents.query_field import QueryField
    from geogrid.model import Bounds
    from geogrid.rules.district_words import DistrictWords

    #: Names of codes by the list that defines them.
    KnownNames = Mapping[KnownValues, Mapping[str, str]]

#: Filter fields whose values are areas, and the layers of these areas.
AREA_FIELDS: Final[Mapping[str, tuple[Layer, ...]]] = {
    "street": (Layer.STREET,),
    "community": (Layer.COMMUNITY, Layer.VILLAGE),
}
_BETWEEN: Final = {Language.ZH: "、", Language.EN: ", "}
_COLON: Final = {Language.ZH: "：", Language.EN: ": "}
_WITHIN: Final = {Language.ZH: "账号权限范围", Language.EN: "Bounds of the account"}


def describe_filters(
    criteria: Criteria, names: KnownNames, words: DistrictWords, bounds: Bounds | None = None
) -> tuple[str, ...]:
    """Return the active filters in words, without the period, and the bounds of the user.

    Parameters
    ----------
    criteria
        The filters.
    names
        Names of codes; a code without a name is written alone.
    words
        Names of the layers, and the language.
    bounds
        The bounds of the user; None for an anonymous user.

    Examples
    --------
    >>> from geogrid.model import Bounds
    >>> from geogrid.rules.district_words import DistrictWords
    >>> words = DistrictWords(Language.EN, "", "", layers={}, borders={})
    >>> names = {KnownValues.CATEGORIES: {"Z06": "Shared-bike parking"}}
    >>> street = Bounds(areas=("140213050",))
    >>> describe_filters(Criteria(category=("Z06",), weekday=1), names, words, street)
    ('Category: Z06 Shared-bike parking', 'Weekday: Monday', 'Bounds of the account: 140213050')
    """
    active = ((field, field.values(getattr(criteria, name))) for name, field in declared_fields(Criteria).items())
    language = words.language
    found = [
        f"{field_label(field, words)}{_COLON[language]}"
        + _BETWEEN[language].join(_describe_value(field, value, names, words) for value in values)
        for field, values in active
        if values
    ]
    return (*found, *describe_bounds(bounds, names, language))


def describe_bounds(bounds: Bounds | None, names: KnownNames, language: Language) -> tuple[str, ...]:
    """Return the bounds of a user in words; empty without bounds. Parameters as in `describe_filters`."""
    limits = list(_list_bounds(bounds, names)) if bounds else []
    return (f"{_WITHIN[language]}{_COLON[language]}{_BETWEEN[language].join(limits)}",) if limits else ()


def field_label(field: QueryField, words: DistrictWords) -> str:
    """Return the label of a field; that of a field with areas is the name of its layers in the district."""
    return words.name_layers(AREA_FIELDS.get(field.name, ())) or field.words[words.language]


def value_label(field: QueryField, value: Any, words: DistrictWords) -> str:  # noqa: ANN401 - any field
    """Return a value in words, for a chip; a layer has its name in the district."""
    return words.layers.get(value) or field.label(value, words.language)


def _describe_value(field: QueryField, value: Any, names: KnownNames, words: DistrictWords) -> str:  # noqa: ANN401 - any field
    if field.known:
        return _with_name(str(value), field.known, names)
    return value_label(field, value, words) if field.choices else field.show(value)


def _list_bounds(bounds: Bounds, names: KnownNames) -> Iterator[str]:
    lists: Sequence[KnownValues] = (KnownValues.STREETS, KnownValues.COMMUNITIES, KnownValues.GRIDS)
    for code in bounds.areas:
        yield next((f"{code} {names[known][code]}" for known in lists if code in names.get(known, {})), code)
    for code in bounds.categories:
        yield _with_name(code, KnownValues.CATEGORIES, names)
    yield from bounds.departments


def _with_name(code: str, known: KnownValues, names: KnownNames) -> str:
    name = names.get(known, {}).get(code)
    return f"{code} {name}" if name else code
