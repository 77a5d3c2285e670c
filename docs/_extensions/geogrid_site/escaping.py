"""Plain text as Markdown."""

from __future__ import annotations

import re

_CHINESE_SENTENCE = re.compile(r"\s*[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+[。？！]")


def text(value: str) -> str:
    """Return a text in which Markdown sees no markup but code spans.

    >>> text("a <b> and `c`")
    'a &lt;b> and `c`'
    """
    parts = re.split(r"(``?[^`]+``?)", value)
    return "".join(part if index % 2 else _escape(part) for index, part in enumerate(parts))


def cell(value: str) -> str:
    """Return a text for one cell of a table."""
    return re.sub(r"\s+", " ", text(value)).replace("|", "\\|").strip()


def english(value: str) -> str:
    """Return a text without its Chinese sentences, which repeat the English ones.

    >>> english("Import a file. 导入文件。")
    'Import a file.'
    """
    return _CHINESE_SENTENCE.sub("", value)


def chinese(value: str) -> str:
    """Return the first Chinese sentence of a text.

    >>> chinese("Import a file. 导入文件。")
    '导入文件。'
    """
    found = _CHINESE_SENTENCE.search(value)
    return found.group().strip() if found else ""


def _escape(part: str) -> str:
    return re.sub(r"([*_\[\]#])", r"\\\1", part.replace("&", "&amp;").replace("<", "&lt;"))
