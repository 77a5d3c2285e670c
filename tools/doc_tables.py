"""Write the documentation tables of workflow steps and role permissions: ``python tools/doc_tables.py``.

A test compares the committed English and Chinese pages with the output of this script.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.model import Permission
from geogrid.permissions import load_roles
from geogrid.rules.incident_workflow import load_workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.rules.incident_workflow import Transition, Workflow

DOCS = Path(__file__).parents[1] / "docs"
#: Page of each table, in both languages.
TABLES = {"workflow": "how-to/loop.md", "roles": "how-to/access.md"}
HEADERS = {
    "en": {"workflow": "| step | from | to | roles | needs |", "roles": "| permission |"},
    "zh": {"workflow": "| 步骤 | 由 | 到 | 角色 | 必须填写或满足 |", "roles": "| 权限 |"},
}
NEEDS = {
    "note": "备注",
    "photo": "照片",
    "department": "部门",
    "incident": "事件",
    "grid": "网格",
    "outcome": "结果",
    "mediation": "调解方式",
    "correction": "改正内容",
    "parts": "各部分",
    "another hand": "不得由处置人本人办理",
    "department in charge": "限责任部门",
    "responsible level for disputes": "矛盾纠纷限本级人员",
    "reports of called departments, or a note": "吹哨部门均已报到，否则备注",
}


def page(language: str, table: str) -> Path:
    """Return the path of the page with a table in a language."""
    return DOCS / language / TABLES[table]


def fill(text: str, language: str, table: str) -> str:
    """Return the text of a page with an updated table."""
    begin, end = f"<!-- {table}: begin -->\n", f"<!-- {table}: end -->\n"
    head, rest = text.split(begin)
    _, tail = rest.split(end)
    rows = workflow_rows(load_workflow(), language) if table == "workflow" else role_rows(language)
    table_text = "".join(f"{row}\n" for row in rows)
    return f"{head}{begin}{table_text}{end}{tail}"


def workflow_rows(workflow: Workflow, language: str) -> Iterator[str]:
    """Yield the rows of the table of steps."""
    roles = {str(code): _name(rule, language) for code, rule in load_roles().items()} | {"system": _system(language)}
    yield HEADERS[language]["workflow"]
    yield "|---|---|---|---|---|"
    for step in workflow.transitions.values():
        cells = (
            f"`{step.action}`" + (f" {step.name}" if language == "zh" else ""),
            _join((_state(workflow, status, language) for status in step.from_), language),
            _end_states(workflow, step, language),
            _join((roles[role] for role in sorted(step.roles)), language),
            _join((NEEDS[need] if language == "zh" else need for need in _needs(step)), language),
        )
        yield f"| {' | '.join(cells)} |"


def role_rows(language: str) -> Iterator[str]:
    """Yield the rows of the table of permissions."""
    roles = load_roles()
    yield " ".join(
        [HEADERS[language]["roles"], *(f"{_name(rule, language)} `{code}` |" for code, rule in roles.items())]
    )
    yield " ".join(["| --- |", *(":-: |" for _ in roles)])
    for permission in Permission:
        marks = ["● |" if permission in rule.permissions else "|" for rule in roles.values()]
        yield " ".join([f"| `{permission}` |", *marks])


def _name(named: object, language: str) -> str:
    return str(getattr(named, "name" if language == "zh" else "name_en"))


def _system(language: str) -> str:
    return "系统" if language == "zh" else "system"


def _join(words: Iterator[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def _needs(step: Transition) -> list[str]:
    conditions = {
        "another hand": step.another_hand,
        "department in charge": step.in_charge,
        "responsible level for disputes": step.own_level,
        "reports of called departments, or a note": step.answered,
    }
    return [*map(str, step.needs), *(name for name, applies in conditions.items() if applies)]


def _end_states(workflow: Workflow, step: Transition, language: str) -> str:
    if step.outcomes:
        ends = (f"{_name(end, language)}: {_state(workflow, end.to, language)}" for end in step.outcomes.values())
        return "; ".join(ends)
    return _state(workflow, step.to, language)


def _state(workflow: Workflow, status: str | None, language: str) -> str:
    return next((_name(state, language) for state in workflow.states.values() if state.code == status), "–")


if __name__ == "__main__":
    for language in HEADERS:
        for table in TABLES:
            path = page(language, table)
            path.write_text(fill(path.read_text(encoding="utf-8"), language, table), encoding="utf-8")
