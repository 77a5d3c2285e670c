"""Reports of incidents that the reporter has handled already (即查即改), and the draw for their re-check (抽查)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import ForbiddenError, InputError
from geogrid.incidents.intake import describe_review
from geogrid.incidents.validation import check_text
from geogrid.model import Incident, IncidentStatus, NewIncident, OnSpot, PhotoKind, Progress, Step, Triage
from geogrid.rules.incident_workflow import Stage
from geogrid.rules.routing import RoutingCase
from geogrid.step_engine import MAX_NOTE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.location_assessment import LocationReview
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Placement, Report
    from geogrid.rules.incident_workflow import OnSpotRules

#: Action of the first step of such an incident.
ON_SPOT_ACTION: Final = "report_handled"
#: Precision of a float in bits; a value with more could be rounded to 1.
_BITS: Final = 53


@dataclass(frozen=True, slots=True)
class RecheckDraw:
    """The draw of an incident for a re-check; it is drawn if its value is below the share. Both are from 0 to 1."""

    value: float
    share: float

    @property
    def is_drawn(self) -> bool:
        """Whether another user has to check the incident."""
        return self.value < self.share


def draw_recheck(seed: bytes, incident_id: int, share: float) -> RecheckDraw:
    """Draw an incident for a re-check. Equal seeds and ids give equal draws; without the seed none can be predicted.

    Examples
    --------
    >>> draw_recheck(b"secret", 7, share=1.0).is_drawn
    True
    >>> draw_recheck(b"secret", 7, share=0.0).is_drawn
    False
    """
    digest = hmac.digest(seed, str(incident_id).encode(), "sha256")
    return RecheckDraw((int.from_bytes(digest) >> len(digest) * 8 - _BITS) / 2**_BITS, share)


def check_on_spot(report: Report, note: str, kinds: Collection[PhotoKind], rules: RuleSet, actor: Actor) -> OnSpotRules:
    """Return the rules of reports that are handled already, after checking a report against them.

    Parameters
    ----------
    report, note
        The report, which has been checked like any report, and a note on the handling.
    kinds
        Kinds of its photos.
    rules, actor
        The active rules, and the user who reports.

    Raises
    ------
    ForbiddenError
        If none of the actor's roles may send such a report.
    InputError
        If the category must not be handled on the spot, or a photo is missing.
    """
    on_spot = rules.workflow.on_spot
    if on_spot is None or not actor.roles & on_spot.roles:
        raise ForbiddenError("Your roles do not permit a report that is handled already.", code="role")
    if not on_spot.permits(rules.categories[report.category], rules.categories):
        raise InputError(
            "Incidents of this category cannot be handled on the spot.",
            code="category_kind",
            field="category",
            remedy="Report it with POST /v1/incidents.",
        )
    check_text(note, "note", MAX_NOTE)
    for kind in PhotoKind:
        if kind not in kinds:
            raise InputError(f"A photo is missing: {kind} the handling.", code="photo_missing", field=kind)
    return on_spot


def check_location_clear(review: LocationReview) -> None:
    """Raise if a user has to review the location: nobody reviews an incident that is closed.

    A point near a border is no obstacle; the step keeps its candidate grids.

    Raises
    ------
    InputError
        If the point lies outside the district, or seems to have another datum.
    """
    if review.triage in (Triage.OUTSIDE, Triage.DATUM):
        raise InputError(
            "The location has to be reviewed, so the incident cannot be closed at once.",
            code="location_unclear",
            field="lon",
            remedy="Correct the point or its datum, or report it with POST /v1/incidents.",
        )


def build_handled_incident(
    report: Report, placement: Placement, rules: RuleSet, actor: Actor, draw: RecheckDraw
) -> NewIncident:
    """Return a new incident that is closed, or fed back if it is drawn, without its first step.

    All its milestones have the time of the report. It has no due time of handling, so that no rate of incidents in time
    counts it; a failed re-check begins the limit (see `geogrid.incidents.transitions`).
    """
    department = rules.route(RoutingCase.of(report, placement)).department
    at = report.reported_at
    progress = Progress(
        status=IncidentStatus.CLOSED,
        level=rules.profile.lowest_level,
        department=department,
        verified_at=at,
        filed_at=at,
        dispatched_at=at,
        handled_at=at,
        checked_at=at,
        closed_at=at,
        handled_by=actor.id,
        on_spot=OnSpot.CLOSED,
    )
    if draw.is_drawn:
        progress = _await_check(progress, report, placement, rules)
    return NewIncident(report, placement, progress, ())


def build_on_spot_step(
    incident: Incident,
    actor: Actor,
    now: datetime,
    draw: RecheckDraw,
    *,
    note: str,
    photos: Mapping[PhotoKind | None, Sequence[int]],
    rules: RuleSet,
    review: LocationReview,
    posts: Mapping[str, Sequence[int]],
) -> Step:
    """Return the first step of an incident that was handled on the spot.

    Parameters
    ----------
    incident
        The incident.
    actor, now, note
        The user who reports it, the current time, and a note on the handling.
    draw
        The draw for a re-check.
    photos
        Ids of its photos by kind.
    rules
        The active rules.
    review, posts
        Assessment of the location, and ids of the responsible posts by relation to the incident.
    """
    on_spot = rules.workflow.on_spot
    target = rules.route(RoutingCase.of(incident.report, incident.placement))
    details: dict[str, Any] = {
        "rule": target.rule,
        **describe_review(review),
        **posts,
        "photos": [photo_id for ids in photos.values() for photo_id in ids],
        **{kind.value: list(ids) for kind, ids in photos.items() if kind},
        "recheck": {"drawn": draw.is_drawn, "value": draw.value, "share": draw.share},
    }
    return Step(
        number=incident.progress.version,
        action=ON_SPOT_ACTION,
        from_status=None,
        to_status=incident.progress.status,
        at=now,
        actor_id=actor.id,
        actor=actor.name,
        role=actor.choose_role(on_spot.roles) if on_spot else actor.choose_role(),
        note=note,
        details=details,
    )


def _await_check(progress: Progress, report: Report, placement: Placement, rules: RuleSet) -> Progress:
    """Return the progress of a drawn incident: handled, not checked, with the limit of closing from the report."""
    limits = rules.choose_limits(report, placement)
    due_at = rules.due_times.close_due(limits, report.reported_at)
    return replace(
        progress,
        status=IncidentStatus.FED_BACK,
        checked_at=None,
        closed_at=None,
        stage_due_at=due_at,
        warn_at=rules.due_times.warn_at(Stage.CLOSE, limits, progress.level, due_at),
        on_spot=OnSpot.DRAWN,
    )
