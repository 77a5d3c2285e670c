"""Text whose encoding nobody can be trusted about: tables of Shapefiles, and names that were decoded wrongly before."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from geogrid.errors import LayerError
from geogrid.layers.files.limits import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

UTF8: Final = "utf-8"
#: Holds GBK and GB2312 whole.
GB18030: Final = "gb18030"
_GB_NAMES: Final = {"gbk", "gb2312", "gb18030", "936", "cp936", "ms936", "ansi936", "euccn"}
_UTF8_NAMES: Final = {"utf8", "65001", "cp65001"}

_CJK: Final = re.compile("[\u3400-\u9fff]")
_STRANGE: Final = re.compile("[\u00a0-\u2fff\ue000-\uffff]")
#: But for line ends and tabs, which labels on maps have.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PAIRS: Final = re.compile(r"(?:[\x00-\x7f]|[^\x00-\x7f]{2})*")
# Decoders leave the replacement character; saved as UTF-8 and read as GBK it becomes the other.
_TRACES: Final = re.compile("[\x80-\x9f\ufffd]|锟斤拷")


def named_encoding(text: str) -> str | None:
    """Return the codec that a .cpg file names, or None if it names none that is known.

    Examples
    --------
    >>> named_encoding("UTF-8"), named_encoding("ANSI 936"), named_encoding("CP936"), named_encoding("?")
    ('utf-8', 'gb18030', 'gb18030', None)
    """
    name = re.sub(r"[\s_-]", "", text).lower()
    if name in _UTF8_NAMES:
        return UTF8
    if name in _GB_NAMES:
        return GB18030
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def detect_encoding(values: Iterable[bytes]) -> str | None:
    """Return UTF-8 or GB18030, whichever all of the values read as; None if neither does.

    A value may end in the middle of a character: tables cut their texts by bytes.

    Examples
    --------
    >>> detect_encoding(["平城区".encode("gbk"), "南关街道".encode("gbk")]), detect_encoding(["平城区".encode()])
    ('gb18030', 'utf-8')
    """
    strange = [value for value in values if not value.isascii()]
    if all(_begins(value, UTF8) for value in strange) and (not strange or _is_han(strange, UTF8)):
        return UTF8
    # Two bytes of GBK may also be one Greek or Arabic letter of UTF-8, so the second look asks for Chinese characters.
    for encoding in (GB18030, UTF8):
        if all(_begins(value, encoding) for value in strange):
            return encoding
    return None


def _begins(value: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(value, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _is_han(values: list[bytes], encoding: str) -> bool:
    return any(_CJK.search(decode_start(value, encoding)) for value in values)


def decode_start(value: bytes, encoding: str) -> str:
    """Decode as far as whole characters go; a byte that no character has becomes U+FFFD.

    Examples
    --------
    >>> decode_start("网格编码".encode()[:10], "utf-8")
    '网格编'
    """
    return codecs.getincrementaldecoder(encoding)("replace").decode(value, final=False)


def is_mojibake(text: str) -> bool:
    """Say whether a text was decoded with the wrong encoding at some time.

    Examples
    --------
    >>> is_mojibake("平城区"), is_mojibake("Rue Théodore"), is_mojibake("骞冲煄鍖�"), is_mojibake("Æ½³ÇÇø")
    (False, False, True, True)
    """
    if text.isascii():
        return False
    if _TRACES.search(text):
        return True
    if _reads_as_han(text.rstrip("?"), GB18030, UTF8):
        return True
    # A lone accent before a letter would pass for a character of GBK; two bytes of GB 2312 are both strange.
    rights = (UTF8, GB18030) if _PAIRS.fullmatch(text) else (UTF8,)
    return any(_reads_as_han(text, wrong, right) for wrong in ("latin-1", "cp1252") for right in rights)


def is_whole(text: str) -> bool:
    r"""Say whether a text has no control characters and no halves of characters, which files cannot keep.

    Examples
    --------
    >>> is_whole("平城区"), is_whole("a\0b"), is_whole("\ud800")
    (True, False, False)
    """
    return not _CONTROL.search(text)


def checked_text(text: str) -> str:
    """Return the text if it is sound.

    Raises
    ------
    LayerError
        If it was decoded with the wrong encoding, is too long, or holds what no file of ours could keep.
    """
    if len(text) > MAX_TEXT:
        raise LayerError(f"The text is longer than {MAX_TEXT:,} characters.", code="too_large", remedy="Shorten it.")
    if not is_whole(text):
        raise LayerError(
            "The text holds control characters or half of a character.", code="text_control", remedy="Type it again."
        )
    if is_mojibake(text):
        raise LayerError(
            "The text is garbled: it was read with the wrong encoding, or cut inside a character.",
            code="mojibake",
            remedy="Export it again as UTF-8 or, for a Shapefile, GBK with a .cpg file that says so.",
        )
    return text


def _reads_as_han(text: str, wrong: str, right: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(right)()
        again = decoder.decode(text.encode(wrong), final=False)
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    return bool(_CJK.search(again)) and not _STRANGE.search(again)
