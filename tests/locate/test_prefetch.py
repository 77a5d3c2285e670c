"""Prefetching in compiled code, and its replacement where LLVM has none."""

import numba
import numpy as np
from numba.extending import intrinsic

from geogrid.locate.prefetch import choose_prefetch, prefetch


@intrinsic
def unknown_instruction(_context, array, index):
    def emit(_context, _builder, _signature, _arguments):
        raise AttributeError("no such instruction")

    return numba.void(array, numba.int64), emit


def test_prefetch_compiles_to_an_instruction():
    @numba.njit
    def read(array):
        prefetch(array, 2)
        return array[0]

    assert read(np.arange(5)) == 0
    assert "llvm.prefetch" in next(iter(read.inspect_llvm().values()))


def test_prefetch_is_skipped_if_it_does_not_compile():
    skip = choose_prefetch(unknown_instruction)

    @numba.njit
    def read(array):
        skip(array, 2)
        return array[1]

    assert read(np.arange(5)) == 1
    assert "llvm.prefetch" not in next(iter(read.inspect_llvm().values()))
