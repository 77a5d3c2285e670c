"""One filter field: its name in addresses and commands, its parser, its words and the values it accepts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    #: A text in each language of the pages.
    Words = Mapping[Language, str]

_KEY: Final = "query_field"
_SEVERAL: Final = {
    Language.ZH: "；可多选，用逗号分隔或重复",
    Language.EN: " Several values: with commas, or repeated.",
}


class KnownValues(StrEnum):
    """A list of values that the rules or the layers define, see `geogrid.services.filter_value_check`."""

    CATEGORIES = "categories"
    DEPARTMENTS = "departments"
    SOURCES = "sources"
    LEVELS = "levels"
    STREETS = "streets"
    COMMUNITIES = "communities"
    GRIDS = "grids"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryField:
    """A filter field. The API, the pages, the commands and the panel read their parameters from it.

    Attributes
    ----------
    name
        The attribute of the dataclass that declares the field.
    parameter
        The name in an address; the command-line option is ``--parameter``. By default `name`.
    words
        The label of the field.
    description
        What the field selects.
    parse
        Convert the text of a parameter into a value. Raises ValueError or QueryError, without the text in the message.
    show
        Write a value for people where it has no name in `choices`.
    schema
        JSON Schema keywords of the text.
    choices
        The names of the values that the panel offers, by the value. None: the values come from `known`, or are free.
    known
        The list that a value must be in. None: `parse` decides alone.
    parent
        The field of the wider area: without a value of it, the panel does not offer this field.
    several
        Whether the field accepts several values: the attribute is a tuple, or None. A parameter lists them with commas,
        or is sent several times.
    in_panel
        Whether the filter panel of the pages shows the field.
    needs_user
        Whether the field is refused for anonymous users.
    """

    name: str = ""
    parameter: str = ""
    words: Words
    description: Words
    parse: Callable[[str], Any]
    show: Callable[[Any], str] = str
    schema: Mapping[str, Any]
    choices: Mapping[Any, Words] | None = None
    known: KnownValues | None = None
    parent: str | None = None
    several: bool = False
    in_panel: bool = True
    needs_user: bool = False

    def describe(self, language: Language) -> str:
        """Return the description of the field, and how it takes several values."""
        return self.description[language] + (_SEVERAL[language] if self.several else "")

    def read(self, texts: Iterable[str]) -> Any:  # noqa: ANN401 - the value of any field
        """Return the value of a parameter, or the tuple of its values, each once.

        Raises
        ------
        ValueError, QueryError
            As `parse`.
        """
        if not self.several:
            return self.parse(*texts)
        return tuple(dict.fromkeys(self.parse(part) for text in texts for part in text.split(",")))

    def write(self, value: Any) -> str:  # noqa: ANN401 - the value of any field
        """Return the text of a value in an address, which `read` reads."""
        return ",".join(map(str, value)) if self.several else str(value)

    def values(self, value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the value of any field
        """Return the values of a field: none, one or several."""
        if value is None:
            return ()
        return value if self.several else (value,)

    def label(self, value: Any, language: Language) -> str:  # noqa: ANN401 - the value of any field
        """Return a value in words, for a chip."""
        if self.choices is None:
            return f"{self.words[language]} {self.show(value)}"
        names = self.choices.get(value)
        return names[language] if names else self.show(value)


def declare(**of_field: Any) -> Any:  # noqa: ANN401 - as `dataclasses.field`
    """Declare an attribute of a dataclass as a filter field, from the keywords of `QueryField`; its default is None."""
    return field(default=None, metadata={_KEY: QueryField(**of_field)})


def declare_again(entry: QueryField, **changes: Any) -> Any:  # noqa: ANN401 - as `dataclasses.field`
    """Declare an attribute as a filter field of another dataclass, with some changes."""
    return field(default=None, metadata={_KEY: replace(entry, **{"name": "", **changes})})


def declared_fields(of: type[Any]) -> dict[str, QueryField]:
    """Return the filter fields of a dataclass by the names of its attributes, in the order of declaration."""
    found = ((one.name, one.metadata[_KEY]) for one in fields(of) if _KEY in one.metadata)
    return {name: replace(entry, name=name, parameter=entry.parameter or name) for name, entry in found}


def choice_of(values: Iterable[StrEnum | int], choices: Mapping[Any, Words] | None = None) -> dict[str, Any]:
    """Return the keywords of a `QueryField` that accepts some values, with their names where the panel offers them."""
    by_text = {str(value): value for value in values}

    def parse(text: str) -> StrEnum | int:
        if text not in by_text:
            raise ValueError(f"This value does not exist. Choose one of: {', '.join(by_text)}.")
        return by_text[text]

    return {"parse": parse, "schema": {"enum": list(by_text)}, "choices": choices}
