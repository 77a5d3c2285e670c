"""Write the table of `docs/loop.md` from the workflow's data; a test asks that it is what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.rules.workflow import load_workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.rules.workflow import Transition, Workflow

PAGE = Path(__file__).parents[1] / "docs" / "loop.md"
BEGIN, END = "<!-- workflow: begin -->\n", "<!-- workflow: end -->\n"


def workflow_table(workflow: Workflow) -> str:
    """Return the steps of a workflow as a table."""
    return "\n".join(_rows(workflow)) + "\n"


def fill(page: str) -> str:
    """Return a page with the table of the workflow in use in its place."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{workflow_table(load_workflow())}{END}{tail}"


def _rows(workflow: Workflow) -> Iterator[str]:
    yield "| step | from | to | for | needs |"
    yield "|---|---|---|---|---|"
    for step in workflow.transitions.values():
        cells = (
            f"`{step.action}` {step.name}",
            ", ".join(workflow.states[status].name for status in step.from_),
            _ends(workflow, step),
            ", ".join(sorted(step.roles)),
            ", ".join([*step.needs, *_conditions(step)]),
        )
        yield f"| {' | '.join(cells)} |"


def _conditions(step: Transition) -> list[str]:
    told = {"another hand": step.another_hand, "department in charge": step.in_charge}
    return [name for name, asked in told.items() if asked]


def _ends(workflow: Workflow, step: Transition) -> str:
    if step.outcomes:
        return "; ".join(f"{end.name}: {_name(workflow, end.to)}" for end in step.outcomes.values())
    return _name(workflow, step.to)


def _name(workflow: Workflow, status: str | None) -> str:
    return next((state.name for state in workflow.states.values() if state.code == status), "–")


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
