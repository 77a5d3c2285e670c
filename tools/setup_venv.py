"""Make ``.venv`` from a lock: ``python tools/setup_venv.py run``, ``… test`` or ``… spark``.

A set-up that is up to date returns at once. One that cannot go on says why in one line and exits with 2.
This file must parse on Python 3.6, so that an old Python is told what is wrong rather than shown a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older one may well be what starts this file
    sys.stderr.write(
        "错误：需要 Python 3.11 或更高版本 · Python 3.11 or newer is needed, this is {}.{}. "
        "Install one, then: make PYTHON=/path/to/python3.11 run\n".format(*sys.version_info[:2])
    )
    sys.exit(2)

import argparse
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
import venv
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = VENV / "geogrid-setup.json"
NPM_LOCK = ROOT / "maps" / "assets" / "package-lock.json"
#: Each holds the one before it whole.
LOCKS = {
    "run": ROOT / "requirements.lock",
    "test": ROOT / "requirements-test.lock",
    "spark": ROOT / "requirements-spark.lock",
}
#: What the environment is made from; when one of these changes, it is brought up to date.
SOURCES = [*LOCKS.values(), ROOT / "pyproject.toml", ROOT / "hatch_build.py", NPM_LOCK]
#: An empty environment grows to about 0.9 GB with the test tools, and builds need some room besides.
SPACE_MB = 1_500
#: How long a repeated attempt to fetch the maps' scripts may hold up a start.
RETRY_NPM_S = 10

# What pip says when it fails, and what that means to the person who reads it.
FAULTS = [
    (r"No space left on device", "磁盘空间不足 · no space left on the disk. Free about 1.5 GB, then run it again."),
    (
        r"Permission denied|Read-only file system",
        "没有写入权限 · no right to write to .venv or to the temporary folder. Use a folder of your own.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "下载的软件包与锁文件不符 · a downloaded package is not the locked one. Check the mirror that pip uses.",
    ),
    (
        r"Max retries exceeded|Retrying|connection broken|Could not fetch URL|timed out",
        "无法连接 Python 软件源 · the Python package index cannot be reached. Check the network or set PIP_INDEX_URL.",
    ),
    (
        r"No matching distribution",
        "软件源缺少锁定的版本 · the package index lacks a locked version. Choose a complete mirror with PIP_INDEX_URL.",
    ),
]


class SetupError(Exception):
    """The machine stands in the way; the message says what and the remedy."""


def main() -> int:
    """Bring the environment up to date and return the exit status."""
    # A terminal that has no Chinese shows question marks, not a traceback.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(description="Make .venv from a lock.")
    parser.add_argument("profile", choices=list(LOCKS))
    profile = parser.parse_args().profile
    try:
        set_up(profile)
    except SetupError as fault:
        return _fail(str(fault))
    except OSError as error:
        return _fail(_explain_os_error(error))
    except KeyboardInterrupt:
        return _fail("已中断 · interrupted. Run it again to go on.")
    return 0


def set_up(profile: str) -> None:
    """Make what is missing of the environment, and nothing else.

    Parameters
    ----------
    profile
        One of `LOCKS`; its packages include those of the ones before it, at the same versions.

    Raises
    ------
    SetupError
        If the machine stands in the way.
    """
    state = read_state()
    if is_ready(state, profile):
        if not has_assets():
            _install_project(retry=True)
    else:
        start = time.monotonic()
        check_machine(state)
        _make_venv(state)
        _install_lock(profile)
        _install_project(retry=False)
        _write_state(profile)
        _say(f"完成 · ready in {time.monotonic() - start:.0f} s")
    if not has_assets():
        _say(
            "注意：暂时无法连接 npm，地图将从外部地址加载脚本 · npm cannot be reached: "
            "maps load their scripts from outside addresses until a later set-up reaches it."
        )


def read_state() -> dict[str, str]:
    """Return what the last set-up wrote; empty if there is none to rely on."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def is_ready(state: dict[str, str], profile: str) -> bool:
    """Tell whether the environment already holds what a profile needs."""
    return (
        PYTHON.exists()
        and state.get("place") == _place()
        and state.get("sources") == fingerprint(SOURCES)
        and state.get("profile") in list(LOCKS)[list(LOCKS).index(profile) :]
    )


def has_assets() -> bool:
    """Tell whether the maps' scripts are in place for the npm lock."""
    return bool(_load_vendor().is_current(NPM_LOCK))


def fingerprint(paths: list[Path]) -> str:
    """Return one checksum over several files.

    Raises
    ------
    SetupError
        If one is missing.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(path.read_bytes() + b"\0")
        except FileNotFoundError:
            raise SetupError(
                f"缺少文件 {path.relative_to(ROOT)} · a file is missing. Clone the project again."
            ) from None
    return digest.hexdigest()


def check_machine(state: dict[str, str]) -> None:
    """Refuse early what would fail late: no ensurepip, or too little space for a new environment."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "缺少 venv 模块 · Python's venv module is not installed. On Debian or Ubuntu: apt-get install python3-venv"
        )
    free_mb = shutil.disk_usage(ROOT).free // 1_000_000
    if not state and free_mb < SPACE_MB:
        raise SetupError(
            f"磁盘空间不足 · only {free_mb} of the {SPACE_MB} MB needed are free at {ROOT}. Free some space."
        )


def explain(output: str) -> str:
    """Turn what pip wrote to its standard error into one line."""
    for pattern, meaning in FAULTS:
        if re.search(pattern, output):
            return meaning
    errors = [line for line in output.splitlines() if line.strip()]
    said = errors[-1].strip() if errors else "nothing"
    return f"安装失败 · pip failed and said: {said}"


def _make_venv(state: dict[str, str]) -> None:
    STATE.unlink(missing_ok=True)
    if PYTHON.exists() and state.get("place") == _place():
        return
    _say(f"[1/3] 创建 .venv · making .venv with Python {sys.version.split()[0]}")
    try:
        # A copy that was moved, or made by another Python, points to places that are gone.
        venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        raise SetupError(explain(str(error.output))) from None


def _install_lock(profile: str) -> None:
    lock = LOCKS[profile]
    count = len(re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
    _say(f"[2/3] 安装依赖 · installing up to {count} packages of {lock.name}")
    _pip("install", "--require-hashes", "--requirement", str(lock))


def _install_project(*, retry: bool) -> None:
    """Install this clone in place; the build fetches the maps' scripts if they are missing."""
    patience = {"GEOGRID_NPM_SECONDS": str(RETRY_NPM_S)} if retry else {}
    _say("[3/3] 获取地图脚本 · fetching the maps' scripts" if retry else "[3/3] 安装本项目 · installing geogrid")
    try:
        _pip("install", "--no-deps", "--editable", str(ROOT), environment=patience)
    except SetupError:
        # What is installed works; an index that is away today must not stop a service that ran yesterday.
        if not retry:
            raise


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run the environment's pip: its progress is shown, its errors are kept to be explained."""
    command = [str(PYTHON), "-m", "pip", *arguments, "--retries", "2", "--disable-pip-version-check", "--no-input"]
    own = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUTF8": "1", **(environment or {})}
    with subprocess.Popen(  # noqa: S603 - its own interpreter, and no shell
        command,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            _show_progress(line)
    if process.returncode != 0:
        raise SetupError(explain("".join(lines)))


def _show_progress(line: str) -> None:
    # A mirror's package is "collected" by its name and version, a file's is "processed" by its own name.
    found = re.match(r"(?:Collecting|Processing) (?:\S*/)?(\S+?)(?:-(?:py|cp)\d\S*)?\s", line)
    if found:
        _say(f"      {found.group(1)}")
    elif re.match(r"Installing collected packages: .+,", line):
        _say("      解压安装中 · unpacking")
    elif line.startswith("WARNING: Retrying"):
        _say("      软件源没有应答，重试 · the package index does not answer, trying again")


def _write_state(profile: str) -> None:
    state = {"place": _place(), "sources": fingerprint(SOURCES), "profile": profile}
    STATE.write_text(json.dumps(state), encoding="utf-8")


def _place() -> str:
    """Name what an environment depends on outside itself: the folder and the Python it was made for."""
    return "{} {}.{}".format(ROOT, *sys.version_info[:2])


def _load_vendor() -> ModuleType:
    # By its path: this script runs before anything is installed, on whatever Python the machine has.
    spec = importlib.util.spec_from_file_location("_geogrid_vendor", ROOT / "maps" / "geogrid_maps" / "vendor.py")
    if spec is None or spec.loader is None:
        raise SetupError("缺少文件 maps/geogrid_maps/vendor.py · a file is missing. Clone the project again.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _explain_os_error(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"没有写入权限 · no right to write to {error.filename or ROOT}. Clone into a folder of your own."
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "磁盘空间不足 · no space left on the disk. Free about 1.5 GB, then run it again."
    return f"系统错误 · {error.strerror or error}: {error.filename or ROOT}."


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(message: str) -> int:
    print(f"错误：{message}", file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
