"""Arrow buffers that own their bytes, so that Arrow's threads may release them at any time."""

from __future__ import annotations

import pyarrow as pa


def owned_buffer(content: bytes) -> pa.BufferReader:
    """Return a reader of a copy of the bytes that belongs to Arrow.

    `pyarrow.BufferReader` on `bytes` keeps a Python object, which a thread of Arrow can release only with the
    interpreter lock. Up to Python 3.13 a thread that waits for that lock while the interpreter exits ends the process
    with SIGABRT.
    """
    sink = pa.BufferOutputStream()
    sink.write(content)
    return pa.BufferReader(sink.getvalue())
