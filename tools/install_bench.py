"""Install the packages of the extra ``bench`` one by one; packages that cannot be installed are skipped."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Install the packages. The exit status is always 0, since the benchmarks can run without them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["optional-dependencies"]["bench"]:
        if not _install(requirement):
            print(f"无法安装，跳过比较 · cannot be installed, its comparison is skipped: {requirement}", flush=True)
    return 0


def _install(requirement: str) -> bool:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", "--no-input"]
    return subprocess.run([*pip, requirement], check=False, stderr=subprocess.DEVNULL).returncode == 0  # noqa: S603 - fixed arguments


if __name__ == "__main__":
    sys.exit(main())
