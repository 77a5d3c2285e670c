"""Words of a district in one language: its name, the credit of its outline, and the names and borders of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.model import Layer
    from geogrid.rules.profile import Profile

_BETWEEN: Final = {Language.ZH: "、", Language.EN: ", "}


@dataclass(frozen=True, slots=True)
class DistrictWords:
    """Words of a district.

    Attributes
    ----------
    language
        Language of the words.
    name
        Name of the district.
    credit
        Source of its outline; empty for none.
    layers, borders
        Name of an area, and of a border, of each layer of the district, with a capital letter.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> from geogrid.rules.profile import Profile
    >>> from geogrid.rules.rule_texts import read_included
    >>> words = DistrictWords.of(Profile.parse(read_included()["profile.toml"]), Language.EN)
    >>> words.layers[Layer.URBAN], words.name_borders([Layer.COMMUNITY, Layer.VILLAGE])
    ('Urban grid', 'Community border, village border')
    """

    language: Language
    name: str
    credit: str
    layers: Mapping[Layer, str]
    borders: Mapping[Layer, str]

    @classmethod
    def of(cls, profile: Profile, language: Language) -> DistrictWords:
        """Return the words of a profile."""
        district, layers = profile.district, profile.layers
        return cls(
            language=language,
            name=district.label(language),
            credit=district.credit_label(language),
            layers={layer: _capitalise(words.label(language)) for layer, words in layers.items()},
            borders={layer: _capitalise(words.border_label(language)) for layer, words in layers.items()},
        )

    def name_layers(self, layers: Iterable[Layer]) -> str:
        """Return the names of those layers that the district has, each once; empty if it has none of them."""
        return self._join(self.layers[layer] for layer in layers if layer in self.layers)

    def name_borders(self, layers: Iterable[Layer]) -> str:
        """Return the names of the borders of layers like `name_layers`."""
        return self._join(self.borders[layer] for layer in layers if layer in self.borders)

    def _join(self, names: Iterable[str]) -> str:
        first, *more = dict.fromkeys(names) or [""]
        return _BETWEEN[self.language].join([first, *(name[:1].lower() + name[1:] for name in more)])


def _capitalise(name: str) -> str:
    return name[:1].upper() + name[1:]
