"""Versions of the rules: list, read, check, import, replay and activate."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from geogrid.constants import MAX_ID
from geogrid.local_time import local_zone
from geogrid.model import Actor, Permission
from geogrid.rules.routing import RoutingRules
from geogrid.rules.rule_texts import RULE_FILES
from geogrid.services import rule_versions as service
from geogrid.services.rule_replay import RuleReplay, replay_rules
from geogrid.store.rule_versions import RuleActivation, RuleVersion
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import require_actor, require_permission
from geogrid_api.dependencies import Day, RecordId
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1/rules", tags=["rules 规则"])

# The body is parsed before authentication, so anonymous users can send one.
_MAX_RULES_BYTES = 1_000_000

RulesWriterDep = Annotated[Actor, require_permission(Permission.RULES_WRITE)]


class RuleVersionResponse(BaseModel):
    """A version of all rules."""

    id: int
    title: str
    sha256: str
    imported_at: datetime
    actor: str


class RuleActivationResponse(BaseModel):
    """A decision that a version becomes active."""

    id: int
    version: int
    active_from: datetime
    decided_at: datetime
    actor: str
    cancelled_at: datetime | None
    cancelled_by: str | None


class RuleHistoryResponse(BaseModel):
    """All versions and activations, oldest first."""

    active: int | None = Field(description="Id of the active version; null for the rules shipped with geogrid.")
    versions: list[RuleVersionResponse]
    activations: list[RuleActivationResponse]


class RuleFilesBody(BaseModel):
    """Rule files; those that are missing are taken from the active version."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, str] = Field(
        min_length=1,
        max_length=len(RULE_FILES),
        description=f"The texts of rule files by name: {', '.join(RULE_FILES)}.",
    )


class RuleFaultResponse(BaseModel):
    """A fault in a rule file."""

    file: str
    line: int | None
    place: str
    message: str
    remedy: str


class RuleReplayBody(RuleFilesBody):
    """Rule files and a period."""

    first: Annotated[
        Day | None,
        Field(alias="from", description="First day; requires `to`. Without both, last month is replayed."),
    ] = None
    last: Annotated[Day | None, Field(alias="to", description="Last day, inclusive.")] = None


class ActivationBody(BaseModel):
    """The version to activate."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=MAX_ID)]
    active_from: datetime | None = Field(None, description="Time of the activation; by default now.")


@router.get("", dependencies=[Depends(require_actor)], responses=problem_responses(HTTPStatus.UNAUTHORIZED))
def read_history(state: StateDep) -> RuleHistoryResponse:
    """Return the versions of the rules and their activations."""
    history = service.list_rule_history(state.store)
    return RuleHistoryResponse(
        active=history.active,
        versions=[_make_version(version) for version in history.versions],
        activations=[_make_activation(one) for one in history.activations],
    )


@router.get("/routing", dependencies=[Depends(require_actor)], responses=problem_responses(HTTPStatus.UNAUTHORIZED))
def read_routing(state: StateDep) -> RoutingRules:
    """Return the active rules that give reports their department and level; the first match applies."""
    return state.rules.routing


@router.get(
    "/files",
    dependencies=[Depends(require_actor)],
    responses=problem_responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND),
)
def read_files(state: StateDep, version: RecordId | None = None) -> dict[str, str]:
    """Return the rule files of a version by name, by default of the active one."""
    return service.read_rule_texts(state.store, version)


@router.post(
    "/check",
    dependencies=[require_permission(Permission.RULES_WRITE)],
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def check_files(body: RuleFilesBody, state: StateDep) -> list[RuleFaultResponse]:
    """Return every fault of rule files, with file and line; an empty list if there is none."""
    return [
        RuleFaultResponse(**{name: getattr(fault, name) for name in RuleFaultResponse.model_fields})
        for fault in service.check_rule_texts(state.store, service.complete_texts(state.store, body.files))
    ]


@router.post(
    "/replay",
    dependencies=[require_permission(Permission.RULES_WRITE)],
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def replay(body: RuleReplayBody, state: StateDep) -> RuleReplay:
    """Replay the incidents of a period with candidate rules, and count those with another department or level.

    The request changes nothing.
    """
    candidate = service.parse_checked_rules(state.store, service.complete_texts(state.store, body.files))
    return replay_rules(state.store, state.rules, candidate, body.first, body.last)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def import_files(body: RuleFilesBody, state: StateDep, actor: RulesWriterDep) -> RuleVersionResponse:
    """Store a version of the rules, which is not active yet."""
    return _make_version(service.import_rules(state.store, actor, service.complete_texts(state.store, body.files)))


@router.post(
    "/activations",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_RULES_BYTES,
    responses=problem_responses(
        *AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)
def activate(body: ActivationBody, state: StateDep, actor: RulesWriterDep) -> RuleActivationResponse:
    """Activate a version from a moment on."""
    return _make_activation(service.activate_rules(state.store, actor, body.version, body.active_from))


@router.delete(
    "/activations/{activation_id:id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND),
)
def cancel(activation_id: RecordId, state: StateDep, actor: RulesWriterDep) -> None:
    """Cancel an activation that has not taken effect."""
    service.cancel_activation(state.store, actor, activation_id)


def _make_version(version: RuleVersion) -> RuleVersionResponse:
    return RuleVersionResponse(
        id=version.id,
        title=version.title,
        sha256=version.sha256,
        imported_at=version.imported_at.astimezone(local_zone()),
        actor=version.actor,
    )


def _make_activation(one: RuleActivation) -> RuleActivationResponse:
    return RuleActivationResponse(
        id=one.id,
        version=one.version,
        active_from=one.active_from.astimezone(local_zone()),
        decided_at=one.decided_at.astimezone(local_zone()),
        actor=one.actor,
        cancelled_at=one.cancelled_at and one.cancelled_at.astimezone(local_zone()),
        cancelled_by=one.cancelled_by,
    )
