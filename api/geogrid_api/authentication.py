"""Authentication by API key, session or OpenID token, and the dependencies that require permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from geogrid.errors import AccessError, ForbiddenError
from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission, has_permission
from geogrid.services import api_keys, sessions

if TYPE_CHECKING:
    from geogrid_api.app_state import AppState

#: Name of the session cookie.
SESSION_COOKIE: Final = "geogrid_session"
#: OpenAPI entry of routes that anonymous users may call, too.
OPTIONAL_AUTH: Final[dict[str, list[dict[str, list[str]]]]] = {"security": [{}]}
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(
    auto_error=False,
    description="API key from `geogrid keys add` or `geogrid demo`, session token from POST /v1/sessions, "
    "or token of the configured OpenID provider.",
)
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="Set by POST /v1/sessions.")
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
CookieDep = Annotated[str | None, Security(_cookie)]


async def find_actor(request: Request, bearer: BearerDep, cookie: CookieDep) -> Actor | None:
    """Return the authenticated actor, or None for an anonymous request.

    Raises
    ------
    AccessError
        If the Authorization header is invalid. An expired session cookie makes the request anonymous instead.
    ForbiddenError
        If a page of another site sends a changing request with the session cookie.
    """
    state: AppState = request.app.state.geogrid
    actor: Actor | None
    if "authorization" in request.headers:
        actor = await run_in_threadpool(_actor_of, state, bearer.credentials if bearer else "")
    else:
        actor = await run_in_threadpool(sessions.find_session_actor, state.store, cookie) if cookie else None
        if actor and request.method not in _SAFE:
            check_same_origin(request)
    # `geogrid_api.security_headers` then forbids shared caches to store the response.
    request.state.authenticated = actor is not None
    # `geogrid_api.error_pages` links to pages that this actor may open.
    request.state.actor = actor
    return actor


OptionalActorDep = Annotated[Actor | None, Depends(find_actor)]


async def require_actor(actor: OptionalActorDep) -> Actor:
    """Return the authenticated actor.

    Raises
    ------
    AccessError
        If the request is anonymous.
    """
    if actor is None:
        raise AccessError(
            "This request needs an API key or a login.",
            remedy="Send the header Authorization: Bearer KEY, or log in with POST /v1/sessions.",
        )
    return actor


ActorDep = Annotated[Actor, Depends(require_actor)]


def require_permission(*permissions: Permission) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return a dependency that returns the actor and requires at least one of the permissions."""

    async def check(actor: ActorDep) -> Actor:
        if not any(has_permission(actor, permission) for permission in permissions):
            check_permission(actor, permissions[0])
        return actor

    return Depends(check)


async def check_locate_access(request: Request, bearer: BearerDep, cookie: CookieDep) -> None:
    """Require authentication, unless the setting ``anonymous_locate`` lets anonymous users locate points."""
    state: AppState = request.app.state.geogrid
    if not state.settings.anonymous_locate:
        await require_actor(await find_actor(request, bearer, cookie))


async def find_map_viewer(request: Request, actor: OptionalActorDep) -> Actor | None:
    """Return the actor who views a map, or None for an anonymous user if ``anonymous_maps`` allows it.

    Raises
    ------
    AccessError
        If the settings require authentication.
    ForbiddenError
        If the actor may not read figures.
    """
    state: AppState = request.app.state.geogrid
    if actor is None and not state.settings.anonymous_maps:
        return await require_actor(None)
    if actor is not None:
        check_permission(actor, Permission.FIGURES_READ)
    return actor


MapViewerDep = Annotated[Actor | None, Depends(find_map_viewer)]


def check_same_origin(request: Request) -> None:
    """Raise unless the request headers prove that a page of this service sent the request.

    Raises
    ------
    ForbiddenError
        If another site sent it, or if the headers do not name the site.
    """
    site = request.headers.get("sec-fetch-site")
    # Schemes are not compared, because a proxy may terminate TLS. Browsers send the proxy's host name in both headers.
    same_host = urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
    if not (site == "same-origin" if site else same_host):
        raise ForbiddenError(
            "The request comes from another site, or it has no header Sec-Fetch-Site or Origin.",
            code="cross_site",
            remedy="Programs must send the token in the header Authorization, not in the cookie.",
        )


def _actor_of(state: AppState, token: str) -> Actor:
    if token.startswith(sessions.PREFIX):
        actor = sessions.find_session_actor(state.store, token)
        if actor is None:
            raise AccessError("The session has ended.", code="session_ended", remedy="Log in again.")
        return actor
    if state.issuer and not token.startswith(api_keys.PREFIX) and token.count(".") == 2:  # noqa: PLR2004 - a JWT has three parts
        return state.issuer.actor_of(token)
    return api_keys.actor_from_key(api_keys.check_key(state.store, token))


FiguresReaderDep = Annotated[Actor, require_permission(Permission.FIGURES_READ)]
LedgerReaderDep = Annotated[Actor, require_permission(Permission.LEDGER_READ)]
LedgerWriterDep = Annotated[Actor, require_permission(Permission.LEDGER_WRITE)]
#: These actors may read incidents or take steps only within their bounds; the services check the bounds.
ReaderDep = Annotated[Actor, require_permission(Permission.INCIDENTS_READ)]
StepActorDep = Annotated[Actor, require_permission(Permission.LOOP_STEP)]
