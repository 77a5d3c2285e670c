"""Fields that all prints of maps fill in alike: title, filters, layers, source, paper and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid_maps.filter_panel import filter_words, layers_words
from geogrid_maps.map_provenance import map_provenance
from geogrid_maps.prints.model import Print
from geogrid_maps.ui_texts import TITLES, text

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        return f"{text('district', language)} · {TITLES[kind][language]}"

    def filters(self) -> list[str]:
        """Return the period, then the other filters, in words."""
        return filter_words(self.data.shapes, self.data.view, self.data.rules)

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
        synthetic: bool,
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
            synthetic=synthetic,
            chart=chart,
            source=text("outline", self.data.language),
            language=self.data.language,
            paper=self.printing.paper,
            printed=self.printing.printed,
            provenance=map_provenance(self.data, synthetic=synthetic, made_at=self.printing.printed),
        )
