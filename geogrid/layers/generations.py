"""Which generation was, is and will be in force: told from the decisions, which are only ever added.

The rule
    At any moment the generation of that activation is in force which begins last, of those that have begun; of several
    that begin together, the one that was decided last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.model import Activation, GenerationState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def active_at(decisions: Iterable[Activation], moment: datetime) -> Activation | None:
    """Return the activation that is in force at a moment, or None before the first.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> january, march = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    >>> decisions = [Activation(1, january, january), Activation(2, march, january)]
    >>> active_at(decisions, datetime(2026, 2, 1, tzinfo=UTC)).generation
    1
    >>> active_at(decisions, march).generation
    2
    """
    begun = [decision for decision in decisions if decision.active_from <= moment]
    # max() keeps the first of equals, so the decisions taken last come first.
    return max(reversed(begun), key=lambda decision: decision.active_from, default=None)


def generation_state(generation: int, decisions: Sequence[Activation], now: datetime) -> GenerationState:
    """Return where a generation stands.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 2, 1, tzinfo=UTC)
    >>> decisions = [Activation(1, datetime(2026, 1, 1, tzinfo=UTC), now)]
    >>> generation_state(1, decisions, now).value, state(2, decisions, now).value
    ('active', 'draft')
    """
    own = [decision for decision in decisions if decision.generation == generation]
    current = active_at(decisions, now)
    if current and current.generation == generation:
        return GenerationState.ACTIVE
    if any(decision.active_from > now for decision in own):
        return GenerationState.PLANNED
    return GenerationState.RETIRED if own else GenerationState.DRAFT


def previous_generation(decisions: Sequence[Activation], now: datetime) -> int | None:
    """Return the generation that was in force before the one that is now, or None if there was none.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    >>> previous_generation([Activation(1, days[0], days[0]), Activation(2, days[1], days[1])], days[2])
    1
    """
    current = active_at(decisions, now)
    if current is None:
        return None
    others = [
        decision
        for decision in decisions
        if decision.active_from <= current.active_from and decision.generation != current.generation
    ]
    earlier = active_at(others, now)
    return earlier.generation if earlier else None
