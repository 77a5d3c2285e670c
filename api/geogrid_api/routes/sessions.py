"""Sessions of people: log in, log out; and who one is."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import NotFoundError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Actor, Bounds, Permission, Role
from geogrid.permissions import actor_permissions
from geogrid.services import sessions as service
from geogrid.services.passwords import MAX_LENGTH
from geogrid_api.authentication import COOKIE, ActorDep, BearerDep, CookieDep, check_same_origin
from geogrid_api.dependencies import HouseDep
from geogrid_api.problems import DOORS, responses

router = APIRouter(prefix="/v1", tags=["access 权限"])

_MAX_LOGIN_BYTES = 8_000


class LoginBody(BaseModel):
    """A name and its password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=100)]
    password: Annotated[str, Field(max_length=MAX_LENGTH, json_schema_extra={"format": "password"})]


class Me(BaseModel):
    """Who one is, and what that may do."""

    id: str
    name: str
    roles: list[Role]
    bounds: Bounds = Field(description="An empty list sets no bound.")
    permissions: list[Permission]


class SessionAnswer(BaseModel):
    """A session that has just begun."""

    token: str = Field(description="For the header Authorization: Bearer TOKEN; told this once.")
    expires_at: datetime
    me: Me


@router.post(
    "/sessions",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_LOGIN_BYTES,
    responses=responses(*DOORS, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def log_in(body: LoginBody, request: Request, response: Response, house: HouseDep) -> SessionAnswer:
    """Log in; the session lasts for twelve hours, in the token and in a cookie.

    It ends before when the account is disabled, or its password, roles or bounds change.
    """
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        # Nobody is logged in by a page of somebody else's.
        check_same_origin(request)
    address = request.client.host if request.client else ""
    session = service.log_in(house.store, body.name, body.password, address)
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(service.LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(
        token=session.token, expires_at=session.expires_at.astimezone(LOCAL_ZONE), me=_me(session.actor)
    )


@router.delete(
    "/sessions/current",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(*DOORS, HTTPStatus.NOT_FOUND),
)
def log_out(
    request: Request, response: Response, house: HouseDep, _actor: ActorDep, bearer: BearerDep, cookie: CookieDep
) -> None:
    """End the session that the request comes with."""
    token = bearer.credentials if bearer else cookie or ""
    if not token.startswith(service.PREFIX):
        raise NotFoundError("A key has no session.", code="session_unknown", remedy="Revoke it: geogrid keys revoke.")
    service.log_out(house.store, token)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")


@router.get("/me", responses=responses(*DOORS))
def read_me(actor: ActorDep) -> Me:
    """Say who you are to the service, and what you may do."""
    return _me(actor)


def _me(actor: Actor) -> Me:
    return Me(
        id=actor.id,
        name=actor.name,
        roles=sorted(actor.roles),
        bounds=actor.bounds,
        permissions=sorted(actor_permissions(actor)),
    )
