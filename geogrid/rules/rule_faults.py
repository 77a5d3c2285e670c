"""Faults in rule files, with the file and the line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A fault in a rule file.

    Attributes
    ----------
    file
        Name of the file.
    line
        Line number; None if it is not known.
    place
        Path of the value in the file, such as ``categories.3.department``.
    message
        The fault, as a sentence.
    remedy
        What to do; empty if the message says it.
    """

    file: str
    line: int | None
    place: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the fault as one line."""
        line = f":{self.line}" if self.line else ""
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}{line}: {place}{self.message} {self.remedy}".rstrip()


def find_json_line(text: str, path: Sequence[str | int]) -> int | None:
    r"""Return the line number of a value in a JSON text, or of the nearest object or array around it.

    Parameters
    ----------
    path
        Keys of objects and positions in arrays.

    Examples
    --------
    >>> find_json_line('{"a": [\n1,\n{"b": 2}]}', ("a", 1, "b"))
    3
    """
    wanted = tuple(path)
    found: dict[int, int] = {}
    for place, offset in _iterate_values(text):
        if place == wanted[: len(place)]:
            found.setdefault(len(place), text.count("\n", 0, offset) + 1)
    return found[max(found)] if found else None


@dataclass(slots=True)
class _Container:
    """An open object or array: the key or the position of its next value."""

    is_array: bool
    key: str | int | None

    def start_next(self) -> None:
        self.key = self.key + 1 if isinstance(self.key, int) else None


def _iterate_values(text: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Yield the path and the offset of each value of a JSON text; a member of an object begins at its key."""
    stack: list[_Container] = []
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "]}":
            stack.pop()
        elif sign == ",":
            stack[-1].start_next()
        elif sign != ":":
            if stack and stack[-1].key is None:
                stack[-1].key = json.loads(sign)
                yield tuple(container.key for container in stack), token.start()
                continue
            if not stack or stack[-1].is_array:
                yield tuple(container.key for container in stack), token.start()
            if sign in "[{":
                stack.append(_Container(is_array=sign == "[", key=0 if sign == "[" else None))
