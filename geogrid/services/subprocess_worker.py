"""Run a function in a worker process with a timeout and a memory limit, in the time zone of the district.

Untrusted files are parsed by C libraries, which may crash, hang or exhaust the memory; the service must survive this.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, TypeVar

from geogrid.errors import FileError, GeogridError
from geogrid.local_time import local_zone, set_local_zone

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: Many times the time needed to read the largest accepted layer.
LIMIT_S: Final = 60.0
#: Limit of the address space; libraries reserve far more than they use.
LIMIT_BYTES: Final = 8 * 2**30


def run_in_subprocess(function: Callable[..., T], *arguments: object, limit_s: float = LIMIT_S) -> T:
    """Call a function in a worker process and return its result.

    Parameters
    ----------
    function
        A function at module level.
    *arguments
        Picklable arguments; the result must be picklable, too.
    limit_s
        The timeout in seconds, after which the process is killed.

    Raises
    ------
    GeogridError
        The error that the function raises, or a `FileError` after a timeout or a crash.

    Examples
    --------
    >>> from geogrid.layers.topology.checked_features import printable_code
    >>> run_in_subprocess(printable_code, "140213051001")
    '140213051001'
    """
    try:
        # A killed process leaves its temporary files behind, so they go to a folder of this process.
        with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
            done = subprocess.run(
                [sys.executable, "-m", "geogrid.services.subprocess_worker"],
                input=pickle.dumps((local_zone(), function, arguments)),
                capture_output=True,
                timeout=limit_s,
                env={**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)},
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise FileError(
            "Processing the layers took too long.", code="too_slow", remedy="Split or simplify the layer."
        ) from error
    if done.returncode:
        raise FileError("Processing the layers failed.", code="file_damaged", remedy="Export the file again.")
    raised, result = pickle.loads(done.stdout)  # noqa: S301 - written by this program
    if raised:
        kind, message, details = result
        raise kind(message, **details)
    answer: T = result
    return answer


def _main() -> None:
    _limit_memory()
    zone, function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by this program
    set_local_zone(zone)
    output: tuple[bool, Any]
    try:
        output = False, function(*arguments)
    except GeogridError as error:
        details = {"code": error.code, "field": error.field, "remedy": error.remedy}
        output = True, (type(error), error.message, details)
    sys.stdout.buffer.write(pickle.dumps(output))


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - Unix only
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))


if __name__ == "__main__":
    _main()
