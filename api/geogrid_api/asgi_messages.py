"""ASGI requests and responses as pickled messages on a Unix socket between two processes of one service.

A connection carries one request: first its scope, then the messages of the response. The sockets lie in a folder that
only the account of the service can enter, so both sides trust the pickles.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.types import Message, Scope

#: Entries of a scope that another process needs; the others belong to the server or to the application.
_SCOPE_KEYS: Final = (
    "type",
    "asgi",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "headers",
    "client",
    "server",
)
_LENGTH_BYTES: Final = 4


async def write_message(writer: asyncio.StreamWriter, message: MutableMapping[str, Any]) -> None:
    """Write a message, and wait until the other process has read enough of the earlier ones."""
    packed = pickle.dumps(message)
    writer.write(len(packed).to_bytes(_LENGTH_BYTES))
    writer.write(packed)
    await writer.drain()


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return the next message, or None if the other process has closed the connection."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
        message: Message = pickle.loads(await reader.readexactly(length))  # noqa: S301 - written by this program
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message


def portable_scope(scope: Scope) -> Scope:
    """Return the entries of an HTTP scope that another process needs."""
    return {key: scope[key] for key in _SCOPE_KEYS if key in scope}
