"""Assessment of the location of a report, with the candidate grids for a review by a user.

A review is needed in three cases. *Outside*: the point lies outside the district. *Border*: the circle of its accuracy
intersects several grids. *Datum*: the grid named by the reporter does not contain the point, but would under another
datum. GCJ-02 coordinates taken as WGS 84 are about 600 m off, inside a wrong grid.

A doubt blocks filing and dispatch, except a doubt between grids of one street: then the responsible street is known,
and the doubt is a hint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from geogrid.locate.datum_check import find_matching_datum
from geogrid.locate.explanation import MAX_ACCURACY_M, BorderRule
from geogrid.model import LocateStatus, Point, Triage
from geogrid.reference_files import RuleFile

if TYPE_CHECKING:
    from collections.abc import Collection

    from geogrid.locate.explanation import LayerExplanation
    from geogrid.locate.locator import ExplainedMembership, Locator, Owner
    from geogrid.model import Place

#: Share of the circle above which it counts as completely inside dedicated grids.
_INSIDE_SHARE: Final = 0.999


class TriageRules(RuleFile):
    """Parameters of the location assessment.

    Attributes
    ----------
    accuracy_m
        Assumed accuracy in metres of points without one, by datum; 0 for other datums.
    near_m
        Maximum distance in metres of a line or area whose warden is listed.
    """

    file = "triage.json"
    error_code = "triage"

    accuracy_m: dict[str, Annotated[float, Field(ge=0, le=MAX_ACCURACY_M)]]
    near_m: Annotated[float, Field(ge=0, le=1_000)]


@dataclass(frozen=True, slots=True)
class CandidateGrid:
    """A grid to which a report may belong.

    Attributes
    ----------
    owner
        The grid, with its community and street.
    metres
        Distance of the point from the grid; 0 inside and on its border.
    share
        Share of the accuracy circle inside the grid; None without an accuracy.
    datum
        Datum with which the coordinates are a point in the grid, if it differs from the stated one; otherwise None.
    """

    owner: Owner
    metres: float
    share: float | None = None
    datum: str | None = None


@dataclass(frozen=True, slots=True)
class LocationReview:
    """Result of the location assessment.

    Attributes
    ----------
    triage
        Reason for a review, or None.
    rule
        Rule that decided the base grid.
    candidates
        The candidate grids, the most likely first.
    """

    triage: Triage | None
    rule: BorderRule
    candidates: tuple[CandidateGrid, ...]

    @property
    def blocks(self) -> bool:
        """Whether the doubt blocks filing and dispatch."""
        return doubt_blocks(self.triage, [candidate.owner.street for candidate in self.candidates])


def doubt_blocks(triage: Triage | None, streets: Collection[Place | None] = ()) -> bool:
    """Return whether a doubt about a location blocks filing and dispatch.

    Parameters
    ----------
    triage
        Reason for the review, or None.
    streets
        The street of each candidate grid, None without one; empty if the candidates are not known.

    Examples
    --------
    >>> from geogrid.model import Place
    >>> one, other = Place("S1", "古城街道"), Place("S2", "永泰街道")
    >>> doubt_blocks(Triage.BORDER, [one, one]), doubt_blocks(Triage.BORDER, [one, other])
    (False, True)
    >>> doubt_blocks(Triage.OUTSIDE, [one]), doubt_blocks(None)
    (True, False)
    """
    if triage is Triage.BORDER:
        return len(set(streets)) != 1
    return triage is not None


load_triage = TriageRules.load


def assess_location(
    point: Point, datum: str, accuracy_m: float | None, claimed: str | None, locator: Locator, rules: TriageRules
) -> LocationReview:
    """Assess the location of a report. This takes half a millisecond, so file imports omit it.

    Parameters
    ----------
    point, datum
        The stated coordinates and datum.
    accuracy_m
        Accuracy of the point in metres; None if not known.
    claimed
        Code of the grid, community or street named by the reporter, or None.
    """
    radius = min(rules.accuracy_m.get(datum, 0.0) if accuracy_m is None else accuracy_m, MAX_ACCURACY_M)
    explained = locator.explain(point, datum, accuracy_m=radius or None)
    base = explained.layers[0]
    candidates = _find_candidates(explained, locator)
    other_datum = find_matching_datum(locator, point, datum, claimed) if claimed else None
    if other_datum:
        grid = locator.locate(point, other_datum).responsible
        corrected = (CandidateGrid(locator.owners[grid.code], 0.0, datum=other_datum),) if grid else ()
        return LocationReview(Triage.DATUM, base.rule, (*corrected, *candidates))
    if explained.membership.status is LocateStatus.OUTSIDE:
        return LocationReview(Triage.OUTSIDE, base.rule, candidates)
    return LocationReview(Triage.BORDER if len(candidates) > 1 else None, base.rule, candidates)


def _find_candidates(explained: ExplainedMembership, locator: Locator) -> tuple[CandidateGrid, ...]:
    """Return the candidate grids: dedicated grids before base grids."""
    base, dedicated = explained.layers
    dedicated_grids = _layer_candidates(dedicated, locator)
    shares = [candidate.share for candidate in dedicated_grids]
    is_inside = all(share is None for share in shares) or sum(share or 0 for share in shares) >= _INSIDE_SHARE
    if explained.membership.dedicated is not None and is_inside:
        return dedicated_grids
    return (*dedicated_grids, *_layer_candidates(base, locator, nearest=explained.membership.base is None))


def _layer_candidates(layer: LayerExplanation, locator: Locator, *, nearest: bool = False) -> tuple[CandidateGrid, ...]:
    """Return the candidate grids of a layer; with `nearest`, the nearest grid if there is no other."""
    candidates = {
        grid.code: CandidateGrid(locator.owners[grid.code], grid.metres, grid.share) for grid in layer.candidates
    }
    if layer.code:
        candidates.setdefault(layer.code, CandidateGrid(locator.owners[layer.code], 0.0))
    if layer.beyond and (layer.rule is BorderRule.LOWEST_CODE or (nearest and not candidates)):
        candidates.setdefault(layer.beyond, CandidateGrid(locator.owners[layer.beyond], layer.border_m or 0.0))
    return tuple(candidates.values())
