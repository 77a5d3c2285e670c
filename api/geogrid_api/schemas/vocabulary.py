"""Request and response models of the vocabulary of the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from geogrid.rules.vocabulary import CODE_PATTERN, Department, DutyRow, ReportSource, ResponseLevel

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet

#: A code of the vocabulary in a request. The rules decide which codes exist, so that an error can list them.
VocabularyText = Annotated[str, Field(max_length=40, json_schema_extra={"pattern": CODE_PATTERN})]


class CategoryName(BaseModel):
    """A category with its names; GET /v1/categories adds department and limits."""

    code: str
    name: str
    name_en: str


class VocabularyResponse(BaseModel):
    """Codes and names of the district that requests and responses use."""

    sources: list[ReportSource] = Field(description="Sources of reports, in display order.")
    levels: list[ResponseLevel] = Field(description="Levels of response, from the lowest to the highest.")
    duties: list[DutyRow] = Field(description="Duties of posts, in display order.")
    departments: list[Department]
    categories: list[CategoryName] = Field(
        description="Categories that incidents have; GET /v1/categories also lists the categories above them."
    )


def make_vocabulary_response(rules: RuleSet) -> VocabularyResponse:
    """Return the response with the vocabulary of the active rules."""
    profile = rules.profile
    return VocabularyResponse(
        sources=list(profile.sources.values()),
        levels=list(profile.levels.values()),
        duties=list(profile.duties.values()),
        departments=list(profile.departments.values()),
        categories=[
            CategoryName(code=code, name=category.name, name_en=category.name_en)
            for code, category in rules.categories.items()
        ],
    )
