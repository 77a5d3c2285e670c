"""The code scheme of a district: the pattern of the codes of each layer, and the parents that the codes contain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import AREA_CODE
from geogrid.rules.profile import PARENT_GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from geogrid.model import Layer
    from geogrid.rules.profile import Profile

_ANY: Final = re.compile(AREA_CODE)


@dataclass(frozen=True, slots=True)
class CodeScheme:
    """Patterns of the codes of a district.

    Attributes
    ----------
    patterns
        Pattern of the whole code by layer; its group ``parent``, if there is one, is the code of the parent. None
        permits every layer with any code, and no code contains a parent.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> from geogrid.rules.profile import Profile
    >>> from geogrid.rules.rule_texts import read_included
    >>> scheme = CodeScheme.of(Profile.parse(read_included()["profile.toml"]))
    >>> scheme.matches(Layer.URBAN, "140213051001001"), scheme.matches(Layer.URBAN, "14021305100100")
    (True, False)
    >>> scheme.read_parent(Layer.URBAN, "140213051001001")
    '140213051001'
    >>> ANY_CODES.matches(Layer.URBAN, "WG-07"), ANY_CODES.read_parent(Layer.URBAN, "WG-07")
    (True, None)
    """

    patterns: Mapping[Layer, re.Pattern[str]] | None = None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Return the code scheme of a profile."""
        return cls({layer: words.code for layer, words in profile.layers.items()})

    def has_layer(self, layer: Layer) -> bool:
        """Return whether the district may have a layer."""
        return self.patterns is None or layer in self.patterns

    def matches(self, layer: Layer, code: str) -> bool:
        """Return whether a code is valid for a layer."""
        return bool(_ANY.fullmatch(code) and self._pattern(layer).fullmatch(code))

    def read_parent(self, layer: Layer, code: object) -> str | None:
        """Return the code of the parent that a code contains, or None; a missing or malformed code contains none."""
        if not isinstance(code, str) or not self.matches(layer, code):
            return None
        return self._pattern(layer).fullmatch(code).groupdict().get(PARENT_GROUP)  # type: ignore[union-attr] # matches

    def describe(self, layer: Layer) -> str:
        """Return the pattern of a layer, for messages."""
        return self._pattern(layer).pattern

    def _pattern(self, layer: Layer) -> re.Pattern[str]:
        return (self.patterns or {}).get(layer, _ANY)


#: Scheme of a district without a profile.
ANY_CODES: Final = CodeScheme()
