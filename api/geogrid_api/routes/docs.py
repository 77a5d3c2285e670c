"""API documentation, health check and the font style sheet."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from geogrid_api.app_state import StateDep
from geogrid_api.routes.maps import STATIC_PATH
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.vendor import font_stylesheet, local_files

router = APIRouter()

_SWAGGER = {
    "swagger_js_url": "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js",
    "swagger_css_url": "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css",
    "swagger_favicon_url": "https://fastapi.tiangolo.com/img/favicon.png",
}


class HealthResponse(BaseModel):
    """Health of the service."""

    status: Annotated[str, Field(examples=["ok"])] = "ok"
    generation: int | None = Field(description="Id of the active generation; null before the first layers.")


@router.get("/health", tags=["service 服务"])
async def read_health(state: StateDep) -> HealthResponse:
    """Return the health of the service and the active generation."""
    return HealthResponse(generation=state.snapshots.current.generation.id if state.snapshots.has_layers else None)


@router.get(f"{STATIC_PATH}/cjk.css", include_in_schema=False)
def read_font_css() -> Response:
    """Return the style sheet of the Chinese font, for devices without one."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(font_stylesheet(STATIC_PATH), media_type="text/css", headers=headers)


@router.get("/docs", include_in_schema=False)
def show_docs(request: Request) -> HTMLResponse:
    """Show the API documentation in Swagger UI, served locally."""
    local = local_files()
    urls: dict[str, Any] = {
        name: f"{STATIC_PATH}/{local[url]}" if url in local else url for name, url in _SWAGGER.items()
    }
    page = get_swagger_ui_html(openapi_url=str(request.app.openapi_url), title=f"{request.app.title} API", **urls)
    # FastAPI's template has no language attribute, which screen readers need.
    html = bytes(page.body).decode().replace("<html>", '<html lang="en">', 1)
    return HTMLResponse(html, headers=make_page_headers(html))
