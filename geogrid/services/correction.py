"""Corrections of reports, and placements by other generations that follow a new place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.incidents.correction import CorrectedIncident, correct_incident, correct_report
from geogrid.incidents.grid_assignment import assign_points, assign_reports
from geogrid.incidents.location_assessment import assess_location
from geogrid.locate.locator import Locator
from geogrid.model import NewIncident
from geogrid.permissions import check_incident_bounds
from geogrid.store import restatements
from geogrid.store.generations import get_generation
from geogrid.store.layers import load_layers
from geogrid.store.steps import read_clock_steps

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.correction_values import Correction
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Incident, Placement, Progress, Step


def apply_correction(
    connection: Connection,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident: Incident,
    correction: Correction,
    *,
    progress: Progress,
    step: Step,
    placement: Placement | None,
) -> CorrectedIncident:
    """Return an incident after the step ``correct``. Nothing is written.

    Parameters
    ----------
    connection, locator, rules, actor
        The transaction, the active layers, the active rules, and the user.
    incident
        The incident before the step; the caller checks its bounds.
    correction
        The new values.
    progress, step
        Those of `geogrid.incidents.transitions.apply_step`.
    placement
        The placement in a grid that the user has selected; None without one.

    Raises
    ------
    InputError
        If a value is not valid.
    ForbiddenError
        If the corrected incident lies outside the bounds of the actor.
    """
    report, review = correct_report(incident.report, correction, rules), None
    if correction.point:
        placement = assign_reports([report], locator)[0]
        review = assess_location(
            report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules.triage
        )
    started = CorrectedIncident(report, placement or incident.placement, progress, step)
    steps = read_clock_steps(connection, incident)
    corrected = correct_incident(incident, correction, started, review, steps, rules)
    check_incident_bounds(actor, NewIncident(report, corrected.placement, corrected.progress, ()))
    return corrected


def update_restatements(connection: Connection, incident: Incident, placement: Placement) -> None:
    """Replace the placements of an incident by other generations after it got a new placement.

    A new point is placed again by each generation that had placed the incident, which loads its layers. A grid that a
    user has selected concerns the active generation only.
    """
    old = incident.placement
    generations = restatements.list_generations(connection, incident.id)
    is_moved = placement.wgs84 != old.wgs84
    if is_moved:
        restatements.delete_restatements(connection, incident.id, generations)
    else:
        restatements.delete_restatements(connection, incident.id, generations & {placement.generation})
        generations = set()
    for generation in sorted((generations | {old.generation}) - {placement.generation}):
        restated = _place_again(connection, placement, generation) if is_moved else old
        restatements.add_restatements(connection, [incident.id], [restated])


def _place_again(connection: Connection, placement: Placement, generation_id: int) -> Placement:
    generation = get_generation(connection, generation_id)
    # For one point the raster would take longer than the search.
    locator = Locator(generation, load_layers(connection, generation), raster=False)
    lon, lat = placement.wgs84.lon, placement.wgs84.lat
    return assign_points(np.array([lon]), np.array([lat]), locator)[0]
