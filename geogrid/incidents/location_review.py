"""Whether it is certain where a report lies: if it is not, a person looks at it, with the grids that it may belong to.

Three things make it uncertain. The point lies *outside* the district. The disc of its accuracy holds several grids that
might answer for it: a *border*. Or the reporter names another place than its point, and under another *datum* the two
agree: GCJ-02 read as WGS 84 lies some 600 m off, well inside of a wrong grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from geogrid.locate.datum_check import better_datum
from geogrid.locate.explanation import MAX_ACCURACY_M, BorderRule
from geogrid.model import LocateStatus, Point, Triage
from geogrid.resources import RuleFile

if TYPE_CHECKING:
    from geogrid.locate.explanation import LayerExplanation
    from geogrid.locate.locator import Explained, Locator, Owner

#: A disc that lies in dedicated grids but for so little lies in them wholly.
_WHOLE: Final = 0.999


class TriageRules(RuleFile):
    """What is taken for certain.

    Attributes
    ----------
    accuracy_m
        How far off a point may be that says nothing of it, by datum; 0 for a datum that is not named.
    near_m
        How near a line or area has to be for its warden to be told of.
    """

    file = "triage.json"
    error_code = "triage"

    accuracy_m: dict[str, Annotated[float, Field(ge=0, le=MAX_ACCURACY_M)]]
    near_m: Annotated[float, Field(ge=0, le=1_000)]


@dataclass(frozen=True, slots=True)
class CandidateGrid:
    """A grid that a report may belong to.

    Attributes
    ----------
    owner
        The grid, with its community and street.
    metres
        How far the point is from it; 0 in it and on its border.
    share
        Its share of the disc of the point's accuracy; None where that is not known.
    datum
        The datum under which the point lies in it, if that is another one than was said; else None.
    """

    owner: Owner
    metres: float
    share: float | None = None
    datum: str | None = None


@dataclass(frozen=True, slots=True)
class LocationReview:
    """What is known of where a report lies.

    Attributes
    ----------
    triage
        Why a person has to look at it, or None.
    rule
        What decided its base grid.
    possible
        The grids that it may belong to, the likeliest first.
    """

    triage: Triage | None
    rule: BorderRule
    possible: tuple[CandidateGrid, ...]


load_triage = TriageRules.load


def assess_location(
    point: Point, datum: str, accuracy_m: float | None, claimed: str | None, locator: Locator, rules: TriageRules
) -> LocationReview:
    """Look closely at where a report lies; this takes half a millisecond, so imports do without.

    Parameters
    ----------
    point, datum
        As given.
    accuracy_m
        How far off it may be, in metres; None if nobody said.
    claimed
        The code of the grid, community or street that the reporter names, or None.
    locator
        The layers.
    rules
        What is taken for certain.
    """
    radius = min(rules.accuracy_m.get(datum, 0.0) if accuracy_m is None else accuracy_m, MAX_ACCURACY_M)
    explained = locator.explain(point, datum, accuracy_m=radius or None)
    base = explained.layers[0]
    possible = _possible(explained, locator)
    other = better_datum(locator, point, datum, claimed) if claimed else None
    if other:
        there = locator.locate(point, other).responsible
        found = (CandidateGrid(locator.owners[there.code], 0.0, datum=other),) if there else ()
        return LocationReview(Triage.DATUM, base.rule, (*found, *possible))
    if explained.membership.status is LocateStatus.OUTSIDE:
        return LocationReview(Triage.OUTSIDE, base.rule, possible)
    return LocationReview(Triage.BORDER if len(possible) > 1 else None, base.rule, possible)


def _possible(explained: Explained, locator: Locator) -> tuple[CandidateGrid, ...]:
    """Return the grids that may answer: dedicated ones before the base grids that they lie on."""
    base, dedicated = explained.layers
    special = _of_layer(dedicated, locator)
    shares = [one.share for one in special]
    wholly = all(share is None for share in shares) or sum(share or 0 for share in shares) >= _WHOLE
    if explained.membership.dedicated is not None and wholly:
        return special
    return (*special, *_of_layer(base, locator, nearest=explained.membership.base is None))


def _of_layer(layer: LayerExplanation, locator: Locator, *, nearest: bool = False) -> tuple[CandidateGrid, ...]:
    """Return the grids of a layer that a point may lie in; `nearest` takes the nearest one where it lies in none."""
    found = {one.code: CandidateGrid(locator.owners[one.code], one.metres, one.share) for one in layer.candidates}
    if layer.code:
        found.setdefault(layer.code, CandidateGrid(locator.owners[layer.code], 0.0))
    if layer.beyond and (layer.rule is BorderRule.LOWEST_CODE or (nearest and not found)):
        found.setdefault(layer.beyond, CandidateGrid(locator.owners[layer.beyond], layer.border_m or 0.0))
    return tuple(found.values())
