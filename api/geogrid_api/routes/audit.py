"""Audit records of accounts, keys and logins."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID
from geogrid.local_time import local_zone
from geogrid.model import Actor, Permission
from geogrid.services import audit as service
from geogrid.services.pagination import MAX_PAGE
from geogrid.store.audit import AuditRecord
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import require_permission
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1", tags=["access 权限"])


class AuditPage(BaseModel):
    """A page of audit records, newest first."""

    items: list[AuditRecord]
    next: int | None = Field(description="`before` of the next page; null on the last page.")


@router.get("/audit", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_audit(
    state: StateDep,
    actor: Annotated[Actor, require_permission(Permission.AUDIT_READ)],
    before: Annotated[int | None, Query(ge=1, le=MAX_ID, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> AuditPage:
    """List the changes of accounts and keys, and all logins, newest first."""
    records = service.list_audit(state.store, actor, before=before, limit=limit + 1)
    items = [replace(record, at=record.at.astimezone(local_zone())) for record in records[:limit]]
    return AuditPage(items=items, next=items[-1].id if len(records) > limit else None)
