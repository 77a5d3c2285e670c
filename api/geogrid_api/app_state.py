"""State that the API shares between requests, and the dependencies that return it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from geogrid_api.generation_cache import Snapshot

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Owner
    from geogrid.model import Incident
    from geogrid.rules.formulas import Formulas
    from geogrid.services.incident_cache import IncidentCache
    from geogrid.settings import Settings
    from geogrid.store.database import Store
    from geogrid_api.active_rules import RuleCache
    from geogrid_api.event_stream import ChangeWatcher
    from geogrid_api.export_cache import ExportCache
    from geogrid_api.garbage_collection import FrozenMemory
    from geogrid_api.generation_cache import SnapshotCache
    from geogrid_api.oidc import OidcIssuer
    from geogrid_api.page_cache import PageCache
    from geogrid_api.place_finders import PlaceFinders
    from geogrid_api.shutdown import ShutdownSignal


@dataclass(frozen=True, slots=True)
class AppState:
    """Database, caches and limits of a running service."""

    settings: Settings
    store: Store
    incident_cache: IncidentCache
    active_rules: RuleCache
    snapshots: SnapshotCache
    exports: ExportCache
    pages: PageCache
    place_finders: PlaceFinders
    changes: ChangeWatcher
    shutdown: ShutdownSignal
    memory: FrozenMemory
    #: OpenID provider whose tokens are accepted; optional.
    issuer: OidcIssuer | None
    #: Limits concurrent requests that locate many points. Requests for a single point are not limited.
    batch_limiter: CapacityLimiter
    #: Limits concurrent layer uploads. Waiting requests hold no thread.
    upload_limiter: CapacityLimiter
    #: Limits concurrent prints: matplotlib draws only one at a time.
    print_limiter: CapacityLimiter
    #: Limits concurrent exports of incidents, which read and format all incidents of a list.
    export_limiter: CapacityLimiter

    def owner_of(self, incident: Incident) -> Owner | None:
        """Return the grid responsible for an incident in the active generation, or None."""
        code = incident.placement.responsible_code
        return self.snapshots.current.locator.owners.get(code) if code else None

    @property
    def formulas(self) -> Formulas:
        """Active formulas of the figures."""
        return self.rules.formulas

    @property
    def rules(self) -> RuleSet:
        """Active rules."""
        return self.active_rules.current


async def get_state(request: Request) -> AppState:
    """Return the state of the running application."""
    state: AppState = request.app.state.geogrid
    return state


StateDep = Annotated[AppState, Depends(get_state)]


async def get_snapshot(state: StateDep) -> Snapshot:
    """Return the active generation. FastAPI caches it for the request."""
    snapshots = state.snapshots
    # Without layers the cache reads the database.
    return snapshots.current if snapshots.has_layers else await run_in_threadpool(lambda: snapshots.current)


SnapshotDep = Annotated[Snapshot, Depends(get_snapshot)]
