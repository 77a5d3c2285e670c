"""Which generation is active at a given time, derived from the activations.

Activations that have begun are never changed or deleted. Planned ones can be cancelled and are then left out.

Of the activations that have started, the one with the latest ``active_from`` is active; among equal ones, the one added
last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.model import Activation, GenerationState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def active_at(activations: Iterable[Activation], moment: datetime) -> Activation | None:
    """Return the activation that is active at a moment, or None before the first one.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> january, march = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    >>> activations = [Activation(1, january, january), Activation(2, march, january)]
    >>> active_at(activations, datetime(2026, 2, 1, tzinfo=UTC)).generation
    1
    >>> active_at(activations, march).generation
    2
    """
    started = [activation for activation in activations if activation.active_from <= moment]
    # max() returns the first of equal items, so the order is reversed.
    return max(reversed(started), key=lambda activation: activation.active_from, default=None)


def generation_state(generation: int, activations: Sequence[Activation], now: datetime) -> GenerationState:
    """Return the state of a generation: draft, planned, active or retired.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 2, 1, tzinfo=UTC)
    >>> activations = [Activation(1, datetime(2026, 1, 1, tzinfo=UTC), now)]
    >>> generation_state(1, activations, now).value, generation_state(2, activations, now).value
    ('active', 'draft')
    """
    activations_of_generation = [activation for activation in activations if activation.generation == generation]
    current = active_at(activations, now)
    if current and current.generation == generation:
        return GenerationState.ACTIVE
    if any(activation.active_from > now for activation in activations_of_generation):
        return GenerationState.PLANNED
    return GenerationState.RETIRED if activations_of_generation else GenerationState.DRAFT


def previous_generation(activations: Sequence[Activation], now: datetime) -> int | None:
    """Return the id of the generation to which a rollback returns, or None.

    Each rollback goes back one step further: it undoes the last activation that no rollback has undone yet.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    >>> activations = [Activation(number, days[number - 1], days[0]) for number in (1, 2, 3)]
    >>> previous_generation(activations, days[3])
    2
    >>> previous_generation([*activations, Activation(2, days[3], days[3], is_rollback=True)], days[3])
    1
    """
    # Of activations with the same start only the one added last has an effect.
    effective = {activation.active_from: activation for activation in activations if activation.active_from <= now}
    history: list[int] = []
    for _, activation in sorted(effective.items()):
        if activation.is_rollback and len(history) > 1:
            history.pop()
        elif history[-1:] != [activation.generation]:
            history.append(activation.generation)
    return history[-2] if len(history) > 1 else None
