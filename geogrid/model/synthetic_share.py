"""How many of the records behind a figure, map or file are synthetic, and the words of this mark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.constants import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL: Final = {Language.ZH: "合成示意数据 synthetic", Language.EN: "synthetic data 合成示意"}
_MIXED: Final = {Language.ZH: "合成示意 {:,}、实有 {:,}", Language.EN: "{:,} synthetic, {:,} real"}
_GRIDS: Final = {Language.ZH: "网格为合成示意", Language.EN: "grids are synthetic"}
_POPULATION: Final = {Language.ZH: "人口为合成示意", Language.EN: "population is synthetic"}
_SEPARATORS: Final[Mapping[Language, str]] = {Language.ZH: "；", Language.EN: "; "}


@dataclass(frozen=True, slots=True)
class SyntheticShare:
    """The synthetic part of the data behind a figure, map or file. It is false if nothing is synthetic.

    Attributes
    ----------
    synthetic, real
        The numbers of synthetic and of real records.
    grids
        Whether the layers contain synthetic areas.
    population
        Whether any population number is synthetic.

    Examples
    --------
    >>> SyntheticShare(synthetic=5, real=3).describe(Language.EN)
    '5 synthetic, 3 real'
    >>> SyntheticShare(real=3, grids=True).describe(Language.ZH)
    '网格为合成示意'
    >>> bool(SyntheticShare(real=3))
    False
    """

    synthetic: int = 0
    real: int = 0
    grids: bool = False
    population: bool = False

    @classmethod
    def of(cls, total: int, synthetic: int, *, grids: bool = False) -> SyntheticShare:
        """Return the share of `synthetic` among `total` records."""
        return cls(synthetic, total - synthetic, grids)

    def __bool__(self) -> bool:
        return bool(self.synthetic or self.grids or self.population)

    def __or__(self, other: SyntheticShare) -> SyntheticShare:
        """Return the share of two sets of records together."""
        return SyntheticShare(
            self.synthetic + other.synthetic,
            self.real + other.real,
            self.grids or other.grids,
            self.population or other.population,
        )

    def detail(self, language: Language) -> str:
        """Return the mark of data that are only partly synthetic, otherwise an empty text."""
        if self.synthetic and not self.real:
            return ""
        parts = (
            _MIXED[language].format(self.synthetic, self.real) if self.synthetic else "",
            _GRIDS[language] if self.grids else "",
            _POPULATION[language] if self.population else "",
        )
        return _SEPARATORS[language].join(filter(None, parts))

    def describe(self, language: Language) -> str:
        """Return the mark in words, or an empty text if nothing is synthetic."""
        return self.detail(language) or (_ALL[language] if self else "")

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as JSON values."""
        return asdict(self)
