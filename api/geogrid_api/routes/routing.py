"""Routing rules: those in force, and what others would change."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Permission
from geogrid.rules.routing import RoutingRules
from geogrid.services import routing as service
from geogrid.store.routing_rules import RoutingVersion
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import require_actor, require_permission
from geogrid_api.dependencies import Day
from geogrid_api.problems import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1/routing", tags=["routing 分派"])

# The body is parsed before the key is asked for, so a stranger may send one.
_MAX_RULES_BYTES = 256_000


class ActivationResponse(BaseModel):
    """A decision that put rules in force."""

    version: str
    sha256: str
    active_from: datetime
    decided_at: datetime
    actor: str


class RoutingResponse(BaseModel):
    """The rules in force, and all decisions, the oldest first."""

    rules: RoutingRules
    sha256: str
    decisions: list[ActivationResponse] = Field(description="None: the rules are those that geogrid ships.")


class RoutingTestBody(BaseModel):
    """Rules to try out, on the incidents of a period."""

    model_config = ConfigDict(extra="forbid")

    rules: RoutingRules
    first: Annotated[Day | None, Field(alias="from", description="With `to`; without both, last month.")] = None
    last: Annotated[Day | None, Field(alias="to", description="The last day, which counts.")] = None


@router.get("", dependencies=[Depends(require_actor)], responses=problem_responses(HTTPStatus.UNAUTHORIZED))
def read_routing(state: StateDep) -> RoutingResponse:
    """Read the rules by which reports get their department and level; the first that matches wins."""
    rules = state.rules.routing
    decisions = [_decision_answer(decided) for decided in service.list_decisions(state.store)]
    return RoutingResponse(rules=rules, sha256=rules.sha256, decisions=decisions)


@router.post(
    "/test",
    dependencies=[require_permission(Permission.RULES_WRITE)],
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def test_routing(body: RoutingTestBody, state: StateDep) -> service.Replay:
    """Replay the incidents of a period under other rules: how many would go elsewhere, from where to where.

    Nothing is changed. `geogrid routing activate` puts rules in force.
    """
    return service.replay(state.store, state.rules, body.rules, body.first, body.last)


def _decision_answer(decided: RoutingVersion) -> ActivationResponse:
    return ActivationResponse(
        version=decided.version,
        sha256=decided.sha256,
        active_from=decided.active_from.astimezone(LOCAL_ZONE),
        decided_at=decided.decided_at.astimezone(LOCAL_ZONE),
        actor=decided.actor,
    )
