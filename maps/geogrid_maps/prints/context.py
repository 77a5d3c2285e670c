"""Fields that all prints of maps fill in alike: title, filters, layers, source, paper and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.geo.projections import choose_projection
from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.map_provenance import map_provenance
from geogrid_maps.prints.model import Print, PrintDistrict, join_outline
from geogrid_maps.ui_texts import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.model.synthetic_share import SyntheticShare
    from geogrid_maps.map_data import MapData
    from geogrid_maps.map_query import MapKind
    from geogrid_maps.prints.model import Chart, LegendEntry, Printing, PrintMap


@dataclass(frozen=True, slots=True)
class PrintContext:
    """A print of a map without its content.

    Attributes
    ----------
    data
        The generation, the filters and the language.
    printing
        Paper and time.
    """

    data: MapData
    printing: Printing

    def title(self, kind: MapKind) -> str:
        """Return the name of the district and of the map."""
        language = self.data.language
        return f"{self.data.words.name} · {TITLES[kind][language]}"

    @property
    def projection(self) -> str:
        """Projection of all maps of the print: that of the profile, or the one that fits the outline."""
        chosen = self.data.rules.profile.district.projection
        if chosen:
            return chosen
        centre = join_outline(self.data.shapes).centroid
        return choose_projection(centre.x, centre.y)

    @property
    def district(self) -> PrintDistrict:
        """Borders and water of the generation."""
        return PrintDistrict.of(self.data.shapes, self.projection)

    def filters(self) -> list[str]:
        """Return the period, then the other filters, in words."""
        return filter_words(self.data)

    def layers(self, *, restated: bool) -> str:
        """Return the generation in words, and whether all incidents were counted by it."""
        return layers_words(self.data.shapes, self.data.language, restated=restated)

    def fill(
        self,
        *,
        title: str,
        lines: Sequence[str],
        maps: Sequence[PrintMap],
        legend_title: str,
        legend: Sequence[LegendEntry],
        notes: Sequence[str],
        synthetic: SyntheticShare,
        chart: Chart | None = None,
    ) -> Print:
        """Return the print with this content, see `Print`."""
        return Print(
            title=title,
            lines=lines,
            maps=maps,
            legend_title=legend_title,
            legend=legend,
            notes=notes,
            synthetic=synthetic.describe(self.data.language),
            chart=chart,
            words=self.data.words,
            paper=self.printing.paper,
            printed=self.printing.printed,
            provenance=map_provenance(self.data, synthetic=synthetic, made_at=self.printing.printed),
        )
