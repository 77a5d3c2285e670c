"""Requests that may come twice, and are done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from geogrid.errors import InputError
from geogrid.store.idempotency import add_response, find_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.model import Actor

D = TypeVar("D")

MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class IdempotentRequest(Generic[D]):
    """What tells that a request has come before.

    Attributes
    ----------
    key
        That the caller has made up for the request.
    fingerprint
        Of all that is asked; the same key with another one is a mistake of the caller.
    render
        Writes the answer that is to be kept.
    """

    key: str
    fingerprint: str
    render: Callable[[D], str]


class RepeatedRequest(Exception):  # noqa: N818 - no error: the request has been done, and `answer` is what it got
    """The request came before."""

    def __init__(self, answer: str) -> None:
        super().__init__("The request came before.")
        self.answer = answer


def check_repeated(connection: Connection, actor: Actor, once: IdempotentRequest[D] | None) -> None:
    """Stop a request that came before.

    Raises
    ------
    RepeatedRequest
        With its first answer.
    InputError
        If its key was used for another request.
    """
    kept = find_response(connection, actor.id, once.key) if once else None
    if once is None or kept is None:
        return
    fingerprint, answer = kept
    if fingerprint != once.fingerprint:
        raise InputError(
            "This key was used for another request.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
            remedy="Make up a new key for each request.",
        )
    raise RepeatedRequest(answer)


def keep_response(connection: Connection, actor: Actor, once: IdempotentRequest[D] | None, done: D) -> None:
    """Keep the answer of a request that is done."""
    if once:
        add_response(connection, actor.id, once.key, fingerprint=once.fingerprint, answer=once.render(done))
