"""Indexes of place names: all names joined in one string for substring search, and n-grams for fuzzy search."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SEPARATOR: Final = "\n"
#: Bits of a Unicode code point.
_BITS: Final = np.uint64(21)
#: Bits left of 64 beside two characters; limits the number of names to four million.
_ROW_BITS: Final = np.uint64(22)


@dataclass(frozen=True, slots=True)
class IndexedName:
    """A name of a place with one pronunciation.

    Attributes
    ----------
    owner
        Index of the place.
    text
        Normalized text, see `geogrid.places.query_normalization.normalize_name`.
    sounds
        One pinyin syllable per character.
    weight
        Factor of the score; smaller for an address than for a name.
    """

    owner: int
    text: str
    sounds: tuple[str, ...]
    weight: float


class NameIndex:
    """Names joined into three strings: characters, pinyin initials and pinyin.

    `text` and `initials` have the same length per name, and a line feed between names.

    Parameters
    ----------
    names
        Names in the order of their places.
    """

    def __init__(self, names: Sequence[IndexedName]) -> None:
        self.names = names
        self.owners = np.array([name.owner for name in names], dtype=np.int64)
        self.weights = np.array([name.weight for name in names])
        self.text = _SEPARATOR.join(name.text for name in names)
        self.initials = _SEPARATOR.join("".join(sound[0] for sound in name.sounds) for name in names)
        self.sounds = _SEPARATOR.join("".join(name.sounds) for name in names)
        self.lengths = np.array([len(name.text) for name in names], dtype=np.int64)
        self.sound_lengths = np.array([sum(map(len, name.sounds)) for name in names], dtype=np.int64)
        self.starts = _starts(self.lengths)
        self.sound_starts = _starts(self.sound_lengths)
        # Positions at which a syllable begins; a match must begin at one.
        self.syllable = np.zeros(len(self.sounds) + 1, dtype=bool)
        for start, name in zip(self.sound_starts.tolist(), names, strict=True):
            self.syllable[list(accumulate(map(len, name.sounds[:-1]), initial=start))] = True


class GramIndex:
    """Index of the names that contain each character or pair of neighbouring characters.

    Parameters
    ----------
    texts
        The names.
    size
        1 for characters, 2 for pairs.
    """

    def __init__(self, texts: Sequence[str], size: int) -> None:
        self._size = size
        self._rows = len(texts)
        codes = _gram_codes(_SEPARATOR.join(texts), size)
        rows = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(text) + 1 for text in texts])[: len(codes)]
        # Each distinct (gram, name index) once, sorted by gram.
        keys = np.sort((codes << _ROW_BITS) | rows)
        # numpy.unique hashes since 2.3, which is twenty times slower than sorting here.
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
        self._codes = keys >> _ROW_BITS
        self._owners = (keys & ((np.uint64(1) << _ROW_BITS) - np.uint64(1))).astype(np.int64)

    def overlap(self, text: str) -> NDArray[np.float64]:
        """Return the weighted number of common grams of a text and each name, shape (n,). Rare grams weigh more.

        Examples
        --------
        >>> overlap = GramIndex(["古城街道", "新城街道", "西街"], 2).overlap("古成街道")
        >>> bool(overlap[0] == overlap[1] > overlap[2])
        True
        """
        total = np.zeros(self._rows)
        for code in np.unique(_gram_codes(text, self._size)).tolist():
            first, last = np.searchsorted(self._codes, np.array([code, code + 1], dtype=np.uint64)).tolist()
            if first < last:
                total[self._owners[first:last]] += np.log1p(self._rows / (last - first))
        return total


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths + 1)[:-1]]).astype(np.int64) if len(lengths) else lengths


def _gram_codes(text: str, size: int) -> NDArray[np.uint64]:
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    return points if size == 1 else (points[:-1] << _BITS) | points[1:]
