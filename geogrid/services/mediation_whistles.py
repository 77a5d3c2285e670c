"""Whistles of a mediation: an outcome calls a department, and the mediation of a called department is its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.store import whistles as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Step


def update_whistles(connection: Connection, rules: RuleSet, actor: Actor, incident_id: int, step: Step) -> None:
    """Store the answer and the call of a step with an outcome; other steps change nothing.

    A department that is called already, or that has taken the step itself, is not called again.
    """
    transition = rules.workflow.transitions[step.action]
    outcome = transition.outcomes.get(str(step.details.get("outcome")))
    if outcome is None:
        return
    own = actor.bounds.departments
    table.answer_whistles(
        connection,
        incident_id,
        own,
        reported_in_at=step.at,
        reported_in_by=actor.name,
        answer=step.note,
        joined=True,
    )
    called = outcome.calls
    if called is None or called in (*own, *table.list_unanswered_departments(connection, incident_id)):
        return
    table.add_whistles(
        connection,
        {called: rules.due_times.report_in_due(step.at, called)},
        incident=incident_id,
        round=table.next_round(connection, incident_id),
        note=step.note,
        blown_at=step.at,
        blown_by=actor.name,
    )
