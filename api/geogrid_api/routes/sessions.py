"""JSON routes to log in, log out, and read the own account."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import NotFoundError
from geogrid.local_time import local_zone
from geogrid.model import Actor, Bounds, Permission, Role
from geogrid.permissions import actor_permissions
from geogrid.services import sessions as service
from geogrid.services.passwords import MAX_LENGTH
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import SESSION_COOKIE, ActorDep, BearerDep, CookieDep, check_same_origin
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1", tags=["access 权限"])

_MAX_LOGIN_BYTES = 8_000


class LoginBody(BaseModel):
    """Credentials of an account."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=100)]
    password: Annotated[str, Field(max_length=MAX_LENGTH, json_schema_extra={"format": "password"})]


class AccountResponse(BaseModel):
    """The authenticated user or key, with its permissions."""

    id: str
    name: str
    roles: list[Role]
    bounds: Bounds = Field(description="Bounds; an empty list means no limit.")
    permissions: list[Permission]


class SessionResponse(BaseModel):
    """A new session."""

    token: str = Field(description="Token for the header Authorization: Bearer TOKEN. It is returned only once.")
    expires_at: datetime
    me: AccountResponse


@router.post(
    "/sessions",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_LOGIN_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def log_in(body: LoginBody, request: Request, response: Response, state: StateDep) -> SessionResponse:
    """Log in, and get a session of twelve hours as a token and a cookie.

    The session ends early if the account is disabled, or if its password, roles or bounds change.
    """
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        # Pages of other sites must not log users in.
        check_same_origin(request)
    address = request.client.host if request.client else ""
    session = service.log_in(state.store, body.name, body.password, address)
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=int(service.SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"
    return SessionResponse(
        token=session.token, expires_at=session.expires_at.astimezone(local_zone()), me=_make_account(session.actor)
    )


@router.delete(
    "/sessions/current",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND),
)
def log_out(
    request: Request, response: Response, state: StateDep, _actor: ActorDep, bearer: BearerDep, cookie: CookieDep
) -> None:
    """End the session of the request."""
    token = bearer.credentials if bearer else cookie or ""
    if not token.startswith(service.PREFIX):
        raise NotFoundError(
            "An API key has no session.", code="session_unknown", remedy="To revoke the key, run geogrid keys revoke."
        )
    service.log_out(state.store, token)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")


@router.get("/me", responses=problem_responses(*AUTH_ERRORS))
def read_account(actor: ActorDep) -> AccountResponse:
    """Return the authenticated account with its roles, bounds and permissions."""
    return _make_account(actor)


def _make_account(actor: Actor) -> AccountResponse:
    return AccountResponse(
        id=actor.id,
        name=actor.name,
        roles=sorted(actor.roles),
        bounds=actor.bounds,
        permissions=sorted(actor_permissions(actor)),
    )
