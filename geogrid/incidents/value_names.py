"""The codes of categories and sources in an incident file, by code or by name in either language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents.source_codes import SourceCodes
from geogrid.rules.vocabulary import SourceUse
from geogrid.tabular.code_names import CodeNames

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class IncidentNames:
    """The codes that rows of an incident file may use, with their names."""

    categories: CodeNames
    sources: SourceCodes


def incident_names(rules: RuleSet) -> IncidentNames:
    """Return the names of the categories and of the sources of a rule set.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> names = incident_names(load_rules())
    >>> names.categories.find("共享单车停放"), names.sources.find("热线")
    ('Z06', 'hotline')
    """
    by_code = {code: (category.name, category.name_en) for code, category in rules.categories.items()}
    return IncidentNames(CodeNames(by_code, "category", "category"), SourceCodes.of(rules.profile, SourceUse.IMPORT))
