"""Find and check the codes of a frame of polygons."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.errors import LayerError
from geogrid.layers.topology.checked_features import printable_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

#: Default name of the code column.
CODE: Final = "code"
#: Maximum number of codes in a message.
_MAX_NAMED: Final = 5


def code_column(frame: gpd.GeoDataFrame, code: str | None) -> tuple[str, NDArray[np.object_]]:
    """Return the name of the code column, and the codes.

    Parameters
    ----------
    frame
        The polygons.
    code
        The column. By default the column ``code``, or the index if the frame has no such column.

    Raises
    ------
    LayerError
        If the frame has no such column, or the index has several levels.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], index=["a"])
    >>> code_column(frame, None)
    ('code', array(['a'], dtype=object))
    """
    if code is not None and code not in frame.columns:
        raise LayerError(
            f"The polygons have no column {printable_code(str(code))}.",
            code="code_column",
            field="code",
            remedy="Name the column with the codes, or leave it out to use the column 'code' or the index.",
        )
    if code is not None or CODE in frame.columns:
        name = CODE if code is None else code
        return name, frame[name].to_numpy(dtype=object)
    if frame.index.nlevels > 1:
        raise LayerError(
            "The index of the polygons has several levels, and there is no column 'code'.",
            code="code_column",
            field="code",
            remedy="Name the column with the codes.",
        )
    return str(frame.index.name or CODE), frame.index.to_numpy(dtype=object)


def check_codes(codes: NDArray[np.object_], subject: str) -> None:
    """Raise if codes are missing or occur twice, or are neither all text nor all integers.

    Raises
    ------
    LayerError
        The message names the first codes or rows.

    Examples
    --------
    >>> check_codes(np.array(["a", "b", "a"], dtype=object), "The polygons")
    Traceback (most recent call last):
    geogrid.errors.LayerError: code: The polygons have 1 code more than once: a. Join them with dissolve(by=...).
    """
    absent = [f"row {row + 1}" for row, code in enumerate(codes) if _is_absent(code)]
    if absent:
        raise LayerError(
            f"{subject} have {_count(absent, 'row')} without a code: {_first(absent)}.",
            code="code_missing",
            field="code",
            remedy="Give each polygon a code, or drop these rows.",
        )
    if not (all(isinstance(code, str) for code in codes) or all(_is_whole(code) for code in codes)):
        raise LayerError(
            f"{subject} have codes that are neither all text nor all integers.",
            code="code_type",
            field="code",
            remedy="Convert the codes to text.",
        )
    twice = [printable_code(str(code)) for code, count in Counter(codes.tolist()).items() if count > 1]
    if twice:
        raise LayerError(
            f"{subject} have {_count(twice, 'code')} more than once: {_first(twice)}.",
            code="duplicate_code",
            field="code",
            remedy="Join them with dissolve(by=...).",
        )


def join_codes(codes: Sequence[Any]) -> str:
    """Return the first codes and the number of the rest, for a message.

    Examples
    --------
    >>> join_codes(["a", 7]), join_codes(list("abcdefgh"))
    ('a, 7', 'a, b, c, d, e and 3 more')
    """
    return _first([printable_code(str(code)) for code in codes])


def _first(labels: Sequence[str]) -> str:
    rest = len(labels) - _MAX_NAMED
    return ", ".join(labels[:_MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found)} {noun}{'s' if len(found) > 1 else ''}"


def _is_absent(code: object) -> bool:
    return not code.strip() if isinstance(code, str) else not _is_whole(code) and _is_null(code)


def _is_null(code: object) -> bool:
    # pandas.NA cannot be tested for truth, so NaN, NaT and NA are compared as text.
    return code is None or str(code) in {"nan", "NaT", "<NA>"}


def _is_whole(code: object) -> bool:
    return isinstance(code, (int, np.integer)) and not isinstance(code, bool)
