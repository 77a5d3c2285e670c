"""Run a function in a process of its own, which ends when it takes too long or too much memory.

Files that nobody may trust are parsed by large libraries written in C. Here one of them may crash, hang or eat up the
memory, and the service goes on.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, TypeVar

from geogrid.errors import FileError, GeogridError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: What reading the largest layer that is taken needs many times over.
LIMIT_S: Final = 60.0
#: Addresses, not pages: libraries reserve far more than they use.
LIMIT_BYTES: Final = 8 * 2**30


def run_in_subprocess(function: Callable[..., T], *arguments: object, limit_s: float = LIMIT_S) -> T:
    """Call a function in a process of its own.

    Parameters
    ----------
    function
        Of a module, found there by its name.
    *arguments
        What can be pickled; so must the result.
    limit_s
        After so many seconds the process is killed.

    Raises
    ------
    GeogridError
        What the function raised, or a `FileError` if the process did not come to an end.

    Examples
    --------
    >>> from geogrid.layers.codes import parent_of
    >>> run_in_subprocess(parent_of, "140213051001001")
    '140213051001'
    """
    try:
        # A process that is killed tidies nothing up, so its temporary files lie in a folder of this one.
        with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
            done = subprocess.run(
                [sys.executable, "-m", "geogrid.services.subprocess_worker"],
                input=pickle.dumps((function, arguments)),
                capture_output=True,
                timeout=limit_s,
                env={**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)},
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise FileError(
            "The work on the layers took too long.", code="too_slow", remedy="Divide or simplify the layer."
        ) from error
    if done.returncode:
        raise FileError("The work on the layers broke off.", code="file_damaged", remedy="Export the file again.")
    raised, result = pickle.loads(done.stdout)  # noqa: S301 - from this very program
    if raised:
        kind, message, details = result
        raise kind(message, **details)
    answer: T = result
    return answer


def _main() -> None:
    _limit_memory()
    function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - from this very program
    answer: tuple[bool, Any]
    try:
        answer = False, function(*arguments)
    except GeogridError as error:
        details = {"code": error.code, "field": error.field, "remedy": error.remedy}
        answer = True, (type(error), error.message, details)
    sys.stdout.buffer.write(pickle.dumps(answer))


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - of Unix only
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))


if __name__ == "__main__":
    _main()
