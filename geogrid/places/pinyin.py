"""Pinyin of place names, with alternative pronunciations, and matching of abbreviated pinyin."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pypinyin import Style, lazy_pinyin, pinyin

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters with several common pronunciations in place names. The rare ones that pypinyin knows are not used.
POLYPHONES: Final = frozenset("重行长乐朝曾单解盖都车传调藏差泊厦洞角觉弹召尉任校折便种曲宿系扎查盛葛句缪隗")
#: Maximum number of pronunciations of a character and of a name.
_MAX_PER_CHARACTER: Final = 2
_MAX_READINGS: Final = 4


def syllables(text: str) -> tuple[str, ...]:
    """Return the pinyin of a text, one syllable per character. Other characters are returned unchanged.

    Examples
    --------
    >>> syllables("重庆银行a座")
    ('chong', 'qing', 'yin', 'hang', 'a', 'zuo')
    """
    sounds = tuple(lazy_pinyin(text, style=Style.NORMAL, errors=_split))
    # The callers rely on one syllable per character, which pypinyin does not guarantee.
    return sounds if len(sounds) == len(text) else tuple(_readings_of(character)[0] for character in text)


def readings(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the pronunciations of a name: the usual one, then variants with another reading of one character.

    Examples
    --------
    >>> ["".join(sounds) for sounds in readings("长胜街")]
    ['zhangshengjie', 'changshengjie']
    """
    usual = syllables(text)
    yield usual
    count = 1
    for index, character in enumerate(text):
        if character not in POLYPHONES:
            continue
        for other in _readings_of(character)[:_MAX_PER_CHARACTER]:
            if other != usual[index]:
                yield (*usual[:index], other, *usual[index + 1 :])
                count += 1
                if count == _MAX_READINGS:
                    return


def _split(text: str) -> Any:  # noqa: ANN401 - pypinyin accepts a list, contrary to its types
    return list(text)


@lru_cache(maxsize=10_000)
def _readings_of(character: str) -> tuple[str, ...]:
    """Return the pronunciations of a character, the usual one first."""
    result = pinyin(character, style=Style.NORMAL, heteronym=True, errors=_split)
    return tuple(result[0]) if result else (character,)


def match_length(text: str, sounds: tuple[str, ...], start: int, query: str) -> int:
    """Return the number of characters of a name, from index `start`, that match the query; 0 if they do not.

    The query can mix characters, syllables, beginnings of syllables and initials.

    Parameters
    ----------
    text, sounds
        The name and its pinyin.
    start
        Index of the first character.
    query
        Normalized query.

    Examples
    --------
    >>> sounds = syllables("古城街道")
    >>> [match_length("古城街道", sounds, 0, query) for query in ("gcjd", "古城jd", "guchjie", "gucheng", "gcx")]
    [4, 4, 3, 2, 0]
    """
    reached = {0}
    for index in range(start, len(text)):
        reached = {
            end
            for position in reached
            for end in _match_ends(text[index], sounds[index], query, position)
            if end <= len(query)
        }
        if len(query) in reached:
            return index - start + 1
        if not reached:
            break
    return 0


def _match_ends(character: str, sound: str, query: str, position: int) -> Iterator[int]:
    """Yield the positions in the query reached after a character of the name."""
    if query[position] == character:
        yield position + 1
    for length, letter in enumerate(sound, start=1):
        if query[position + length - 1 : position + length] != letter:
            return
        yield position + length
