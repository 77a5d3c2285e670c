"""Reports of incidents that were handled on the spot (即查即改): stored with their photos in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.incidents.grid_assignment import assign_reports
from geogrid.incidents.location_assessment import assess_location
from geogrid.incidents.on_spot import (
    build_handled_incident,
    build_on_spot_step,
    check_location_clear,
    check_on_spot,
    draw_recheck,
)
from geogrid.incidents.photo_processing import load_photo
from geogrid.incidents.validation import check_report
from geogrid.permissions import check_incident_bounds
from geogrid.services.idempotency import check_repeated, keep_response
from geogrid.services.incidents import announce_incident, check_external_id
from geogrid.services.photos import MAX_PHOTOS
from geogrid.services.reporting_periods import check_period_open
from geogrid.services.responsibility import find_posts_on_duty, find_responsible_areas
from geogrid.store import incidents as table
from geogrid.store.bookkeeping import closed_until, get_seed
from geogrid.store.photos import add_photo
from geogrid.store.steps import INCIDENT_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.locate.theme_index import ThemeIndex
    from geogrid.model import Actor, PhotoKind, Report
    from geogrid.services.idempotency import IdempotentRequest
    from geogrid.services.incidents import Receipt
    from geogrid.store.database import Store

#: Name of the seed of the draws.
_SEED: Final = "recheck"


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """An uploaded photo; `kind` is None if it shows neither before nor after."""

    content: bytes
    kind: PhotoKind | None = None


@dataclass(frozen=True, slots=True)
class HandledReport:
    """A report of an incident that is handled already: the report, a note on the handling, and photos."""

    report: Report
    note: str
    photos: Sequence[SentPhoto]


def receive_handled_report(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    handled: HandledReport,
    actor: Actor,
    *,
    themes: Mapping[str, ThemeIndex] | None = None,
    idempotency: IdempotentRequest[Receipt] | None = None,
) -> Receipt:
    """Store a report that is handled already; close the incident, unless it is drawn for a re-check.

    The draw is an HMAC of the incident id with a secret seed of the database, so that it can be repeated but not
    predicted. The first step keeps it.

    Parameters
    ----------
    store, locator, rules, actor, themes, idempotency
        As for `geogrid.services.incidents.receive_report`.
    handled
        The report with its photos.

    Raises
    ------
    ForbiddenError
        If the actor's roles do not permit such reports, or the report lies outside the actor's bounds.
    InputError
        If the report is not valid, its category must not be handled on the spot, or a photo is missing.
    RepeatedRequest, ConflictError
        As for `geogrid.services.incidents.receive_report`.
    """
    report, now = handled.report, datetime.now(UTC)
    check_report(report, rules.categories, rules.profile.sources, now)
    on_spot = check_on_spot(report, handled.note, {photo.kind for photo in handled.photos if photo.kind}, rules, actor)
    if len(handled.photos) > MAX_PHOTOS:
        raise InputError(f"An incident can have at most {MAX_PHOTOS} photos.", code="photos_full", field="photos")
    placement = assign_reports([report], locator)[0]
    review = assess_location(report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules.triage)
    check_location_clear(review)
    images = [(load_photo(photo.content), photo.kind) for photo in handled.photos]
    areas = find_responsible_areas(placement, themes or {}, rules.triage)
    with store.write() as connection:
        check_repeated(connection, actor, idempotency)
        check_period_open(report, closed_until(connection))
        incident_id = table.reserve_incident_id(connection)
        draw = draw_recheck(get_seed(connection, _SEED), incident_id, on_spot.recheck_share)
        arrival = build_handled_incident(report, placement, rules, actor, draw)
        check_incident_bounds(actor, arrival)
        check_external_id(connection, report)
        table.add_reserved_incident(connection, incident_id, arrival)
        incident = table.get_incident(connection, incident_id)
        photos: dict[PhotoKind | None, list[int]] = {}
        for image, kind in images:
            record = add_photo(connection, incident_id, image, actor.id, step=incident.progress.version, kind=kind)
            photos.setdefault(kind, []).append(record.id)
        step = build_on_spot_step(
            incident,
            actor,
            now,
            draw,
            note=handled.note,
            photos=photos,
            rules=rules,
            review=review,
            posts=find_posts_on_duty(connection, areas, report.reported_at, rules.profile),
        )
        INCIDENT_STEPS.add(connection, [(incident_id, step)])
        receipt = announce_incident(connection, rules, actor, incident_id)
        keep_response(connection, actor, idempotency, receipt)
        return receipt
