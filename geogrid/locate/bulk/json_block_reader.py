"""Read NDJSON records and GeoJSON features in blocks, in bounded memory."""

from __future__ import annotations

import codecs
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Record = dict[str, Any]

_BLOCK: Final = 8 * 2**20
#: Maximum length of a record in characters, which bounds the memory.
MAX_RECORD: Final = 32 * 2**20
_BOM: Final = b"\xef\xbb\xbf"
_WHITE: Final = " \t\r\n"


def read_lines(path: Path, block: int = _BLOCK) -> Iterator[list[Record]]:
    """Yield the records of an NDJSON file, one list for each block; empty lines are skipped.

    Raises
    ------
    FileError
        If a line is not a JSON object; the message contains its number.
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


def read_features(path: Path, block: int = _BLOCK, members: Record | None = None) -> Iterator[list[Record]]:
    """Yield the features of a GeoJSON FeatureCollection, one list for each block.

    Parameters
    ----------
    path, block
        The file, and the size of a block in bytes.
    members
        Receives the other members of the collection.

    Raises
    ------
    FileError
        If the file is not a FeatureCollection, or a feature is not a JSON object; the message contains its number.
    """
    with path.open("rb") as file:
        text = _Text(file, block)
        members = {} if members is None else members
        _skip_to_features(text, members)
        number, features = 0, []
        while text.peek() != "]":
            before = text.total
            try:
                feature = text.value()
            except ValueError as error:
                raise FileError(f"Feature {number + 1} is not JSON.", code="geojson") from error
            number += 1
            if not isinstance(feature, dict):
                raise FileError(f"Feature {number} is not a JSON object.", code="geojson")
            features.append(feature)
            if text.peek() == ",":
                text.skip()
            elif text.peek() != "]":
                raise FileError(f"After feature {number} the file is truncated or is not JSON.", code="geojson")
            if text.total != before:
                yield features
                features = []
        yield features
        _read_last_members(text, members)


def _read_last_members(text: _Text, members: Record) -> None:
    """Read the members after the list of features. A file that ends before them is accepted."""
    text.skip()
    with suppress(ValueError):
        while text.peek() == ",":
            text.skip()
            name = str(text.value())
            if text.peek() != ":":
                return
            text.skip()
            members[name] = text.value()


def _skip_to_features(text: _Text, members: Record) -> None:
    """Move to the first feature, and read the members before the list."""
    try:
        if text.peek() != "{":
            raise _not_a_collection()
        text.skip()
        while text.peek() == '"':
            name = text.value()
            if text.peek() != ":":
                break
            text.skip()
            if name == "features" and text.peek() == "[":
                text.skip()
                return
            members[str(name)] = text.value()
            if text.peek() != ",":
                break
            text.skip()
    except ValueError as error:
        raise _not_a_collection() from error
    raise _not_a_collection()


def _not_a_collection() -> FileError:
    return FileError("The file is not a GeoJSON FeatureCollection.", code="geojson")


class _Text:
    """A text that is read block by block, with a cursor."""

    def __init__(self, file: Any, block: int) -> None:  # noqa: ANN401 - a binary file
        self._file, self._block = file, block
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(parse_constant=_refuse_constant)
        self._text, self._at, self._ended = "", 0, False
        #: Number of characters read so far.
        self.total = 0

    def peek(self) -> str:
        """Return the next character that is not white space, or an empty string at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _WHITE:
                self._at += 1
            if self._at < len(self._text) or not self._read_more():
                return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        """Skip one character."""
        self._at += 1

    def value(self) -> Any:  # noqa: ANN401 - parsed JSON
        """Return the next JSON value.

        Raises
        ------
        ValueError
            If there is none, or it is too long.
        """
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
                # A number at the end of the block may continue.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except RecursionError as error:
                raise ValueError("too deep") from error
            except ValueError:
                if self._ended or len(self._text) - self._at > MAX_RECORD:
                    raise
            if not self._read_more() and not self._ended:
                raise ValueError("truncated")

    def _read_more(self) -> bool:
        # Double the text, so that a long record is parsed again a few times only.
        content = self._file.read(max(self._block, len(self._text) - self._at))
        self._ended = not content
        try:
            added = self._decoder.decode(content, final=self._ended)
        except UnicodeDecodeError as error:
            raise FileError("The text is not UTF-8.", code="encoding", remedy="Save it as UTF-8.") from error
        self._text, self._at = self._text[self._at :] + added, 0
        self.total += len(added)
        return bool(content)


def _refuse_constant(_name: str) -> None:
    raise ValueError("not a JSON number")
