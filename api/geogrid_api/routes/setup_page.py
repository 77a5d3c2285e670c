"""First page of a store without layers: what the district has to bring next."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.services.initialization import SetupState, read_setup_state
from geogrid_api.admin_access import make_frame
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OptionalActorDep
from geogrid_api.page_access import may_open
from geogrid_api.page_dependencies import LanguageDep, html_response
from geogrid_maps.admin_page import admin_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step of the setup.

    Attributes
    ----------
    key
        Suffix of its text keys.
    done
        Whether the store has the data.
    link
        Path of the page that takes them; empty if there is none for the user.
    """

    key: str
    done: bool
    link: str = ""


@router.get("/setup")
def show_setup(state: StateDep, actor: OptionalActorDep, lang: LanguageDep) -> Response:
    """Show what the store has and what it lacks. Once it has layers, only administrators see the page."""
    if state.snapshots.has_layers and not (actor and may_open(actor, "/admin")):
        return RedirectResponse("/", headers={"Cache-Control": "no-store", "Vary": "Cookie"})
    steps = list_steps(read_setup_state(state.store))
    if actor is None:
        steps = [SetupStep(step.key, step.done, "/login?next=/setup" if step.link else "") for step in steps]
    else:
        steps = [SetupStep(step.key, step.done, step.link if may_open(actor, step.link) else "") for step in steps]
    html = admin_page(
        "admin_setup.html",
        make_frame(state, actor, lang, "/setup"),
        steps=steps,
    )
    return html_response(html)


def list_steps(setup: SetupState) -> list[SetupStep]:
    """Return the steps in the order in which a district takes them."""
    return [
        SetupStep("rules", setup.rules, "/admin/rules"),
        SetupStep("account", setup.accounts, "/admin/accounts"),
        SetupStep("layers", setup.layers, "/admin/layers"),
        SetupStep("people", setup.people, "/admin/people"),
        SetupStep("incidents", setup.incidents),
    ]
