"""Ledger entries with steps and evidence for the synthetic inspection round."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geogrid.demo.ledger_problems import FIRST_DAY, LAST_DAY, ROUND_NAME, make_evidence, make_problems, make_sites
from geogrid.ledger.three_lists import SYNTHETIC
from geogrid.ledger.transitions import LedgerStepRequest, apply_step, open_entry
from geogrid.model import Actor, Role, SiteProblem
from geogrid.services.ledger import format_entry_number
from geogrid.services.sites import locate_sites
from geogrid.store.evidence import add_evidence
from geogrid.store.ledger import NewEntry, add_entries, reserve_entry_numbers
from geogrid.store.sites import add_round, add_sites, add_sites_to_round
from geogrid.store.steps import ENTRY_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from sqlalchemy import Connection

    from geogrid.demo.ledger_problems import SyntheticProblem
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Layer, SitePlace

_INSPECTOR: Final = Actor("demo:1", SYNTHETIC, frozenset({Role.SUPERVISOR}))
_HANDLER: Final = Actor("demo:2", SYNTHETIC, frozenset({Role.HANDLER}))


def add_demo_ledger(
    connection: Connection,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    locator: Locator,
    rules: RuleSet,
) -> int:
    """Add the round with its sites and problems, and return the round_id of problems."""
    drafts = make_sites(layers)
    places = locate_sites(drafts, locator)
    sites = add_sites(connection, list(zip(drafts, places, strict=True)))
    round_id = add_round(connection, ROUND_NAME, FIRST_DAY, LAST_DAY, synthetic=True).id
    add_sites_to_round(connection, round_id, sites)
    problems = make_problems(len(sites), rules.categories)
    sequences = reserve_entry_numbers(connection, FIRST_DAY.year, len(problems))
    added = [
        _entry(synthetic, round_id, sites[synthetic.site], places[synthetic.site], sequence, rules)
        for synthetic, sequence in zip(problems, sequences, strict=True)
    ]
    struck = [row for row, synthetic in enumerate(problems) if synthetic.struck_off_at]
    last = {row: added[row].steps[-1] for row in struck}
    # The last step refers to evidence, and evidence refers to the entry, so this step is added later.
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
    synthetic: SyntheticProblem,
    round_id: int,
    site: int,
    place: SitePlace,
    sequence: int,
    rules: RuleSet,
) -> NewEntry:
    """Return an entry in its final state, with all its steps."""
    problem = SiteProblem(
        site=site,
        round=round_id,
        category=synthetic.category,
        found_at=synthetic.found_at,
        description=synthetic.description,
        department=rules.categories[synthetic.category].department,
        due_at=synthetic.found_at + rules.ledger.term(synthetic.category, rules.categories),
        duty=rules.profile.main_duty,
        synthetic=True,
    )
    progress, step = open_entry(problem, _INSPECTOR, synthetic.found_at)
    steps = [step]
    if synthetic.rectified_at:
        wish = LedgerStepRequest("rectify", f"已整改（{SYNTHETIC}）")
        progress, step = apply_step(progress, wish, (), _HANDLER, rules.ledger, (), synthetic.rectified_at)
        steps.append(step)
    if synthetic.struck_off_at and synthetic.rectified_at:
        wish = LedgerStepRequest("strike_off")
        progress, last = apply_step(
            progress, wish, (synthetic.rectified_at,), _INSPECTOR, rules.ledger, (), synthetic.struck_off_at
        )
        steps.append(last)
    return NewEntry(
        format_entry_number(rules.profile, FIRST_DAY.year, sequence), problem, place, progress, tuple(steps)
    )
