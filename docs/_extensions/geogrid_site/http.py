"""Markdown of the HTTP reference, from the OpenAPI document that the service itself builds."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.settings import Settings
from geogrid_api.app import create_app
from geogrid_site.escaping import cell, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_METHODS = ("get", "post", "put", "patch", "delete")
#: Limits of a value that a parameter table names, with how they read.
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "pattern `{}`",
    "default": "default `{}`",
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; no database is opened for it."""
    with tempfile.TemporaryDirectory() as home:
        return create_app(Settings(home=Path(home))).openapi()


def operations_markdown() -> str:
    """Return one section a tag, with one section an operation."""
    tags: dict[str, list[str]] = {}
    for path, methods in document()["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = methods[method].get("tags", ["other"])[0].split()[0]
                tags.setdefault(tag, []).append(_operation(path, method, methods[method]))
    return "\n".join(line for tag, found in tags.items() for line in [f"## {tag.capitalize()}", "", *found])


def schemas_markdown() -> str:
    """Return one section a schema, in alphabetical order."""
    schemas = document()["components"]["schemas"]
    return "\n".join(_schema(name, schemas[name]) for name in sorted(schemas))


def type_text(schema: dict[str, Any]) -> str:
    """Return the type of a value in words, with links to the schemas.

    >>> type_text({"anyOf": [{"type": "integer"}, {"type": "null"}]})
    'integer or null'
    >>> type_text({"type": "array", "items": {"$ref": "#/components/schemas/Point"}})
    'array of [Point](#schema-point)'
    """
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#schema-{name.lower()})"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(type_text(each) for each in schema[union]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    return _simple_type(schema)


def _simple_type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        return f"array of {type_text(schema['items'])}" if "items" in schema else "array"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_text(schema['additionalProperties'])}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    lines = [f"### {method.upper()} {path}", "", text(operation.get("description", operation["summary"])), ""]
    if "security" in operation:
        lines += ["Authentication: key, session or token.", ""]
    lines += [*_parameters(operation), *_body(operation), *_responses(operation)]
    return "\n".join([*lines, ""])


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    found = operation.get("parameters", [])
    if not found:
        return
    yield from ("| parameter | in | type | meaning |", "|---|---|---|---|")
    for each in found:
        name = f"`{each['name']}`" + (" (required)" if each.get("required") else "")
        meaning = cell(each.get("description", ""))
        yield f"| {name} | {each['in']} | {_typed(each['schema'])} | {meaning} |"
    yield ""


def _body(operation: dict[str, Any]) -> Iterator[str]:
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Request body `{media}`: {type_text(content.get('schema', {}))}"
        yield ""


def _responses(operation: dict[str, Any]) -> Iterator[str]:
    yield from ("| status | content |", "|---|---|")
    for status, response in sorted(operation["responses"].items()):
        kinds = [
            f"`{media}` {type_text(each.get('schema', {}))}" for media, each in response.get("content", {}).items()
        ]
        described = response["description"] if not kinds else ", ".join(kinds)
        yield f"| {status} | {described.replace('|', chr(92) + '|')} |"
    yield ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    lines = [f"(schema-{name.lower()})=", f"## {name}", ""]
    if schema.get("description"):
        lines += [text(schema["description"]), ""]
    if "properties" not in schema:
        return "\n".join([*lines, f"Type: {type_text(schema)}", "", ""])
    lines += ["| member | type | meaning |", "|---|---|---|"]
    for member, value in schema["properties"].items():
        label = f"`{member}`" + (" (required)" if member in schema.get("required", []) else "")
        lines.append(f"| {label} | {_typed(value)} | {cell(value.get('description', ''))} |")
    return "\n".join([*lines, "", ""])


def _typed(schema: dict[str, Any]) -> str:
    parts = [type_text(schema), *_limits(schema)]
    for each in schema.get("anyOf", []):
        parts += _limits(each)
    return ", ".join(parts).replace("|", "\\|")


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    for key, words in _LIMITS.items():
        if schema.get(key) is not None:
            value = schema[key]
            yield words.format(json.dumps(value, ensure_ascii=False) if key == "default" else value)
