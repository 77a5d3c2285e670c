"""The categories of a district as a tree of 大类 and 小类, and the tree that filters and bounds follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geogrid.model import Category

V = TypeVar("V")


class CategoryTree(Mapping[str, "Category"]):
    """The categories of a district. As a mapping it holds the leaves by code: incidents have the code of a leaf.

    Parameters
    ----------
    categories
        All categories, in the order of the file. The parents exist and form no circle.

    Attributes
    ----------
    nodes
        Leaves and inner categories by code: the leaves of an inner category follow it.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> tree = load_categories(scheme="national")
    >>> "SJ0102" in tree, "SJ01" in tree, tree.nodes["SJ01"].name, tree["SJ0102"].department
    (True, False, '市容环境', '环境卫生')
    >>> tree.path("SJ0102"), len(tree.expand(["SJ01"]))
    (('SJ0102', 'SJ01'), 10)
    """

    def __init__(self, categories: Iterable[Category] = ()) -> None:
        listed = {category.code: category for category in categories}
        self._children: dict[str | None, list[str]] = {}
        for category in listed.values():
            self._children.setdefault(category.parent, []).append(category.code)
        self.nodes = {code: listed[code] for code in self._walk(None)}
        self._leaves = {code: category for code, category in self.nodes.items() if code not in self._children}
        self._paths = {code: self._find_path(code) for code in self.nodes}

    def __getitem__(self, code: str) -> Category:
        return self._leaves[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._leaves)

    def __len__(self) -> int:
        return len(self._leaves)

    @property
    def is_flat(self) -> bool:
        """Whether no category is below another one."""
        return len(self._leaves) == len(self.nodes)

    @property
    def offered(self) -> dict[str, Category]:
        """The leaves that new reports can have, by code: those that are not retired."""
        return {code: category for code, category in self._leaves.items() if not category.retired}

    def path(self, code: str) -> tuple[str, ...]:
        """Return the code and the codes of its ancestors, up to the 大类; an unknown code alone."""
        return self._paths.get(code, (code,))

    def root(self, code: str) -> str:
        """Return the code of the 大类 of a category; a 大类 or an unknown code is returned unchanged."""
        return self.path(code)[-1]

    def expand(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the codes with all categories below them, each once; an unknown code stands for itself."""
        return tuple(dict.fromkeys(below for code in codes for below in (code, *self._walk(code))))

    def find_nearest(self, entries: Mapping[str, V], code: str) -> V | None:
        """Return the entry of a category or of its nearest ancestor with one: the most specific entry decides."""
        for one in self.path(code):
            if one in entries:
                return entries[one]
        return None

    def _walk(self, parent: str | None) -> Iterator[str]:
        for code in self._children.get(parent, ()):
            yield code
            yield from self._walk(code)

    def _find_path(self, code: str) -> tuple[str, ...]:
        parent = self.nodes[code].parent
        return (code,) if parent is None else (code, *self._find_path(parent))


_tree = CategoryTree()


def category_tree() -> CategoryTree:
    """Return the categories of the district that filters and bounds follow.

    Examples
    --------
    >>> category_tree().expand(["Z06"])
    ('Z06',)
    """
    return _tree


def set_category_tree(tree: CategoryTree) -> None:
    """Set the categories for this process, which serves one district."""
    global _tree  # noqa: PLW0603 - the categories of a process, like its time zone
    _tree = tree
