"""Pages about incidents."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from geogrid.constants import Language
from geogrid.model import Permission
from geogrid.permissions import may
from geogrid.services.incident_steps import read_history
from geogrid_api.authentication import CookieDep, ReaderDep
from geogrid_api.dependencies import HouseDep, IncidentNumber
from geogrid_api.desk_auth import home_of
from geogrid_api.schemas.incidents import READ_ONE
from geogrid_api.security_headers import page_policy
from geogrid_maps.incident_history import timeline_page

router = APIRouter(tags=["loop 闭环"])


@router.get("/incidents/{number:number}", response_class=HTMLResponse, responses=READ_ONE)
def incident_page(
    number: IncidentNumber, house: HouseDep, actor: ReaderDep, cookie: CookieDep, lang: Language = Language.ZH
) -> HTMLResponse:
    """Follow an incident on one page, from its report to the end of its loop."""
    found = read_history(house.store, actor, number)
    owner = house.owner_of(found.incident)
    whole = may(actor, Permission.PEOPLE_READ)
    # Who may read it here may at the desk, but not with a key: a link brings a browser's session and nothing else.
    desk = home_of(actor) if cookie else None
    html = timeline_page(found.incident, found.steps, house.rules, owner, lang, whole=whole, desk=desk)
    return HTMLResponse(html, headers=page_policy())
