"""How names are read: a syllable of pinyin for each character, and other readings where a character has several."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pypinyin import Style, lazy_pinyin, pinyin

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters of place names that people read in several ways. pypinyin knows rare readings of nearly every character;
#: to try all of them would find what nobody says.
POLYPHONES: Final = frozenset("重行长乐朝曾单解盖都车传调藏差泊厦洞角觉弹召尉任校折便种曲宿系扎查盛葛句缪隗")
#: Of a character the usual reading and the one after it; of a name so many ways, at most.
_OF_A_CHARACTER: Final = 2
_MOST: Final = 4


def syllables(text: str) -> tuple[str, ...]:
    """Return how a text is read, one syllable for each character; what is no Chinese stands for itself.

    Examples
    --------
    >>> syllables("重庆银行a座")
    ('chong', 'qing', 'yin', 'hang', 'a', 'zuo')
    """
    found = tuple(lazy_pinyin(text, style=Style.NORMAL, errors=_apart))
    # Nothing else is known to break this; what follows counts characters by it.
    return found if len(found) == len(text) else tuple(_single(one)[0] for one in text)


def readings(text: str) -> Iterator[tuple[str, ...]]:
    """Yield how a name may be read, the likeliest first: by its words, then with other readings of single characters.

    Examples
    --------
    >>> ["".join(one) for one in readings("长胜街")]
    ['zhangshengjie', 'changshengjie']
    """
    usual = syllables(text)
    yield usual
    count = 1
    for place, character in enumerate(text):
        if character not in POLYPHONES:
            continue
        for other in _single(character)[:_OF_A_CHARACTER]:
            if other != usual[place]:
                yield (*usual[:place], other, *usual[place + 1 :])
                count += 1
                if count == _MOST:
                    return


def _apart(text: str) -> Any:  # noqa: ANN401 - pypinyin takes a list, though its types say otherwise
    return list(text)


@lru_cache(maxsize=10_000)
def _single(character: str) -> tuple[str, ...]:
    """Return the readings of one character, the usual one first."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors=_apart)
    return tuple(found[0]) if found else (character,)


def match_length(text: str, sounds: tuple[str, ...], at: int, asked: str) -> int:
    """Return how many characters of a name, from one on, are what was asked; 0 where they are not.

    What is asked may mix characters, whole syllables, their beginnings and initials.

    Parameters
    ----------
    text, sounds
        The name and its reading.
    at
        From which character on.
    asked
        Plain text.

    Examples
    --------
    >>> sounds = syllables("古城街道")
    >>> [match_length("古城街道", sounds, 0, asked) for asked in ("gcjd", "古城jd", "guchjie", "gucheng", "gcx")]
    [4, 4, 3, 2, 0]
    """
    reached = {0}
    for place in range(at, len(text)):
        reached = {
            end for start in reached for end in _ends(text[place], sounds[place], asked, start) if end <= len(asked)
        }
        if len(asked) in reached:
            return place - at + 1
        if not reached:
            break
    return 0


def _ends(character: str, sound: str, asked: str, start: int) -> Iterator[int]:
    """Yield how far what is asked has come once a character is passed."""
    if asked[start] == character:
        yield start + 1
    for length, letter in enumerate(sound, start=1):
        if asked[start + length - 1 : start + length] != letter:
            return
        yield start + length
