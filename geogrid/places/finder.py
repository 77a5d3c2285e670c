"""Fuzzy place search by characters, pinyin, pinyin initials and codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _MatchScores:
    """Scores of a match of the whole name, of its beginning, and of another part."""

    whole: float
    beginning: float
    part: float


_WRITTEN: Final = _MatchScores(1.0, 0.93, 0.86)
_READ: Final = _MatchScores(0.92, 0.85, 0.74)
_INITIALS: Final = _MatchScores(0.90, 0.82, 0.68)
_MIXED: Final = _MatchScores(0.91, 0.84, 0.72)
#: Scores for homophones (古诚 for 古城).
_HOMOPHONE: Final = _MatchScores(0.80, 0.74, 0.66)
_FUZZY_FACTOR: Final = 0.72
#: Weight of an address relative to a name.
_ADDRESS_WEIGHT: Final = 0.9
#: Factor of the score for each shorter variant of the query.
_VARIANT_FACTOR: Final = 0.97
#: Bonus that ranks larger places first among equal matches.
_KIND_BONUS: Final = {
    PlaceKind.STREET: 0.012,
    PlaceKind.COMMUNITY: 0.009,
    PlaceKind.VILLAGE: 0.009,
    PlaceKind.ADDRESS: 0.006,
}
#: Maximum deduction for the part of a name that does not match.
_UNMATCHED_DEDUCTION: Final = 0.04
#: Fuzzy matching is skipped with this number of results, or one with this score.
_ENOUGH_RESULTS: Final = 3
_GOOD_SCORE: Final = 0.8
_MAX_CANDIDATES: Final = 300
#: Minimum similarity of a search result.
_MIN_SCORE: Final = 0.42
#: Beginning of an area code that is long enough not to be a name; a shorter code has to be complete.
_CODE: Final = re.compile("(?=.*[0-9])[0-9a-z]{6,}")
_MIN_SIMILARITY_PERCENT: Final = 68.0
_MIN_LENGTH: Final = 2
#: Letters that begin no syllable, and letters that can occur inside one.
_NEVER_FIRST: Final = frozenset("iuv")
_MAY_FOLLOW: Final = frozenset("aoenghr")
_VOWELS: Final = frozenset("aoeiuv")


class PlaceFinder:
    """Search index of places.

    Parameters
    ----------
    places
        The searchable places.

    Examples
    --------
    >>> from geogrid.model import NamedPlace, Point
    >>> spot = Point(113.3, 40.09)
    >>> names = ("古城街道", "新城街道", "长胜街道")
    >>> finder = PlaceFinder([NamedPlace(PlaceKind.STREET, name, spot) for name in names])
    >>> [finder.find(query, 1)[0].place.name for query in ("gcjd", "古城jd", "谷城街道附近", "chngshengjiedao")]
    ['古城街道', '古城街道', '古城街道', '长胜街道']
    """

    def __init__(self, places: Sequence[NamedPlace]) -> None:
        self.places = places
        names = [name for owner, place in enumerate(places) for name in _index_names(owner, place)]
        self._rows = NameIndex(names)
        self._characters = [GramIndex([name.text for name in names], size) for size in (1, 2)]
        self._letters = GramIndex(["".join(name.sounds) for name in names], 2)
        self._initials = GramIndex(["".join(sound[0] for sound in name.sounds) for name in names], 2)
        self._codes = [normalize_name(place.code) for place in places]
        self._bonus = np.array([_KIND_BONUS.get(place.kind, 0.0) for place in places])

    def find(self, text: str, limit: int = 10) -> list[PlaceMatch]:
        """Return the places that match a query, best first.

        Parameters
        ----------
        text
            The query; a house number and words such as 附近 may follow the name.
        limit
            Maximum number of results.
        """
        scores = np.zeros(len(self.places))
        variants = query_variants(text)
        if variants:
            scores[self._find_codes(variants[0])] = 1.0
        for position, variant in enumerate(variants):
            self._raise_scores(scores, self._score_exact(variant), _VARIANT_FACTOR**position)
        if variants and np.count_nonzero(scores) < _ENOUGH_RESULTS and scores.max(initial=0.0) < _GOOD_SCORE:
            self._raise_scores(scores, self._score_fuzzy(variants[-1]), _VARIANT_FACTOR ** (len(variants) - 1))
        ranked = np.where(scores > 0, scores + self._bonus, 0.0)
        best = np.argsort(-ranked, kind="stable")[:limit].tolist()
        return [
            PlaceMatch(self.places[position], round(min(float(ranked[position]), 1.0), 4))
            for position in best
            if ranked[position] > 0
        ]

    def _find_codes(self, query: str) -> list[int]:
        """Return the places whose code begins with the query, or is the query."""
        is_beginning = _CODE.fullmatch(query)
        return [
            position
            for position, code in enumerate(self._codes)
            if (code.startswith(query) if is_beginning else code == query)
        ]

    def _raise_scores(self, scores: NDArray[np.float64], name_scores: NDArray[np.float64], factor: float) -> None:
        """Raise the score of each place to the best score of its names."""
        rows = np.flatnonzero(name_scores)
        np.maximum.at(scores, self._rows.owners[rows], name_scores[rows] * self._rows.weights[rows] * factor)

    def _score_exact(self, query: str) -> NDArray[np.float64]:
        """Return the score of each name for an exact match of the query."""
        scores = np.zeros(len(self._rows.names))
        if len(query) < _MIN_LENGTH:
            # A single letter matches almost every name; a single Chinese character is useful.
            return scores if query.isascii() else self._score_text(scores, query)
        self._score_text(scores, query)
        if not query.isascii():
            if re.search("[a-z]", query):
                self._score_mixed(scores, query, self._rows_containing(max(re.findall("[^a-z]+", query), key=len)))
            return scores
        self._score_positions(scores, _positions(self._rows.initials, re.escape(query)), len(query), _INITIALS)
        self._score_pinyin(scores, query, _READ)
        if np.count_nonzero(scores) < _ENOUGH_RESULTS:
            pattern = _initials_of(query)
            self._score_mixed(scores, query, self._row_of(_positions(self._rows.initials, pattern)[:_MAX_CANDIDATES]))
        return scores

    def _score_text(self, scores: NDArray[np.float64], query: str) -> NDArray[np.float64]:
        self._score_positions(scores, _positions(self._rows.text, re.escape(query)), len(query), _WRITTEN)
        return scores

    def _score_positions(
        self,
        scores: NDArray[np.float64],
        positions: NDArray[np.int64],
        length: int,
        values: _MatchScores,
    ) -> None:
        """Score the names that contain matches of `length` characters at the given positions of the text."""
        rows = self._row_of(positions)
        _score(scores, rows, positions == self._rows.starts[rows], length / self._rows.lengths[rows], values)

    def _score_pinyin(self, scores: NDArray[np.float64], query: str, values: _MatchScores) -> None:
        """Score the names whose pinyin contains the query."""
        positions = _positions(self._rows.sounds, re.escape(query))
        positions = positions[self._rows.syllable[positions]]
        starts = self._rows.sound_starts
        rows = np.searchsorted(starts, positions, side="right") - 1
        _score(scores, rows, positions == starts[rows], len(query) / self._rows.sound_lengths[rows], values)

    def _score_mixed(self, scores: NDArray[np.float64], query: str, rows: NDArray[np.int64]) -> None:
        """Score the given names that match a query mixing characters, syllables and initials."""
        for row in np.unique(rows)[:_MAX_CANDIDATES].tolist():
            name = self._rows.names[row]
            for start in range(len(name.text)):
                length = match_length(name.text, name.sounds, start, query)
                if length:
                    first = np.array([start == 0])
                    _score(scores, np.array([row]), first, np.array([length / len(name.text)]), _MIXED)
                    break

    def _score_fuzzy(self, query: str) -> NDArray[np.float64]:
        """Return the score of each name for a fuzzy match of the query."""
        scores = np.zeros(len(self._rows.names))
        if len(query) < _MIN_LENGTH:
            return scores
        sound = "".join(syllables(query))
        if not query.isascii():
            self._score_pinyin(scores, sound, _HOMOPHONE)
            overlap = self._characters[0].overlap(query) + self._characters[1].overlap(query)
            for row in _largest(overlap):
                self._score_similarity(scores, row, query, self._rows.names[row].text)
        if _VOWELS.isdisjoint(query) and query.isascii():
            for row in _largest(self._initials.overlap(query)):
                self._score_similarity(scores, row, query, "".join(sound[0] for sound in self._rows.names[row].sounds))
        for row in _largest(self._letters.overlap(sound)):
            self._score_similarity(scores, row, sound, "".join(self._rows.names[row].sounds))
        return scores

    def _score_similarity(self, scores: NDArray[np.float64], row: int, query: str, name: str) -> None:
        part = fuzz.partial_ratio(query, name, score_cutoff=_MIN_SIMILARITY_PERCENT)
        if part and len(name) >= _MIN_LENGTH:
            whole = fuzz.ratio(query, name)
            # A short name is contained in many queries, so the ratio of the whole texts counts too.
            score = _FUZZY_FACTOR * (0.5 * part + 0.5 * whole) / 100
            scores[row] = max(scores[row], score if score >= _MIN_SCORE else 0.0)

    def _rows_containing(self, text: str) -> NDArray[np.int64]:
        return self._row_of(_positions(self._rows.text, re.escape(text)))

    def _row_of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._rows.starts, positions, side="right") - 1


def _index_names(owner: int, place: NamedPlace) -> Iterator[IndexedName]:
    name, address = normalize_name(place.name), normalize_name(place.address)
    if name:
        for sounds in readings(name):
            yield IndexedName(owner, name, sounds, 1.0)
    if address and address != name:
        yield IndexedName(owner, address, syllables(address), _ADDRESS_WEIGHT)


def _score(
    scores: NDArray[np.float64],
    rows: NDArray[np.int64],
    first: NDArray[np.bool_],
    covered: NDArray[np.float64],
    values: _MatchScores,
) -> None:
    """Raise the scores of names by match position (whole, beginning, part) and matched share of the name."""
    raised = np.where(first & (covered >= 1), values.whole, np.where(first, values.beginning, values.part))
    np.maximum.at(scores, rows, raised - _UNMATCHED_DEDUCTION * (1 - np.minimum(covered, 1)))


def _positions(text: str, pattern: str) -> NDArray[np.int64]:
    """Return the start positions of a pattern in a text."""
    return np.array([match.start() for match in re.finditer(pattern, text)], dtype=np.int64)


def _initials_of(letters: str) -> str:
    """Return a regular expression for the initials of a query of syllables and initials.

    Examples
    --------
    >>> _initials_of("gcjiedao")
    'gcje?da?o?'
    """
    rest = (letter for letter in letters[1:] if letter not in _NEVER_FIRST)
    return letters[0] + "".join(f"{letter}?" if letter in _MAY_FOLLOW else letter for letter in rest)


def _largest(overlap: NDArray[np.float64]) -> list[int]:
    """Return the indexes of the names with the largest overlap."""
    count = min(_MAX_CANDIDATES, len(overlap))
    best = np.argpartition(-overlap, count - 1)[:count] if count else np.array([], dtype=np.int64)
    return [row for row in best.tolist() if overlap[row] > 0]
