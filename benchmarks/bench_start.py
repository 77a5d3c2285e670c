"""Measure the CPU time of commands, as a multiple of ``python -c 'import numpy'``.

The commands alternate, so that a busy machine slows all of them equally. ``geogrid locate`` requires a database: run
``geogrid demo`` first with the same GEOGRID_HOME.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

RUNS = 9
GEOGRID = str(Path(sys.executable).parent / "geogrid")
NUMPY = "import numpy"
COMMANDS = {
    NUMPY: [sys.executable, "-c", NUMPY],
    "geogrid --help": [GEOGRID, "--help"],
    "geogrid layers --help": [GEOGRID, "layers", "--help"],
    "geogrid locate": [GEOGRID, "locate", "113.3058", "40.0912", "--datum", "gcj02"],
}


def cpu_seconds(command: list[str]) -> float:
    """Return the user and system time of one run of a command in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the median of each command and its ratio to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            seconds[name].append(cpu_seconds(command))
    base = median(seconds[NUMPY])
    for name, found in seconds.items():
        print(f"{name:<24}{median(found):7.3f} s {median(found) / base:6.2f} x")


if __name__ == "__main__":
    main()
