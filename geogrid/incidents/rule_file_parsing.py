"""Parsing of one rule file: its rules, or all places where it breaks its schema."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from geogrid.reference_files import RuleFile
from geogrid.rules.profile import Profile, find_line
from geogrid.rules.rule_faults import RuleFault, find_json_line

if TYPE_CHECKING:
    from collections.abc import Sequence

R = TypeVar("R", bound=RuleFile | Profile)


def parse_rule_file(schema: type[R], text: str) -> tuple[R | None, list[RuleFault]]:
    """Return the rules in the text of a file, or None and every fault of its schema, with line and place.

    Faults that a schema cannot express are left out: see `find_fault` of the rules.

    Examples
    --------
    >>> from geogrid.incidents.duplicates import DuplicateRules
    >>> rules, faults = parse_rule_file(DuplicateRules, "{")
    >>> rules, [(fault.file, fault.line) for fault in faults]
    (None, [('duplicates.json', 1)])
    """
    file = schema.file
    try:
        content = tomllib.loads(text) if schema is Profile else json.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [RuleFault(file, None, "", f"This is not valid TOML: {error}.")]
    except json.JSONDecodeError as error:
        return None, [RuleFault(file, error.lineno, "", f"This is not valid JSON: {error.msg}.")]
    except RecursionError:
        return None, [RuleFault(file, None, "", "The values are nested too deeply.")]
    try:
        return cast("R", schema.model_validate(content)), []
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
    return None, [
        RuleFault(file, find_place_line(file, text, path), ".".join(map(str, path)), f"{message}.")
        for one in details
        for path in [tuple(step for step in one["loc"] if step != "[key]")]
        for message in [one["msg"].removeprefix("Value error, ").removesuffix(".")]
    ]


def find_place_line(file: str, text: str, path: Sequence[str | int]) -> int | None:
    """Return the line number of a value in the text of a rule file, or of the nearest value around it."""
    find = find_line if file == Profile.file else find_json_line
    return find(text, tuple(path))
