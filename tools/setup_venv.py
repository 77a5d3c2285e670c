"""Create ``.venv`` from a lock file: ``python tools/setup_venv.py run``, ``… test`` or ``… spark``.

If the environment is up to date, the script returns at once. An error prints one line and exits with status 2.
This file must parse on Python 3.6, so that an old Python prints the message below and not a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python can start this file
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
#: Each lock file contains the packages of the previous one.
LOCKS = {
    "run": ROOT / "requirements.lock",
    "test": ROOT / "requirements-test.lock",
    "spark": ROOT / "requirements-spark.lock",
}
#: Files from which the environment is created; a change of one of them updates it.
SOURCES = [*LOCKS.values(), ROOT / "pyproject.toml", ROOT / "hatch_build.py", NPM_LOCK]
#: Required disk space: the environment with the test tools takes 0.9 GB, and builds need temporary space.
SPACE_MB = 1_500
#: Timeout in seconds of a repeated attempt to fetch the scripts of the maps.
RETRY_NPM_S = 10

# Patterns in the output of pip, and the message for the user.
FAULTS = [
    (r"No space left on device", "磁盘空间不足 · no space left on the disk. Free about 1.5 GB, then run it again."),
    (
        r"Permission denied|Read-only file system",
        "没有写入权限 · no write permission for .venv or the temporary folder. Use a folder of your own.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "下载的软件包与锁文件不符 · a downloaded package differs from the lock file. Check the mirror that pip uses.",
    ),
    (
        r"Max retries exceeded|Retrying|connection broken|Could not fetch URL|timed out",
        "无法连接 Python 软件源 · the Python package index cannot be reached. Check the network or set PIP_INDEX_URL.",
    ),
    (
        r"No matching distribution",
        "软件源缺少锁定的版本 · the package index lacks a locked version. Set PIP_INDEX_URL to a complete mirror.",
    ),
]


class SetupError(Exception):
    """The environment cannot be created; the message contains the reason and the remedy."""


def main() -> int:
    """Create or update the environment and return the exit status."""
    # A terminal without Chinese characters shows question marks, not a traceback.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(description="Create .venv from a lock file.")
    parser.add_argument("profile", choices=list(LOCKS))
    profile = parser.parse_args().profile
    try:
        set_up(profile)
    except SetupError as fault:
        return _fail(str(fault))
    except OSError as error:
        return _fail(_explain_os_error(error))
    except KeyboardInterrupt:
        return _fail("已中断 · interrupted. Run it again to continue.")
    return 0


def set_up(profile: str) -> None:
    """Create the missing parts of the environment for a profile (a key of `LOCKS`).

    Raises
    ------
    SetupError
        If the environment cannot be created.
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
            "maps load their scripts from external URLs until a later set-up fetches them."
        )


def read_state() -> dict[str, str]:
    """Return the state written by the last set-up; empty if it is missing or damaged."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def is_ready(state: dict[str, str], profile: str) -> bool:
    """Return whether the environment is up to date for a profile."""
    return (
        PYTHON.exists()
        and state.get("place") == _place()
        and state.get("sources") == fingerprint(SOURCES)
        and state.get("profile") in list(LOCKS)[list(LOCKS).index(profile) :]
    )


def has_assets() -> bool:
    """Return whether the scripts of the maps match the npm lock file."""
    return bool(_load_vendor().is_current(NPM_LOCK))


def fingerprint(paths: list[Path]) -> str:
    """Return one checksum of several files.

    Raises
    ------
    SetupError
        If a file is missing.
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
    """Raise if ensurepip is missing, or the disk space is too small for a new environment."""
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
    """Return a one-line message for the output of pip."""
    for pattern, meaning in FAULTS:
        if re.search(pattern, output):
            return meaning
    errors = [line for line in output.splitlines() if line.strip()]
    last_line = errors[-1].strip() if errors else "no output"
    return f"安装失败 · pip failed: {last_line}"


def _make_venv(state: dict[str, str]) -> None:
    STATE.unlink(missing_ok=True)
    if PYTHON.exists() and state.get("place") == _place():
        return
    _say(f"[1/3] 创建 .venv · creating .venv with Python {sys.version.split()[0]}")
    try:
        # A moved environment, or one of another Python, contains invalid paths.
        venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        raise SetupError(explain(str(error.output))) from None


def _install_lock(profile: str) -> None:
    lock = LOCKS[profile]
    count = len(re.findall(r"^[\w.-]+==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
    _say(f"[2/3] 安装依赖 · installing up to {count} packages of {lock.name}")
    _pip("install", "--require-hashes", "--requirement", str(lock))


def _install_project(*, retry: bool) -> None:
    """Install this clone in editable mode; the build fetches missing scripts of the maps."""
    timeout = {"GEOGRID_NPM_SECONDS": str(RETRY_NPM_S)} if retry else {}
    _say("[3/3] 获取地图脚本 · fetching the scripts of the maps" if retry else "[3/3] 安装本项目 · installing geogrid")
    try:
        _pip("install", "--no-deps", "--editable", str(ROOT), environment=timeout)
    except SetupError:
        # The installed project works, so an unreachable index must not stop the start of the service.
        if not retry:
            raise


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run pip of the environment, print its progress, and raise with an explanation if it fails."""
    command = [str(PYTHON), "-m", "pip", *arguments, "--retries", "2", "--disable-pip-version-check", "--no-input"]
    own = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUTF8": "1", **(environment or {})}
    with subprocess.Popen(  # noqa: S603 - fixed interpreter, no shell
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
    # pip prints "Collecting NAME" for an index and "Processing FILE" for a local file.
    match = re.match(r"(?:Collecting|Processing) (?:\S*/)?(\S+?)(?:-(?:py|cp)\d\S*)?\s", line)
    if match:
        _say(f"      {match.group(1)}")
    elif re.match(r"Installing collected packages: .+,", line):
        _say("      解压安装中 · unpacking")
    elif line.startswith("WARNING: Retrying"):
        _say("      软件源没有应答，重试 · no response from the package index, retrying")


def _write_state(profile: str) -> None:
    state = {"place": _place(), "sources": fingerprint(SOURCES), "profile": profile}
    STATE.write_text(json.dumps(state), encoding="utf-8")


def _place() -> str:
    """Return the folder and the Python version for which an environment is valid."""
    return "{} {}.{}".format(ROOT, *sys.version_info[:2])


def _load_vendor() -> ModuleType:
    # Loaded by path, since nothing is installed yet.
    spec = importlib.util.spec_from_file_location("_geogrid_vendor", ROOT / "maps" / "geogrid_maps" / "vendor.py")
    if spec is None or spec.loader is None:
        raise SetupError("缺少文件 maps/geogrid_maps/vendor.py · a file is missing. Clone the project again.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _explain_os_error(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"没有写入权限 · no write permission for {error.filename or ROOT}. Clone into a folder of your own."
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
