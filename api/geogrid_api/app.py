"""The application."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING

# libpysal loads it, in whichever thread finds the first hot spot; half loaded it trips up SQLAlchemy in all others.
import sqlalchemy.orm  # noqa: F401 - loaded before there are other threads
from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from geogrid.incidents.rule_set import load_rules
from geogrid.rules.formulas import load_formulas
from geogrid.services.escalation import tick
from geogrid.services.incident_cache import Overview
from geogrid.settings import Settings
from geogrid.store.database import Store
from geogrid_api import conditional_headers, desk_auth, problems
from geogrid_api.active_rules import Rulings
from geogrid_api.background import Background
from geogrid_api.dependencies import AppState
from geogrid_api.event_stream import LOOK_EVERY_S as FOLLOW_EVERY_S
from geogrid_api.event_stream import Following
from geogrid_api.exports import Exports
from geogrid_api.memory import FrozenMemory
from geogrid_api.oidc import Issuer
from geogrid_api.place_finders import Finders
from geogrid_api.routes import (
    account,
    admin,
    admin_forms,
    areas,
    audit,
    base_map,
    batch,
    cards,
    desk,
    desk_steps,
    docs,
    drawer,
    events,
    exports,
    figures,
    incident_steps,
    incidents,
    layer_import,
    layers,
    ledger,
    ledger_lists,
    locate,
    location_review,
    login,
    map_files,
    maps,
    people,
    photos,
    places,
    prints,
    queue,
    routing,
    sessions,
    table_pages,
    whistles,
)
from geogrid_api.security_headers import add_headers
from geogrid_api.shutdown import Stopping
from geogrid_api.snapshots import Snapshots
from geogrid_maps import assets, vendor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

_BATCHES_AT_ONCE = 2
#: How long after a decision an answer may still follow the one before.
LOOK_EVERY_S = 0.5
#: How often what the maps count is brought up to date, so that after a start the first planner need not wait for it.
_WARM_EVERY_S = 5.0

_DESCRIPTION = """Grid management of an urban district: which grid a point lies in, what was reported there, how much.

城区网格化管理：定位网格、上报事件、统计与热力图。

A datum is never guessed: send `datum`. Errors are RFC 9457 problems with a stable `code`."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings
        By default from the environment.

    Raises
    ------
    SetupError, NotFoundError
        When it starts: if the database cannot be opened, or if it holds no layers.
    """
    chosen = settings or Settings()
    app = _Application(
        title="geogrid",
        version=version("geogrid"),
        description=_DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems.responses(HTTPStatus.UNPROCESSABLE_ENTITY),
        max_body_size=chosen.max_body_mb * 1_000_000,
    )
    app.state.settings = chosen
    problems.install(app)
    conditional_headers.install(app)
    desk_auth.install(app)
    app.middleware("http")(add_headers)
    packed = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *exports.PACKED)
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=5, exclude_content_types=packed)
    for module in (
        locate,
        batch,
        incidents,
        incident_steps,
        photos,
        cards,
        ledger_lists,
        ledger,
        queue,
        events,
        routing,
        location_review,
        whistles,
        figures,
        areas,
        layers,
        layer_import,
        exports,
        people,
        drawer,
        places,
        map_files,
        maps,
        base_map,
        prints,
        table_pages,
        sessions,
        login,
        desk,
        desk_steps,
        admin,
        admin_forms,
        account,
        audit,
        docs,
    ):
        app.include_router(module.router)
    for name, folder in {**vendor.folders(), "own": assets.STATIC}.items():
        app.mount(f"{maps.STATIC}/{name}", StaticFiles(directory=folder), name=name)
    return app


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return problems.PlainRefusals(super().build_middleware_stack())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    shipped, formulas = load_rules(), load_formulas()
    store = Store(settings.url)
    made, overview, stopping = Exports(), Overview(store), Stopping()
    memory = FrozenMemory()
    try:
        store.upgrade()
        snapshots = Snapshots(store, settings)
        rulings = Rulings(store, shipped)
        app.state.house = AppState(
            settings=settings,
            store=store,
            overview=overview,
            formulas=formulas,
            rulings=rulings,
            snapshots=snapshots,
            exports=made,
            finders=Finders(store),
            following=Following(store),
            stopping=stopping,
            issuer=Issuer(settings) if settings.oidc_issuer else None,
            batches=CapacityLimiter(_BATCHES_AT_ONCE),
            uploads=CapacityLimiter(1),
            sheets=CapacityLimiter(1),
        )
        with (
            stopping,
            Background("generations", snapshots.refresh, LOOK_EVERY_S),
            Background("warm", lambda: _warm(app.state.house, memory), _WARM_EVERY_S),
            Background("rules", rulings.refresh, LOOK_EVERY_S),
            Background("following", app.state.house.following.refresh, FOLLOW_EVERY_S),
            Background("tick", lambda: _tick(app.state.house), settings.tick_s) if settings.tick_s else nullcontext(),
        ):
            yield
    finally:
        memory.thaw()
        made.close()
        store.close()


def _warm(house: AppState, memory: FrozenMemory) -> None:
    house.overview.current()
    snapshot = house.snapshots.current
    # With it comes what finds hot spots, which takes two seconds to load.
    _ = snapshot.pages.backdrop.areas.adjacency
    memory.freeze(snapshot.generation.id)


def _tick(house: AppState) -> None:
    tick(house.store, house.snapshots.current.locator, house.rules)
