"""Provenance of the files of a map."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.incidents.query_description import describe_filters
from geogrid.incidents.query_field import KnownValues
from geogrid.model.provenance import Provenance
from geogrid.services.provenance import name_rule_codes

if TYPE_CHECKING:
    from geogrid.incidents.query_description import KnownNames
    from geogrid.model.synthetic_share import SyntheticShare
    from geogrid_maps.map_data import MapData


def map_provenance(data: MapData, *, synthetic: SyntheticShare, made_at: datetime | None = None) -> Provenance:
    """Return the provenance of a file of a map.

    Parameters
    ----------
    data
        The filters, the generation and the bounds of the user.
    synthetic
        The synthetic part of the incidents and layers.
    made_at
        Time of making; by default now.
    """
    view, generation, earlier, words = data.view, data.shapes.generation, data.compared, data.words
    return Provenance(
        made_at=made_at or datetime.now(UTC),
        synthetic=synthetic,
        generation=generation,
        restated=data.query.by_generation is not None,
        days=(view.first, view.last),
        earlier_days=(earlier.view.first, earlier.view.last) if earlier else None,
        earlier_generation=earlier.generation if earlier else None,
        filters=describe_filters(view, _known_names(data), words, data.query.within),
        formulas=data.rules.formulas.version,
        credit=words.credit,
        language=view.language,
    )


def _known_names(data: MapData) -> KnownNames:
    return {
        **name_rule_codes(data.rules, data.language),
        KnownValues.STREETS: {area.code: area.name for area in data.shapes.streets},
        KnownValues.COMMUNITIES: {area.code: area.name for area in data.shapes.communities},
    }
