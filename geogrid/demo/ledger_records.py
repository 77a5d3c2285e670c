"""The demo's inspection round, written as the ledger itself would have written it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geogrid.demo.ledger_problems import FIRST_DAY, LAST_DAY, ROUND_NAME, make_evidence, make_findings, make_sites
from geogrid.ledger.three_lists import SYNTHETIC
from geogrid.ledger.transitions import LedgerWish, begin, take
from geogrid.model import Actor, Role, SiteProblem
from geogrid.rules.ledger import load_ledger_rules
from geogrid.services.ledger import entry_number
from geogrid.services.sites import place_sites
from geogrid.store.evidence import add_evidence
from geogrid.store.ledger import NewEntry, add_entries, take_numbers
from geogrid.store.sites import add_round, add_sites, join_round
from geogrid.store.steps import ENTRY_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from sqlalchemy import Connection

    from geogrid.demo.ledger_problems import SyntheticProblem
    from geogrid.locate.locator import Locator
    from geogrid.model import Category, Layer, SitePlace
    from geogrid.rules.ledger import LedgerRules

_INSPECTOR: Final = Actor("demo:1", SYNTHETIC, frozenset({Role.SUPERVISOR}))
_HANDLER: Final = Actor("demo:2", SYNTHETIC, frozenset({Role.HANDLER}))


def add_demo_ledger(
    connection: Connection,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    locator: Locator,
    categories: Mapping[str, Category],
) -> int:
    """Add the round with its sites and problems, and return how many problems these are."""
    rules = load_ledger_rules()
    drafts = make_sites(layers)
    places = place_sites(drafts, locator)
    sites = add_sites(connection, list(zip(drafts, places, strict=True)))
    number = add_round(connection, ROUND_NAME, FIRST_DAY, LAST_DAY, synthetic=True).id
    join_round(connection, number, sites)
    findings = make_findings(len(sites), categories)
    numbers = take_numbers(connection, FIRST_DAY.year, len(findings))
    added = [
        _entry(finding, number, sites[finding.site], places[finding.site], sequence, rules, categories)
        for finding, sequence in zip(findings, numbers, strict=True)
    ]
    struck = [row for row, finding in enumerate(findings) if finding.struck_off_at]
    last = {row: added[row].steps[-1] for row in struck}
    # The step that strikes an entry off names its evidence, which needs the entry first.
    early = [replace(new, steps=new.steps[:-1]) if row in last else new for row, new in enumerate(added)]
    entries = add_entries(connection, early)
    document = make_evidence()
    pieces = add_evidence(connection, [(entries[row], document) for row in struck], _HANDLER.id)
    ENTRY_STEPS.add(
        connection,
        (
            (entries[row], replace(last[row], details={"evidence": [piece]}))
            for row, piece in zip(struck, pieces, strict=True)
        ),
    )
    return len(entries)


def _entry(
    finding: SyntheticProblem,
    number: int,
    site: int,
    place: SitePlace,
    sequence: int,
    rules: LedgerRules,
    categories: Mapping[str, Category],
) -> NewEntry:
    """Return an entry as it stands in the end, with all its steps."""
    problem = SiteProblem(
        site=site,
        round=number,
        category=finding.category,
        found_at=finding.found_at,
        description=finding.description,
        department=categories[finding.category].department,
        due_at=finding.found_at + rules.term(finding.category),
        synthetic=True,
    )
    progress, step = begin(problem, _INSPECTOR, finding.found_at)
    steps = [step]
    if finding.rectified_at:
        wish = LedgerWish("rectify", f"已整改（{SYNTHETIC}）")
        progress, step = take(progress, wish, (), _HANDLER, rules, (), finding.rectified_at)
        steps.append(step)
    if finding.struck_off_at and finding.rectified_at:
        wish = LedgerWish("strike_off")
        progress, last = take(progress, wish, (finding.rectified_at,), _INSPECTOR, rules, (), finding.struck_off_at)
        steps.append(last)
    return NewEntry(entry_number(rules, FIRST_DAY.year, sequence), problem, place, progress, tuple(steps))
