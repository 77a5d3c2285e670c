"""Counts and rates."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from geogrid.services import figures
from geogrid_api.deps import Day, FilterDep, HouseDep
from geogrid_api.problems import responses

router = APIRouter(prefix="/v1", tags=["figures 统计"])


class KpiAnswer(BaseModel):
    """The key figures of a choice of incidents, each counted from its rows."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    received: Annotated[int, Field(description="Reported in the period.", examples=[59369])]
    handled: Annotated[int, Field(description="Of these, handled by now.", examples=[58621])]
    handled_rate: Annotated[float | None, Field(description="handled / received; null for none.", examples=[0.9874])]
    open: Annotated[int, Field(description="Of these, not handled yet.", examples=[748])]
    synthetic: Annotated[int, Field(description="Of these, made up (合成示意).", examples=[59369])]


@router.get("/kpi", responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def kpi(
    house: HouseDep,
    chosen: FilterDep,
    first: Annotated[Day | None, Query(alias="from", include_in_schema=False)] = None,
    last: Annotated[Day | None, Query(alias="to", include_in_schema=False)] = None,
) -> KpiAnswer:
    """Count what was received and handled, in a period and by any filter."""
    found = figures.kpi(house.store, chosen)
    return KpiAnswer(
        first=first,
        last=last,
        received=found.received,
        handled=found.handled,
        handled_rate=found.handled_rate.value,
        open=found.received - found.handled,
        synthetic=found.synthetic,
    )
