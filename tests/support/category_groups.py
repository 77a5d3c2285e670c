"""The categories of the demo as a tree of two levels, for tests on its incidents."""

from contextlib import contextmanager
from dataclasses import replace

from geogrid.category_tree import CategoryTree, category_tree, set_category_tree
from geogrid.incidents.rule_set import load_rules
from geogrid.model import Category

#: Main categories with the categories below them; J01 stays a main category without others below it.
GROUPS = {"G1": [f"Z{number:02d}" for number in range(1, 6)], "G2": [f"Z{number:02d}" for number in range(6, 11)]}


def grouped_rules():
    """Return the rules of the demo with its categories in groups."""
    rules = load_rules()
    parents = {code: group for group, codes in GROUPS.items() for code in codes}
    groups = [Category(group, f"组{group}", f"Group {group}", "城市管理") for group in GROUPS]
    leaves = [replace(one, parent=parents.get(code)) for code, one in rules.categories.items()]
    return replace(rules, categories=CategoryTree([*groups, *leaves]))


@contextmanager
def followed(tree):
    """Let filters and bounds follow a tree meanwhile."""
    before = category_tree()
    set_category_tree(tree)
    try:
        yield
    finally:
        set_category_tree(before)
