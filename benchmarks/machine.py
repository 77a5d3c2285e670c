"""Describe the machine of a benchmark: date, processor and versions."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("numpy", "numba", "shapely", "geopandas", "duckdb", "sedonadb", "polars-st", "psycopg")


def describe() -> str:
    """Return one paragraph, without the host name."""
    installed = ", ".join(f"{name} {release}" for name in _PACKAGES if (release := _version(name)))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {_processor()}, "
        f"Python {platform.python_version()}, {installed}."
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.MULTILINE)
    return found[1] if found else platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
