"""Provenance of the files with incidents, figures and layers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.constants import Language
from geogrid.incidents.query_description import describe_filters
from geogrid.incidents.query_field import KnownValues
from geogrid.model import Layer
from geogrid.model.provenance import Provenance
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.rules.district_words import DistrictWords
from geogrid.rules.vocabulary import name_codes
from geogrid.store.layers import area_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.incidents.query import IncidentQuery
    from geogrid.incidents.query_description import KnownNames
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Generation
    from geogrid.model.provenance import Days
    from geogrid.store.database import Store


def incident_provenance(
    store: Store,
    query: IncidentQuery,
    rules: RuleSet,
    *,
    days: Days,
    generation: Generation,
    synthetic: SyntheticShare,
    formulas: str,
    language: Language,
    more: tuple[str, ...] = (),
) -> Provenance:
    """Return the provenance of a file of incidents or of their figures, made now.

    Parameters
    ----------
    store, rules
        The database, and the rules with the names of codes.
    query
        The filters within the bounds of the user.
    days
        First and last day of the period.
    generation
        Generation of the areas.
    synthetic
        The synthetic part of the incidents and layers.
    formulas
        Version of the formulas.
    language
        Language of the words.
    more
        Further conditions in words.
    """
    names = read_known_names(store, generation, rules, language)
    words = DistrictWords.of(rules.profile, language)
    return Provenance(
        made_at=datetime.now(UTC),
        synthetic=synthetic,
        generation=generation,
        restated=query.by_generation is not None,
        days=days,
        filters=(*describe_filters(query, names, words, query.within), *more),
        formulas=formulas,
        credit=words.credit,
        language=language,
    )


def layer_provenance(generation: Generation, layers: Mapping[str, gpd.GeoDataFrame], credit: str) -> Provenance:
    """Return the provenance of a file of layers of a generation with the credit of its outline, made now."""
    synthetic = any(bool(frame["synthetic"].any()) for frame in layers.values())
    return Provenance(
        made_at=datetime.now(UTC), synthetic=SyntheticShare(grids=synthetic), generation=generation, credit=credit
    )


def read_known_names(store: Store, generation: Generation, rules: RuleSet, language: Language) -> KnownNames:
    """Return the names of the codes of the rules, and of the streets and communities of a generation."""
    with store.read() as connection:
        streets = area_names(connection, generation, [Layer.STREET])
        communities = area_names(connection, generation, [Layer.COMMUNITY, Layer.VILLAGE])
    return {
        **name_rule_codes(rules, language),
        KnownValues.STREETS: streets,
        KnownValues.COMMUNITIES: communities,
    }


def name_rule_codes(rules: RuleSet, language: Language) -> dict[KnownValues, dict[str, str]]:
    """Return the names of categories, sources and levels by their codes, in display order."""
    categories = rules.categories.nodes.items()
    return {
        KnownValues.CATEGORIES: {
            code: row.name if language is Language.ZH else row.name_en for code, row in categories
        },
        KnownValues.SOURCES: name_codes(rules.profile.sources, language),
        KnownValues.LEVELS: name_codes(rules.profile.levels, language),
    }
