"""Application: routes, middleware, shared state and periodic tasks."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

# Imported here because libpysal would import it in the thread that finds the first hot spot, and SQLAlchemy fails in
# other threads while that import is incomplete.
import sqlalchemy.orm  # noqa: F401
from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from geogrid.services.escalation import run_due_work
from geogrid.services.incident_cache import IncidentCache
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api import page_dependencies, problem_details, query_error_pages, request_preconditions
from geogrid_api.active_rules import RuleCache
from geogrid_api.app_state import AppState
from geogrid_api.compressed_body_check import ContentEncodingMiddleware
from geogrid_api.event_stream import POLL_EVERY_S, ChangeWatcher
from geogrid_api.export_cache import ExportCache
from geogrid_api.garbage_collection import FrozenMemory
from geogrid_api.generation_cache import SnapshotCache
from geogrid_api.locate_shortcut import LocateShortcut
from geogrid_api.oidc import OidcIssuer
from geogrid_api.page_cache import PageCache
from geogrid_api.periodic_task import PeriodicTask
from geogrid_api.place_finders import PlaceFinders
from geogrid_api.query_parameter_check import check_parameters
from geogrid_api.render_forwarding import RenderForwarder
from geogrid_api.render_pool import RenderPool
from geogrid_api.route_group import RouteGroup
from geogrid_api.routes import (
    account_page,
    admin_forms,
    admin_pages,
    area_figures,
    audit,
    batch,
    cards,
    desk,
    desk_forms,
    docs,
    events,
    figures,
    grid_drawer,
    incident_export,
    incident_parts,
    incident_steps,
    incidents,
    layer_export,
    layer_forms,
    layer_import,
    layers,
    ledger,
    ledger_forms,
    ledger_lists,
    ledger_pages,
    locate,
    location_review,
    login_page,
    loop_figures,
    map_data_files,
    maps,
    on_spot,
    people,
    photos,
    places,
    prints,
    queue,
    rule_versions,
    sessions,
    setup_page,
    table_pages,
    whistles,
)
from geogrid_api.security_headers import SecurityHeadersMiddleware
from geogrid_api.shutdown import ShutdownSignal
from geogrid_maps import assets, vendor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

#: Modules with routes, in the order of the OpenAPI document.
_ROUTES: Final = (
    locate,
    batch,
    incidents,
    on_spot,
    incident_export,
    incident_parts,
    incident_steps,
    photos,
    cards,
    ledger_lists,
    ledger,
    ledger_pages,
    ledger_forms,
    queue,
    events,
    rule_versions,
    location_review,
    whistles,
    figures,
    loop_figures,
    area_figures,
    layers,
    layer_import,
    layer_export,
    people,
    grid_drawer,
    places,
    map_data_files,
    maps,
    prints,
    table_pages,
    sessions,
    login_page,
    desk,
    desk_forms,
    admin_pages,
    admin_forms,
    layer_forms,
    setup_page,
    account_page,
    audit,
    docs,
)
_MAX_BATCHES = 2
#: Smallest response that is compressed, in bytes.
_MIN_COMPRESSED: Final = 2_000
#: Interval at which the active generation and rules are polled, in seconds.
REFRESH_EVERY_S = 0.5
#: Interval at which the incident cache is updated, in seconds, so that no request has to fill an empty cache.
_WARM_EVERY_S = 5.0

_DESCRIPTION = """Grid management of an urban district: locate points in grids, manage incidents, count and map them.

城区网格化管理：定位网格、上报事件、统计与热力图。

Send `datum` with coordinates: geogrid never guesses it. Errors are RFC 9457 problems with a stable `code`."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings
        Settings; read from the environment by default.

    Raises
    ------
    SetupError, FileError, ConflictError
        On startup, if the database cannot be opened, or if its rules do not fit its incidents.
    """
    settings = settings or Settings()
    app = _Application(
        title="geogrid",
        version=version("geogrid"),
        description=_DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problem_details.problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
        dependencies=[Depends(check_parameters)],
        max_body_size=settings.max_body_mb * 1_000_000,
    )
    app.state.settings = settings
    problem_details.install(app)
    query_error_pages.install(app)
    request_preconditions.install(app)
    page_dependencies.install(app)
    app.add_middleware(SecurityHeadersMiddleware)
    compressed = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *layer_export.RANGE_MEDIA_TYPES)
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_COMPRESSED, compresslevel=5, exclude_content_types=compressed)
    app.add_middleware(ContentEncodingMiddleware)
    for module in _ROUTES:
        app.include_router(RouteGroup(routes=module.router.routes))
    for name, folder in {**vendor.folders(), "own": assets.STATIC}.items():
        app.mount(f"{maps.STATIC_PATH}/{name}", StaticFiles(directory=folder), name=name)
    return app


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        stack = problem_details.PlainErrorMiddleware(super().build_middleware_stack())
        return LocateShortcut(RenderForwarder(stack, self), max_size=_MIN_COMPRESSED - 1)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    store, layer_export = Store(settings.url), ExportCache()
    memory = FrozenMemory()
    try:
        store.upgrade()
        state = app.state.geogrid = AppState(
            settings=settings,
            store=store,
            incident_cache=IncidentCache(store, settings.home / "index"),
            active_rules=RuleCache(store),
            snapshots=SnapshotCache(store, settings),
            exports=layer_export,
            pages=PageCache(),
            place_finders=PlaceFinders(store),
            changes=ChangeWatcher(store),
            shutdown=ShutdownSignal(),
            memory=memory,
            issuer=OidcIssuer(settings) if settings.oidc_issuer else None,
            batch_limiter=CapacityLimiter(_MAX_BATCHES),
            upload_limiter=CapacityLimiter(1),
            print_limiter=CapacityLimiter(1),
            export_limiter=CapacityLimiter(1),
        )
        with (
            state.shutdown,
            PeriodicTask("generations", state.snapshots.refresh, REFRESH_EVERY_S),
            PeriodicTask("warm", lambda: warm_caches(state), _WARM_EVERY_S),
            PeriodicTask("rules", state.active_rules.refresh, REFRESH_EVERY_S),
            PeriodicTask("changes", state.changes.refresh, POLL_EVERY_S),
            PeriodicTask("tick", lambda: _tick(state), settings.tick_s) if settings.tick_s else nullcontext(),
        ):
            async with _render_pool(app, settings):
                yield
    finally:
        memory.thaw()
        layer_export.close()
        store.close()


@asynccontextmanager
async def _render_pool(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    if not settings.render_workers:
        yield
        return
    async with RenderPool(settings, settings.render_workers) as app.state.render_pool:
        yield
    del app.state.render_pool


def warm_caches(state: AppState) -> None:
    """Load the data that maps need, and freeze all objects for the garbage collector."""
    state.incident_cache.refresh()
    state.incident_cache.save()
    if not state.snapshots.has_layers:
        return
    snapshot = state.snapshots.current
    # This imports libpysal and esda, which takes two seconds.
    _ = snapshot.prepared.backdrop.areas.adjacency
    state.memory.freeze(snapshot.generation.id)


def _tick(state: AppState) -> None:
    if state.snapshots.has_layers:
        run_due_work(state.store, state.snapshots.current.locator, state.rules)
