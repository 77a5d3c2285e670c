"""JSON that is too long to be held: the records of NDJSON, and the features of GeoJSON, in blocks."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Record = dict[str, Any]

_BLOCK: Final = 8 * 2**20
#: The longest record, in characters; so much of a file may stand in memory at once.
MAX_RECORD: Final = 32 * 2**20
_BOM: Final = b"\xef\xbb\xbf"
_WHITE: Final = " \t\r\n"


def read_lines(path: Path, block: int = _BLOCK) -> Iterator[list[Record]]:
    """Yield the records of an NDJSON file, as many at once as stand in a block; empty lines are passed over.

    Raises
    ------
    FileError
        If a line is no JSON object; it is named.
    """
    line = 0
    with path.open("rb") as file:
        rest = file.read(len(_BOM)).removeprefix(_BOM)
        while content := file.read(block):
            whole, found, rest = (rest + content).rpartition(b"\n")
            if len(rest) > MAX_RECORD:
                raise FileError(f"Line {line + 1} is too long.", code="too_large")
            if found:
                yield _decode_lines(whole, line)
                line += whole.count(b"\n") + 1
        if rest.strip():
            yield _decode_lines(rest, line)


def _decode_lines(content: bytes, before: int) -> list[Record]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    try:
        return decoder.decode_lines(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    for number, text in enumerate(content.split(b"\n"), start=before + 1):
        try:
            if text.strip():
                decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FileError(f"Line {number} is not a JSON object.", code="ndjson") from error
    raise FileError(f"A line after line {before} is not a JSON object.", code="ndjson")


def read_features(path: Path, block: int = _BLOCK) -> Iterator[list[Record]]:
    """Yield the features of a GeoJSON FeatureCollection, as many at once as stand in a block.

    Raises
    ------
    FileError
        If it is not a FeatureCollection, or a feature is no JSON object; it is named.
    """
    with path.open("rb") as file:
        text = _Text(file, block)
        _seek_features(text)
        number, found = 0, []
        while text.peek() != "]":
            begin = text.total
            try:
                feature = text.value()
            except ValueError as error:
                raise FileError(f"Feature {number + 1} is not JSON.", code="geojson") from error
            number += 1
            if not isinstance(feature, dict):
                raise FileError(f"Feature {number} is not a JSON object.", code="geojson")
            found.append(feature)
            if text.peek() == ",":
                text.skip()
            elif text.peek() != "]":
                raise FileError(f"After feature {number} the file is cut off or is not JSON.", code="geojson")
            if text.total != begin:
                yield found
                found = []
        yield found


def _seek_features(text: _Text) -> None:
    """Go to the first feature, past whatever members stand before the list."""
    try:
        if text.peek() != "{":
            raise _no_collection()
        text.skip()
        while text.peek() == '"':
            name = text.value()
            if text.peek() != ":":
                break
            text.skip()
            if name == "features" and text.peek() == "[":
                text.skip()
                return
            text.value()
            if text.peek() != ",":
                break
            text.skip()
    except ValueError as error:
        raise _no_collection() from error
    raise _no_collection()


def _no_collection() -> FileError:
    return FileError("The file is not a GeoJSON FeatureCollection.", code="geojson")


class _Text:
    """A text that is read block by block, with the place in it."""

    def __init__(self, file: Any, block: int) -> None:  # noqa: ANN401 - a binary file
        self._file, self._block = file, block
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(parse_constant=_refuse)
        self._text, self._at, self._ended = "", 0, False
        #: How many characters have been read: it grows with each block.
        self.total = 0

    def peek(self) -> str:
        """Return the next sign that is not white, or nothing at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _WHITE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        """Go past one sign."""
        self._at += 1

    def value(self) -> Any:  # noqa: ANN401 - parsed JSON
        """Return the JSON value that comes next.

        Raises
        ------
        ValueError
            If there is none, or a too long one.
        """
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
                # A number at the end of what has been read may go on.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except RecursionError as error:
                raise ValueError("too deep") from error
            except ValueError:
                if self._ended or len(self._text) - self._at > MAX_RECORD:
                    raise
            if not self._more() and not self._ended:
                raise ValueError("cut off")

    def _more(self) -> bool:
        # Twice what is there: a long record is tried again a few times, not once a block.
        content = self._file.read(max(self._block, len(self._text) - self._at))
        self._ended = not content
        try:
            added = self._decoder.decode(content, final=self._ended)
        except UnicodeDecodeError as error:
            raise FileError("The text is not UTF-8.", code="encoding", remedy="Save it as UTF-8.") from error
        self._text, self._at = self._text[self._at :] + added, 0
        self.total += len(added)
        return bool(content)


def _refuse(_name: str) -> None:
    raise ValueError("not a number of JSON")
