"""Search of the Chinese tree by pairs of characters; Sphinx itself needs a dictionary package to split Chinese."""

from __future__ import annotations

import re

from sphinx.search import SearchLanguage

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-zA-Z0-9_]+")
_SPLITTER = """
function splitQuery(query) {
  const terms = query.match(/[a-zA-Z0-9_]+/g) || [];
  for (const run of query.match(/[\\u4e00-\\u9fff]+/g) || []) {
    if (run.length === 1) terms.push(run);
    for (let i = 0; i + 1 < run.length; i++) terms.push(run.slice(i, i + 2));
  }
  return terms;
}
"""


class BigramSearch(SearchLanguage):
    """Index of single characters and overlapping pairs; the browser splits the query into pairs too."""

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = _SPLITTER

    def split(self, input: str) -> list[str]:  # noqa: A002 - the name of the base class
        """Return the Latin words, the single characters and the character pairs of a text."""
        terms = _LATIN.findall(input)
        for run in _CHINESE.findall(input):
            terms.extend(run)
            terms.extend(run[start : start + 2] for start in range(len(run) - 1))
        return terms

    def word_filter(self, word: str) -> bool:
        """Keep every term."""
        return bool(word)

    def stem(self, word: str) -> str:
        """Return a term in lower case."""
        return word.lower()
