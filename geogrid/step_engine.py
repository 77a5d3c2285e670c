"""State machine of the workflows of incidents and ledger entries: states, transitions and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from geogrid.errors import ConflictError, ForbiddenError, InputError, StaleError
from geogrid.model import Role
from geogrid.reference_files import Name, Row, Slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.model import Actor

MAX_NOTE = 2_000


class NamedState(Row):
    """A state with its display names."""

    name: Name
    name_en: Name


class BaseTransition(Row):
    """A transition: a step that can be taken.

    Attributes
    ----------
    roles
        Roles that may take the step.
    another_hand
        True if the user who did the work must not take the step.
    """

    action: Slug
    name: Name
    name_en: Name
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    another_hand: bool = False


T = TypeVar("T", bound=BaseTransition)


def find_transition(transitions: Mapping[str, T], action: str, actor: Actor, *, name: str, remedy: str) -> T:
    """Return the transition of an action.

    Parameters
    ----------
    transitions
        Transitions by action.
    actor
        The user or key.
    name, remedy
        Name of the workflow, and where its actions are listed, for errors.

    Raises
    ------
    InputError
        If there is no such action.
    ForbiddenError
        If none of the actor's roles may take it.
    """
    transition = transitions.get(action)
    if transition is None:
        raise InputError(f"{name} has no such action.", code="action_unknown", field="action", remedy=remedy)
    if not actor.roles & transition.roles:
        raise ForbiddenError("Your roles do not permit this step.", code="role", field="action")
    return transition


def conflict_error(reason: tuple[str, str], allowed: Iterable[BaseTransition]) -> ConflictError:
    """Return the error for a step that is not possible now, with the allowed actions."""
    message, code = reason
    return ConflictError(message, code=code, field="action", allowed=[transition.action for transition in allowed])


def check_required_inputs(needs: Iterable[str], inputs: Mapping[Any, bool]) -> None:
    """Raise if a step lacks a value that it needs.

    Raises
    ------
    InputError
        With the name of the first value that is missing.
    """
    for need in needs:
        if not inputs[need]:
            raise InputError(f"This step needs: {need}.", code=f"{need}_missing", field=need)


def stale(name: str) -> StaleError:
    """Return the error of a step on an incident or entry (`name`) that another user has changed in the meantime."""
    return StaleError(
        "Another user has taken a step in the meantime.", field="If-Match", remedy=f"Read the {name} again."
    )
