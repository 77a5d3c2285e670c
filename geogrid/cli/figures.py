"""``geogrid kpi``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geogrid.cli.common import open_store
from geogrid.incidents.filters import IncidentFilter, day_span
from geogrid.services import figures

if TYPE_CHECKING:
    from datetime import datetime

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, help="The first day.")
@click.option("--to", "last", type=_DAY, help="The last day, which counts.")
def kpi(first: datetime | None, last: datetime | None) -> None:
    """Count what was received and handled. 统计受理与办结。

    \b
    geogrid kpi --from 2022-01-01 --to 2022-06-30
    """  # noqa: D301 - \b is click's mark for "as it stands"
    since, until = day_span(first.date() if first else None, last.date() if last else None)
    with open_store() as store:
        answer = figures.kpi(store, IncidentFilter(since=since, until=until))
    click.echo(f"received 受理  {answer.received:>9,}")
    click.echo(f"handled 办结   {answer.handled:>9,}")
    rate = answer.handled_rate.value
    click.echo(f"rate 办结率    {'–' if rate is None else f'{rate:.2%}':>9}")
    if answer.synthetic:
        click.echo(f"of these synthetic 其中合成示意 {answer.synthetic:,}")
