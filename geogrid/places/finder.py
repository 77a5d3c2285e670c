"""Find places by what people say, write and type: characters, pinyin, initials, and slips of pen and keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz import fuzz

from geogrid.model import PlaceKind, PlaceMatch
from geogrid.places.name_index import GramIndex, IndexedName, NameIndex
from geogrid.places.pinyin import match_length, readings, syllables
from geogrid.places.query_normalization import normalize_name, query_variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geogrid.model import NamedPlace

#: How much a hit counts: the whole name, its beginning, a part of it.
_WRITTEN: Final = (1.0, 0.93, 0.86)
_READ: Final = (0.92, 0.85, 0.74)
_INITIALS: Final = (0.90, 0.82, 0.68)
_MIXED: Final = (0.91, 0.84, 0.72)
#: Characters that sound alike (古诚 for 古城).
_ALIKE: Final = (0.80, 0.74, 0.66)
_NEAR: Final = 0.72
#: An address says where something is, not what it is.
_ADDRESS: Final = 0.9
#: Each shorter reading of what was asked counts a little less.
_SHORTER: Final = 0.97
#: Of two that fit alike the larger place comes first; names that are hit by a larger part too.
_KINDS: Final = {
    PlaceKind.STREET: 0.012,
    PlaceKind.COMMUNITY: 0.009,
    PlaceKind.VILLAGE: 0.009,
    PlaceKind.ADDRESS: 0.006,
}
_COVERED: Final = 0.04
#: With so many answers, or one so good, nobody has to guess what was mistyped.
_ENOUGH: Final = 3
_GOOD: Final = 0.8
_CANDIDATES: Final = 300
#: What is less like what was asked is not worth showing.
_LEAST: Final = 0.42
#: The beginning of a code, from that of the district on.
_CODE: Final = re.compile("[0-9]{6,15}")
_ALIKE_PERCENT: Final = 68.0
_SHORTEST: Final = 2
#: Letters that begin no syllable, and those that may stand inside one.
_NEVER_FIRST: Final = frozenset("iuv")
_MAY_FOLLOW: Final = frozenset("aoenghr")
_VOWELS: Final = frozenset("aoeiuv")


class PlaceFinder:
    """Places, ready to be found by their names.

    Parameters
    ----------
    places
        What there is to be found.

    Examples
    --------
    >>> from geogrid.model import NamedPlace, Point
    >>> spot = Point(113.3, 40.09)
    >>> finder = PlaceFinder([NamedPlace(PlaceKind.STREET, name, spot) for name in ("古城街道", "新城街道", "长胜街道")])
    >>> [finder.find(asked, 1)[0].place.name for asked in ("gcjd", "古城jd", "谷城街道附近", "chngshengjiedao")]
    ['古城街道', '古城街道', '古城街道', '长胜街道']
    """

    def __init__(self, places: Sequence[NamedPlace]) -> None:
        self.places = places
        names = [name for owner, place in enumerate(places) for name in _names(owner, place)]
        self._rows = NameIndex(names)
        self._characters = [GramIndex([name.text for name in names], size) for size in (1, 2)]
        self._letters = GramIndex(["".join(name.sounds) for name in names], 2)
        self._initials = GramIndex(["".join(sound[0] for sound in name.sounds) for name in names], 2)
        self._codes = [place.code for place in places]
        self._bonus = np.array([_KINDS.get(place.kind, 0.0) for place in places])

    def find(self, text: str, limit: int = 10) -> list[PlaceMatch]:
        """Return the places that a text may mean, the likeliest first.

        Parameters
        ----------
        text
            What was said or typed; a house number and words such as 附近 may stand behind the name.
        limit
            At most so many.
        """
        scores = np.zeros(len(self.places))
        asked = query_variants(text)
        if asked and _CODE.fullmatch(asked[0]):
            scores[[code.startswith(asked[0]) for code in self._codes]] = 1.0
        for shorter, wanted in enumerate(asked):
            self._take(scores, self._exact(wanted), _SHORTER**shorter)
        if asked and np.count_nonzero(scores) < _ENOUGH and scores.max(initial=0.0) < _GOOD:
            self._take(scores, self._nearly(asked[-1]), _SHORTER ** (len(asked) - 1))
        ranked = np.where(scores > 0, scores + self._bonus, 0.0)
        best = np.argsort(-ranked, kind="stable")[:limit].tolist()
        return [
            PlaceMatch(self.places[position], round(min(float(ranked[position]), 1.0), 4))
            for position in best
            if ranked[position] > 0
        ]

    def _take(self, scores: NDArray[np.float64], found: NDArray[np.float64], factor: float) -> None:
        """Raise the score of each place to that of the best of its names."""
        rows = np.flatnonzero(found)
        np.maximum.at(scores, self._rows.owners[rows], found[rows] * self._rows.weights[rows] * factor)

    def _exact(self, asked: str) -> NDArray[np.float64]:
        """Return the score of each name for what was asked without slips."""
        found = np.zeros(len(self._rows.names))
        if len(asked) < _SHORTEST:
            # A single letter is in all names; a single character may be one.
            return found if asked.isascii() else self._written(found, asked)
        self._written(found, asked)
        if not asked.isascii():
            if re.search("[a-z]", asked):
                self._mixed(found, asked, self._rows_with(max(re.findall("[^a-z]+", asked), key=len)))
            return found
        self._at(found, _positions(self._rows.initials, re.escape(asked)), len(asked), _INITIALS)
        self._read(found, asked, _READ)
        if np.count_nonzero(found) < _ENOUGH:
            pattern = _initials_of(asked)
            self._mixed(found, asked, self._row_of(_positions(self._rows.initials, pattern)[:_CANDIDATES]))
        return found

    def _written(self, found: NDArray[np.float64], asked: str) -> NDArray[np.float64]:
        self._at(found, _positions(self._rows.text, re.escape(asked)), len(asked), _WRITTEN)
        return found

    def _at(
        self, found: NDArray[np.float64], positions: NDArray[np.int64], length: int, worth: tuple[float, float, float]
    ) -> None:
        """Score the names that something was found in, by their positions in the text."""
        rows = self._row_of(positions)
        _score(found, rows, positions == self._rows.starts[rows], length / self._rows.lengths[rows], worth)

    def _read(self, found: NDArray[np.float64], asked: str, worth: tuple[float, float, float]) -> None:
        """Score the names that are read as was asked."""
        places = _positions(self._rows.sounds, re.escape(asked))
        places = places[self._rows.syllable[places]]
        starts = self._rows.sound_starts
        rows = np.searchsorted(starts, places, side="right") - 1
        _score(found, rows, places == starts[rows], len(asked) / self._rows.sound_lengths[rows], worth)

    def _mixed(self, found: NDArray[np.float64], asked: str, rows: NDArray[np.int64]) -> None:
        """Score those of some names that mix characters, syllables and initials as was asked."""
        for row in np.unique(rows)[:_CANDIDATES].tolist():
            name = self._rows.names[row]
            for at in range(len(name.text)):
                length = match_length(name.text, name.sounds, at, asked)
                if length:
                    one, first = np.array([row]), np.array([at == 0])
                    _score(found, one, first, np.array([length / len(name.text)]), _MIXED)
                    break

    def _nearly(self, asked: str) -> NDArray[np.float64]:
        """Return the score of each name for what was asked with slips in it."""
        found = np.zeros(len(self._rows.names))
        if len(asked) < _SHORTEST:
            return found
        sound = "".join(syllables(asked))
        if not asked.isascii():
            self._read(found, sound, _ALIKE)
            overlap = self._characters[0].overlap(asked) + self._characters[1].overlap(asked)
            for row in _most(overlap):
                self._compare(found, row, asked, self._rows.names[row].text)
        if _VOWELS.isdisjoint(asked) and asked.isascii():
            for row in _most(self._initials.overlap(asked)):
                self._compare(found, row, asked, "".join(sound[0] for sound in self._rows.names[row].sounds))
        for row in _most(self._letters.overlap(sound)):
            self._compare(found, row, sound, "".join(self._rows.names[row].sounds))
        return found

    def _compare(self, found: NDArray[np.float64], row: int, asked: str, name: str) -> None:
        part = fuzz.partial_ratio(asked, name, score_cutoff=_ALIKE_PERCENT)
        if part and len(name) >= _SHORTEST:
            whole = fuzz.ratio(asked, name)
            # A short name is part of many sentences, so the whole counts too.
            score = _NEAR * (0.5 * part + 0.5 * whole) / 100
            found[row] = max(found[row], score if score >= _LEAST else 0.0)

    def _rows_with(self, text: str) -> NDArray[np.int64]:
        return self._row_of(_positions(self._rows.text, re.escape(text)))

    def _row_of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._rows.starts, positions, side="right") - 1


def _names(owner: int, place: NamedPlace) -> Iterator[IndexedName]:
    name, address = normalize_name(place.name), normalize_name(place.address)
    if name:
        for sounds in readings(name):
            yield IndexedName(owner, name, sounds, 1.0)
    if address and address != name:
        yield IndexedName(owner, address, syllables(address), _ADDRESS)


def _score(
    found: NDArray[np.float64],
    rows: NDArray[np.int64],
    first: NDArray[np.bool_],
    covered: NDArray[np.float64],
    worth: tuple[float, float, float],
) -> None:
    """Raise the scores of names: the whole of one, its beginning, or a part, and how large a part that is."""
    whole, beginning, part = worth
    values = np.where(first & (covered >= 1), whole, np.where(first, beginning, part))
    np.maximum.at(found, rows, values - _COVERED * (1 - np.minimum(covered, 1)))


def _positions(text: str, pattern: str) -> NDArray[np.int64]:
    """Return where a pattern begins in a text."""
    return np.array([match.start() for match in re.finditer(pattern, text)], dtype=np.int64)


def _initials_of(letters: str) -> str:
    """Return a pattern of the initials that a text of whole syllables and initials may have.

    Examples
    --------
    >>> _initials_of("gcjiedao")
    'gcje?da?o?'
    """
    rest = (letter for letter in letters[1:] if letter not in _NEVER_FIRST)
    return letters[0] + "".join(f"{letter}?" if letter in _MAY_FOLLOW else letter for letter in rest)


def _most(overlap: NDArray[np.float64]) -> list[int]:
    """Return the names that have the most in common with what was asked."""
    count = min(_CANDIDATES, len(overlap))
    best = np.argpartition(-overlap, count - 1)[:count] if count else np.array([], dtype=np.int64)
    return [row for row in best.tolist() if overlap[row] > 0]
