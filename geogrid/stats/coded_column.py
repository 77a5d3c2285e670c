"""Dictionary-encoded columns of texts or numbers, with counts by value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Value = TypeVar("Value", bound="str | int")

#: Index of a row without a value.
NONE: Final = -1
#: Rows that are counted at once. Their temporary arrays stay in the processor's cache.
_BLOCK: Final = 131_072


@dataclass(frozen=True, slots=True)
class Coded(Generic[Value]):
    """A dictionary-encoded column, such as the categories of incidents.

    Attributes
    ----------
    values
        The different values.
    index : ndarray of a signed integer type, shape (n,)
        Index in `values` of each row's value; -1 for none. The type is as small as the number of values allows.
    """

    values: tuple[Value, ...]
    index: NDArray[Any]

    def equals(self, value: Value) -> Mask:
        """Return a mask of the rows with this value."""
        found: Mask = self.index == (self.values.index(value) if value in self.values else NONE - 1)
        return found

    def equals_any(self, values: Sequence[Value]) -> Mask:
        """Return a mask of the rows with one of the values."""
        wanted = set(values)
        # The index -1 selects the last element.
        found = np.array([*(value in wanted for value in self.values), False])
        mask: Mask = found[self.index]
        return mask

    def counts(self, chosen: Mask) -> dict[Value, int]:
        """Return the number of chosen rows by value, without values of no chosen row."""
        counted = count_index(self.index, chosen, len(self.values)).tolist()
        return {value: count for value, count in zip(self.values, counted, strict=True) if count}

    def recoded(self, values: tuple[Value, ...]) -> Coded[Value]:
        """Return the same column with indices of other values, which begin with `values` and contain its own.

        Examples
        --------
        >>> code(["b", "a"]).recoded(("a", "c"))
        Coded(values=('a', 'c', 'b'), index=array([2, 0], dtype=int8))
        """
        places = {value: place for place, value in enumerate(values)}
        # The index -1 selects the last element.
        new = np.array([*(places.setdefault(value, len(places)) for value in self.values), NONE])
        return Coded(tuple(places), new[self.index].astype(index_type(len(places))))


def code(values: Sequence[Value | None]) -> Coded[Value]:
    """Return a dictionary-encoded column of some values.

    Examples
    --------
    >>> coded = code(["b", None, "a", "b"])
    >>> coded.values, coded.index.tolist()
    (('b', 'a'), [0, -1, 1, 0])
    """
    places: dict[Value, int] = {}
    index = [NONE if value is None else places.setdefault(value, len(places)) for value in values]
    return Coded(tuple(places), np.array(index, index_type(len(places))))


def index_type(count: int) -> np.dtype[Any]:
    """Return the smallest signed integer type for the indices of a number of values.

    Examples
    --------
    >>> index_type(128), index_type(129)
    (dtype('int8'), dtype('int16'))
    """
    return np.min_scalar_type(-max(count, 1))


def count_index(index: NDArray[Any], chosen: Mask, count: int) -> NDArray[np.int64]:
    """Return how often each index from 0 to `count` - 1 occurs among the chosen rows, shape (count,).

    Examples
    --------
    >>> count_index(np.array([0, -1, 2, 2, 1]), np.array([True, True, True, True, False]), 3).tolist()
    [1, 0, 2]
    """
    # Position 0 counts the rows that are not chosen or have no value: a product is faster than a selection.
    counts = np.zeros(count + 1, dtype=np.int64)
    for begin in range(0, len(index), step := max(_BLOCK, count)):
        block = slice(begin, begin + step)
        places = np.add(index[block], 1, dtype=index_type(count + 1)) * chosen[block]
        counts += np.bincount(places, minlength=count + 1)
    return counts[1:]
