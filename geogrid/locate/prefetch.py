"""Prefetch items of arrays in code that numba compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import NumbaError
from numba.extending import intrinsic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@intrinsic
def _emit_prefetch(_context, array, index):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    """Call LLVM's prefetch instruction for the address of an item."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - numba has no types
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, flag(0), flag(3), flag(1)])  # for reading, into all caches, data
        return context.get_dummy_value()

    return types.void(array, types.int64), emit


@numba.njit(inline="always")
def _do_nothing(array: NDArray[Any], index: int) -> None:
    """Replace a prefetch that does not compile."""


def choose_prefetch(emit: Any) -> Any:  # noqa: ANN401 - numba has no types
    """Return a function that numba can call: an intrinsic, or one that does nothing if the intrinsic does not compile.

    A prefetch changes speed only, so a version of LLVM without it gets the same results.

    Parameters
    ----------
    emit
        An intrinsic of an array and an index.
    """

    def probe(array: NDArray[np.int32]) -> None:
        emit(array, 0)

    try:
        numba.njit(types.void(types.int32[::1]), cache=True)(probe)
    except (NumbaError, RuntimeError, AttributeError, TypeError):
        return _do_nothing
    return emit


#: Load the item of an array into the cache: ``prefetch(array, index)``.
prefetch: Final = choose_prefetch(_emit_prefetch)
