"""A synthetic inspection round for the demo; every row is marked as synthetic.

Only two figures are real, from the local press on 2022: the number of problems found at inspected sites and the number
rectified. Sites, locations, times and the number struck off are random.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.ledger.evidence_validation import read_evidence
from geogrid.ledger.three_lists import SYNTHETIC
from geogrid.local_time import DEFAULT_ZONE
from geogrid.model import Layer, SiteDraft

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.category_tree import CategoryTree
    from geogrid.ledger.evidence_validation import EvidenceDocument

#: Reported by the local press for 2022.
FOUND: Final = 4_253
RECTIFIED: Final = 3_853
ROUND_NAME: Final = f"2022年点位督查（{SYNTHETIC}）"
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2022, 12, 31)
SEED: Final = 20_221_231

_URBAN_SITES: Final = 227
_OPENS_H, _OPEN_H = 8, 10
# Problems found by this day can be rectified within the year.
_FOUND_DAYS: Final = 345
_STRUCK_SHARE: Final = 0.6
_END: Final = datetime.combine(LAST_DAY, time(18), DEFAULT_ZONE)


@dataclass(frozen=True, slots=True)
class SyntheticProblem:
    """A synthetic problem; `site` is a position in the list of sites."""

    site: int
    category: str
    description: str
    found_at: datetime
    rectified_at: datetime | None
    struck_off_at: datetime | None


def make_sites(layers: Mapping[Layer, gpd.GeoDataFrame], *, seed: int = SEED) -> list[SiteDraft]:
    """Return synthetic sites: every dedicated grid, and points in some urban grids."""
    rng = np.random.default_rng(seed)
    urban, dedicated = layers[Layer.URBAN], layers[Layer.DEDICATED]
    chosen = urban.iloc[np.sort(rng.choice(len(urban), _URBAN_SITES, replace=False))]
    areas = [
        SiteDraft(f"DW-{code}", name, str(kind), shape, synthetic=True)
        for code, name, kind, shape in zip(
            dedicated["code"], dedicated["name"], dedicated["kind"], dedicated.geometry, strict=True
        )
    ]
    points = [
        SiteDraft(f"DW-{code}", f"{name}督查点（示意）", "street_point", shape, synthetic=True)
        for code, name, shape in zip(
            chosen["code"], chosen["name"], chosen.geometry.representative_point(), strict=True
        )
    ]
    return [*areas, *points]


def make_problems(sites: int, categories: CategoryTree, *, seed: int = SEED) -> list[SyntheticProblem]:
    """Return the problems of the round, sorted by time: `FOUND` problems, `RECTIFIED` of them rectified.

    Parameters
    ----------
    sites
        The number of sites.
    categories
        The categories of problems, by code.
    """
    rng = np.random.default_rng(seed)
    found_at = _draw_times(rng)
    wait = rng.gamma(2.0, 4.0, FOUND)
    rectified = np.zeros(FOUND, dtype=bool)
    rectified[rng.choice(FOUND, RECTIFIED, replace=False)] = True
    struck = rectified & (rng.random(FOUND) < _STRUCK_SHARE)
    sites_drawn = rng.choice(sites, FOUND, p=rng.dirichlet(np.full(sites, 2.0)))
    codes = rng.choice(list(categories), FOUND).tolist()
    problems = []
    for row, moment in enumerate(found_at):
        done = min(moment + timedelta(days=float(wait[row])), _END).replace(microsecond=0)
        problems.append(
            SyntheticProblem(
                site=int(sites_drawn[row]),
                category=codes[row],
                description=f"{categories[codes[row]].name}（{SYNTHETIC}）",
                found_at=moment,
                rectified_at=done if rectified[row] else None,
                struck_off_at=min(done + timedelta(days=2), _END) if struck[row] else None,
            )
        )
    return problems


def _draw_times(rng: np.random.Generator) -> list[datetime]:
    start = datetime.combine(FIRST_DAY, time(_OPENS_H), DEFAULT_ZONE)
    days: NDArray[np.int64] = rng.integers(0, _FOUND_DAYS, FOUND)
    seconds: NDArray[np.int64] = rng.integers(0, _OPEN_H * 3_600, FOUND)
    return sorted(start + timedelta(days=d, seconds=s) for d, s in zip(days.tolist(), seconds.tolist(), strict=True))


def make_evidence() -> EvidenceDocument:
    """Return a PDF of one page that is labelled as synthetic."""
    text = b"BT /F 24 Tf 72 720 Td (SYNTHETIC - no real evidence) Tj ET"
    fonts = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources %s>>" % fonts,
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    )
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return read_evidence(content + tail % (count, table, count, len(content)))
