"""Counts and rates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from geogrid.services import figures
from geogrid_api.deps import FilterDep, HouseDep, ViewDep
from geogrid_api.problems import FIGURES_REFUSE, responses

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
    generation: Annotated[
        int | None, Field(description="The layers that all were counted by; null: each by those of its own day.")
    ]


@router.get("/kpi", responses=responses(*FIGURES_REFUSE))
def kpi(house: HouseDep, view: ViewDep, chosen: FilterDep) -> KpiAnswer:
    """Count what was received and handled, in a period and by any filter.

    With `as_of` all incidents are counted by the layers of that moment; `geogrid reassign` must have restated them.
    """
    found = figures.kpi(house.store, chosen)
    return KpiAnswer(
        first=view.first,
        last=view.last,
        received=found.received,
        handled=found.handled,
        handled_rate=found.handled_rate.value,
        open=found.received - found.handled,
        synthetic=found.synthetic,
        generation=found.generation,
    )
