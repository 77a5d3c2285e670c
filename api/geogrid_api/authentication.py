"""Who calls: a program with a key, a person with a session, somebody whom another house vouches for, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from geogrid.errors import AccessError, ForbiddenError
from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission, has_permission
from geogrid.services import keys, sessions

if TYPE_CHECKING:
    from geogrid_api.dependencies import AppState

#: The cookie that a browser keeps a session in.
COOKIE: Final = "geogrid_session"
#: For the OpenAPI document of a route that also answers those who do not say who they are.
ANYBODY: Final[dict[str, list[dict[str, list[str]]]]] = {"security": [{}]}
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(
    auto_error=False,
    description="A key from `geogrid keys add` or the first `geogrid demo`, a token of POST /v1/sessions, "
    "or one of the OpenID provider in the settings.",
)
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /v1/sessions.")
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
CookieDep = Annotated[str | None, Security(_cookie)]


async def find_actor(request: Request, bearer: BearerDep, cookie: CookieDep) -> Actor | None:
    """Return who calls, or None where nobody says so.

    Raises
    ------
    AccessError
        If the header says so wrongly: that is not taken for nobody. A session that has ended is, in a cookie.
    ForbiddenError
        If a browser sends its cookie with a change that another site's page has asked it for.
    """
    house: AppState = request.app.state.house
    actor: Actor | None
    if "authorization" in request.headers:
        actor = await run_in_threadpool(_actor_of, house, bearer.credentials if bearer else "")
    else:
        actor = await run_in_threadpool(sessions.find_session, house.store, cookie) if cookie else None
        if actor and request.method not in _SAFE:
            check_same_origin(request)
    # For `geogrid_api.security_headers`: the answer is for nobody else.
    request.state.known = actor is not None
    # For `geogrid_api.problem_pages`: an error page links to pages that this actor may open.
    request.state.actor = actor
    return actor


MaybeActorDep = Annotated[Actor | None, Depends(find_actor)]


async def require_actor(actor: MaybeActorDep) -> Actor:
    """Let only those pass who say who they are.

    Raises
    ------
    AccessError
        If nobody does.
    """
    if actor is None:
        raise AccessError(
            "This needs a key or a login.",
            remedy="Send the header Authorization: Bearer KEY, or log in with POST /v1/sessions.",
        )
    return actor


ActorDep = Annotated[Actor, Depends(require_actor)]


def require(*permissions: Permission) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return a dependency that lets only those pass who may do one of some things, and says who they are."""

    async def door(actor: ActorDep) -> Actor:
        if not any(has_permission(actor, permission) for permission in permissions):
            check_permission(actor, permissions[0])
        return actor

    return Depends(door)


async def admit_to_locate(request: Request, bearer: BearerDep, cookie: CookieDep) -> None:
    """Let everybody locate points, or by the settings only those who say who they are."""
    house: AppState = request.app.state.house
    if not house.settings.anonymous_locate:
        await require_actor(await find_actor(request, bearer, cookie))


async def map_viewer(request: Request, actor: MaybeActorDep) -> Actor | None:
    """Let everybody see maps, or by the settings only those who may read figures; say who it is.

    Raises
    ------
    AccessError, ForbiddenError
        If it may not.
    """
    house: AppState = request.app.state.house
    if actor is None and not house.settings.anonymous_maps:
        return await require_actor(None)
    if actor is not None:
        check_permission(actor, Permission.FIGURES_READ)
    return actor


MapViewerDep = Annotated[Actor | None, Depends(map_viewer)]


def check_same_origin(request: Request) -> None:
    """Raise unless a browser says that its own page, from this service, has asked for the request.

    Raises
    ------
    ForbiddenError
        If it says otherwise, or nothing.
    """
    site = request.headers.get("sec-fetch-site")
    # Schemes are not compared: a proxy in front may speak TLS. Its name for this service is what a browser sends.
    same = urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
    if not (site == "same-origin" if site else same):
        raise ForbiddenError(
            "A page of another site has asked for this, or a program that does not say where it comes from.",
            code="cross_site",
            remedy="Programs send the token in the header Authorization instead of the cookie.",
        )


def _actor_of(house: AppState, token: str) -> Actor:
    if token.startswith(sessions.PREFIX):
        actor = sessions.find_session(house.store, token)
        if actor is None:
            raise AccessError("The session has ended.", code="session_ended", remedy="Log in again.")
        return actor
    if house.issuer and not token.startswith(keys.PREFIX) and token.count(".") == 2:  # noqa: PLR2004 - parts of a JWT
        return house.issuer.actor_of(token)
    return keys.key_actor(keys.check_key(house.store, token))


#: Who may read the ledger, and who may write it.
LedgerReaderDep = Annotated[Actor, require(Permission.LEDGER_READ)]
LedgerWriterDep = Annotated[Actor, require(Permission.LEDGER_WRITE)]
#: Who may read incidents, and who may take steps; in both cases those within the actor's bounds.
ReaderDep = Annotated[Actor, require(Permission.INCIDENTS_READ)]
StepperDep = Annotated[Actor, require(Permission.LOOP_STEP)]
