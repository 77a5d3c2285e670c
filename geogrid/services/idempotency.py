"""Idempotent requests: a repeated request returns the stored response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from geogrid.errors import InputError
from geogrid.store.bookkeeping import add_answer, find_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.model import Actor

D = TypeVar("D")

MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class IdempotentRequest(Generic[D]):
    """The idempotency key of a request.

    Attributes
    ----------
    key
        The key chosen by the client.
    fingerprint
        A hash of the request; a key with a different fingerprint is an error of the client.
    render
        Returns the response to store for a result.
    """

    key: str
    fingerprint: str
    render: Callable[[D], str]


class RepeatedRequest(Exception):  # noqa: N818 - not an error: `answer` is the stored response
    """The request was processed before."""

    def __init__(self, answer: str) -> None:
        super().__init__("The request was processed before.")
        self.answer = answer


def check_repeated(connection: Connection, actor: Actor, request: IdempotentRequest[D] | None) -> None:
    """Raise if a request was processed before.

    Raises
    ------
    RepeatedRequest
        If it was; it carries the stored response.
    InputError
        If the key was used for a different request.
    """
    stored = find_answer(connection, actor.id, request.key) if request else None
    if request is None or stored is None:
        return
    fingerprint, response = stored
    if fingerprint != request.fingerprint:
        raise InputError(
            "This key was used for a different request.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
            remedy="Use a new key for each request.",
        )
    raise RepeatedRequest(response)


def keep_response(connection: Connection, actor: Actor, request: IdempotentRequest[D] | None, result: D) -> None:
    """Store the response to a processed request."""
    if request:
        answer = request.render(result)
        add_answer(connection, actor.id, request.key, fingerprint=request.fingerprint, answer=answer)
