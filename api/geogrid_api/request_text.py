"""What a text in a request must be."""

from __future__ import annotations


def text_only(value: object) -> object:
    """Let no number pass for a time: pydantic would take it for seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("A time is text, such as 2022-01-31T08:30:00+08:00.")  # noqa: TRY004 - pydantic's contract
    return value
