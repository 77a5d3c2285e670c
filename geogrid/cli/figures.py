"""``geogrid kpi``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.common import open_store
from geogrid.cli.counting import counted_by, layers_options
from geogrid.incidents.filters import IncidentFilter, day_span
from geogrid.services import figures

if TYPE_CHECKING:
    from datetime import datetime

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, help="The first day.")
@click.option("--to", "last", type=_DAY, help="The last day, which counts.")
@layers_options
def kpi(first: datetime | None, last: datetime | None, as_of: str | None, number: int | None) -> None:
    """Count what was received and handled. 统计受理与办结。

    Each incident counts by the layers of its own day. With --as-of or --generation all count by those of one
    generation, which "geogrid reassign" must have restated them by.

    \b
    geogrid kpi --from 2022-01-01 --to 2022-06-30
    geogrid kpi --as-of 2027-01-01
    """  # noqa: D301 - \b is click's mark for "as it stands"
    since, until = day_span(first.date() if first else None, last.date() if last else None)
    with open_store() as store:
        generation = counted_by(store, as_of, number)
        chosen = IncidentFilter(since=since, until=until, by_generation=generation.id if generation else None)
        answer = figures.kpi(store, chosen)
    click.echo(f"received 受理  {answer.received:>9,}")
    click.echo(f"handled 办结   {answer.handled:>9,}")
    rate = answer.handled_rate.value
    click.echo(f"rate 办结率    {'–' if rate is None else f'{rate:.2%}':>9}")
    if generation:
        click.echo(f"restated by generation 按图层版本重新统计 {generation.id}: {generation.label}")
    if answer.synthetic:
        click.echo(f"of these synthetic 其中合成示意 {answer.synthetic:,}")
