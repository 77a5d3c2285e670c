"""Active routing rules, and tests of candidate rules."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from geogrid.local_time import local_zone
from geogrid.model import Permission
from geogrid.rules.routing import RoutingRules
from geogrid.services import routing_rules as service
from geogrid.store.routing_rules import RoutingVersion
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import require_actor, require_permission
from geogrid_api.dependencies import Day
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1/routing", tags=["routing 分派"])

# The body is parsed before authentication, so anonymous users can send one.
_MAX_RULES_BYTES = 256_000


class ActivationResponse(BaseModel):
    """An activation of routing rules."""

    version: str
    sha256: str
    active_from: datetime
    decided_at: datetime
    actor: str


class RoutingResponse(BaseModel):
    """The active routing rules, and all activations, oldest first."""

    rules: RoutingRules
    sha256: str
    decisions: list[ActivationResponse] = Field(
        description="Activations; an empty list means the rules shipped with geogrid."
    )


class RoutingTestBody(BaseModel):
    """Candidate rules and a test period."""

    model_config = ConfigDict(extra="forbid")

    rules: RoutingRules
    first: Annotated[
        Day | None,
        Field(alias="from", description="First day; requires `to`. Without both, the test uses the last month."),
    ] = None
    last: Annotated[Day | None, Field(alias="to", description="Last day, inclusive.")] = None


@router.get("", dependencies=[Depends(require_actor)], responses=problem_responses(HTTPStatus.UNAUTHORIZED))
def read_routing(state: StateDep) -> RoutingResponse:
    """Return the active rules that give reports their department and level; the first match applies."""
    rules = state.rules.routing
    decisions = [_make_activation(activation) for activation in service.list_decisions(state.store)]
    return RoutingResponse(rules=rules, sha256=rules.sha256, decisions=decisions)


@router.post(
    "/test",
    dependencies=[require_permission(Permission.RULES_WRITE)],
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def test_routing(body: RoutingTestBody, state: StateDep) -> service.RoutingReplay:
    """Replay the incidents of a period with candidate rules, and count the incidents with another department or level.

    The request changes no incident. To activate rules, run `geogrid routing activate`.
    """
    return service.replay_routing(state.store, state.rules, body.rules, body.first, body.last)


def _make_activation(activation: RoutingVersion) -> ActivationResponse:
    return ActivationResponse(
        version=activation.version,
        sha256=activation.sha256,
        active_from=activation.active_from.astimezone(local_zone()),
        decided_at=activation.decided_at.astimezone(local_zone()),
        actor=activation.actor,
    )
