"""ASGI middleware that forwards requests for maps and figures to the render processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request

from geogrid.errors import UnavailableError
from geogrid_api.problem_details import on_geogrid_error
from geogrid_api.render_pool import is_rendered

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from geogrid_api.render_pool import RenderPool


class RenderForwarder:
    """ASGI middleware outside all others: a render process adds their headers and compresses the response.

    Parameters
    ----------
    inner
        The application with all other middleware.
    app
        The application, whose state has the attribute ``render_pool`` if there are render processes.
    """

    def __init__(self, inner: ASGIApp, app: FastAPI) -> None:
        self._inner = inner
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the request, or respond in this process."""
        pool: RenderPool | None = getattr(self._app.state, "render_pool", None)
        if pool is None or not is_rendered(scope):
            await self._inner(scope, receive, send)
            return
        try:
            process = pool.choose()
            if process is None:
                await self._inner(scope, receive, send)
            else:
                await process.forward(scope, receive, send)
        except UnavailableError as error:
            request = Request({**scope, "app": self._app})
            response = await on_geogrid_error(request, error)
            await response(scope, receive, send)
