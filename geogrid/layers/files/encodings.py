"""Detection of text encodings, for Shapefile tables, and of text that was decoded wrongly before (mojibake)."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from geogrid.errors import LayerError
from geogrid.layers.files.limits import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

UTF8: Final = "utf-8"
#: A superset of GBK and GB2312.
GB18030: Final = "gb18030"
_GB_NAMES: Final = {"gbk", "gb2312", "gb18030", "936", "cp936", "ms936", "ansi936", "euccn"}
_UTF8_NAMES: Final = {"utf8", "65001", "cp65001"}
#: The Big5 of Windows has more characters than the standard.
_BIG5_NAMES: Final = {"big5", "big5hkscs", "950", "cp950", "ansi950"}

_CJK: Final = re.compile("[\u3400-\u9fff]")
_NOT_HAN: Final = re.compile("[\u00a0-\u2fff\ue000-\uffff]")
#: Control characters, except line ends and tabs, which occur in map labels; and lone surrogates.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PAIRS: Final = re.compile(r"(?:[\x00-\x7f]|[^\x00-\x7f]{2})*")
# U+FFFD is the replacement character of decoders; in UTF-8, read as GBK, it becomes 锟斤拷.
_TRACES: Final = re.compile("[\x80-\x9f\ufffd]|锟斤拷")


def named_encoding(text: str) -> str | None:
    """Return the codec named by a .cpg file, or None if it is unknown.

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
    if name in _BIG5_NAMES:
        return "cp950"
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def detect_encoding(values: Iterable[bytes]) -> str | None:
    """Return UTF-8 or GB18030, the one in which all values can be decoded, or None.

    A value may end inside a character, because tables truncate texts by bytes.

    Examples
    --------
    >>> detect_encoding(["平城区".encode("gbk"), "南关街道".encode("gbk")]), detect_encoding(["平城区".encode()])
    ('gb18030', 'utf-8')
    """
    non_ascii = [value for value in values if not value.isascii()]
    if all(_can_decode(value, UTF8) for value in non_ascii) and (not non_ascii or _is_han(non_ascii, UTF8)):
        return UTF8
    # Two bytes of GBK can also be a Greek or Arabic letter in UTF-8, so UTF-8 is preferred only with Chinese text.
    for encoding in (GB18030, UTF8):
        if all(_can_decode(value, encoding) for value in non_ascii):
            return encoding
    return None


def contradicts(declared: str, values: Iterable[bytes]) -> bool:
    """Return whether values are not text in the declared encoding.

    Another encoding that also decodes them proves nothing: GB18030 decodes nearly any pair of bytes. Chinese text in
    valid UTF-8, or garbled text after decoding, does.

    Examples
    --------
    >>> contradicts("cp950", ["臺灣區".encode("cp950")]), contradicts("cp950", ["臺灣區".encode()])
    (False, True)
    """
    non_ascii = [value for value in values if not value.isascii()]
    if not all(_can_decode(value, declared) for value in non_ascii):
        return True
    if declared == UTF8 or not non_ascii:
        return False
    if all(_can_decode(value, UTF8) for value in non_ascii) and _is_han(non_ascii, UTF8):
        return True
    return any(is_mojibake(decode_start(value, declared)) for value in non_ascii)


def _can_decode(value: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(value, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _is_han(values: list[bytes], encoding: str) -> bool:
    return any(_CJK.search(decode_start(value, encoding)) for value in values)


def decode_start(value: bytes, encoding: str) -> str:
    """Decode bytes up to the last whole character; invalid bytes become U+FFFD.

    Examples
    --------
    >>> decode_start("网格编码".encode()[:10], "utf-8")
    '网格编'
    """
    return codecs.getincrementaldecoder(encoding)("replace").decode(value, final=False)


def is_mojibake(text: str) -> bool:
    """Return whether a text was once decoded with the wrong encoding.

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
    # A single accented letter before an ASCII letter looks like GBK; GB 2312 uses pairs of non-ASCII bytes.
    rights = (UTF8, GB18030) if _PAIRS.fullmatch(text) else (UTF8,)
    return any(_reads_as_han(text, wrong, right) for wrong in ("latin-1", "cp1252") for right in rights)


def is_clean_text(text: str) -> bool:
    r"""Return whether a text has no control characters and no lone surrogates.

    Examples
    --------
    >>> is_clean_text("平城区"), is_clean_text("a\0b"), is_clean_text("\ud800")
    (True, False, False)
    """
    return not _CONTROL.search(text)


def checked_text(text: str) -> str:
    """Return the text unchanged if it is valid.

    Raises
    ------
    LayerError
        If the text was decoded with the wrong encoding, is too long, or has invalid characters.
    """
    if len(text) > MAX_TEXT:
        raise LayerError(f"The text is longer than {MAX_TEXT:,} characters.", code="too_large", remedy="Shorten it.")
    if not is_clean_text(text):
        raise LayerError(
            "The text has control characters or an incomplete character.", code="text_control", remedy="Type it again."
        )
    if is_mojibake(text):
        raise LayerError(
            "The text is garbled: it was decoded with the wrong encoding or truncated inside a character.",
            code="mojibake",
            remedy="Export it again as UTF-8 or, for a Shapefile, as GBK with a .cpg file that names GBK.",
        )
    return text


def _reads_as_han(text: str, wrong: str, right: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(right)()
        again = decoder.decode(text.encode(wrong), final=False)
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    return bool(_CJK.search(again)) and not _NOT_HAN.search(again)
