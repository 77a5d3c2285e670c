"""What a page shows, and whether an attack has become part of it."""

from __future__ import annotations

from typing import Any

#: Notes what an attack calls, and whatever the page's policy had to stop.
WATCH = """window.caught = [];
window.ran = (what) => window.caught.push(String(what));
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
  window.caught.push(["policy", violatedDirective, blockedURI, sample].join(" ")));"""
#: All that is shown: text, what stands in fields, and the attributes that are read out or shown as hints. And all that
#: no page of ours has: elements of the attacks, handlers in attributes, scripts that begin with a call.
LOOK = """() => {
  const told = [document.title];
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  for (let one = walk.nextNode(); one; one = walk.nextNode()) {
    if (!one.parentElement.closest("script, style")) told.push(one.data);
  }
  for (const one of document.querySelectorAll("input, textarea")) told.push(one.value);
  for (const one of document.querySelectorAll("[title], [aria-label]")) told.push(one.title, one.ariaLabel);
  const foreign = [...document.querySelectorAll("*")].filter((one) => one.matches("img[src=x], svg[onload], [x='']")
    || (one.matches("script") && one.textContent.trim().startsWith("ran("))
    || one.getAttributeNames().some((name) => name.startsWith("on") || name.startsWith("hx-on")));
  return { told: told.filter(Boolean), foreign: foreign.map((one) => one.outerHTML), caught: window.caught };
}"""


class Witness:
    """Somebody who looks at a page as often as it changes, and says in the end what was shown.

    Parameters
    ----------
    found
        A visit.
    """

    def __init__(self, found: Any) -> None:
        self.found = found
        self.page = found.page
        self.origin = "/".join(found.page.url.split("/")[:3])
        self._told: set[str] = set()

    def look(self) -> None:
        """Read the page; nothing may have run, and nothing of an attack may have become part of it."""
        seen = self.page.evaluate(LOOK)
        assert seen["caught"] == []
        assert seen["foreign"] == []
        self._told.update(seen["told"])

    def saw(self, *texts: str) -> None:
        """Look once more; each text was shown as it was written."""
        self.look()
        missing = [text for text in texts if not any(text in told for told in self._told)]
        assert missing == [], "an attack that is not shown proves nothing"
