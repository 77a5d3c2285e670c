"""Interrupted and resumed runs."""

import signal
import subprocess
import sys
import time

import bulk_files as points
import pyarrow as pa
import pytest

from geogrid.errors import ConflictError
from geogrid.locate.bulk import assign as module
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.checkpoint import parts_path

ROWS = 6_000


class StopError(Exception):
    pass


@pytest.fixture
def path(tmp_path):
    table = points.plain(ROWS)
    spoilt = [None if row % 97 == 0 else value for row, value in enumerate(table["lat"].to_pylist())]
    table = table.set_column(table.column_names.index("lat"), "lat", pa.array(spoilt))
    return points.write(table, tmp_path / "in.parquet")


def stop_after(parts):
    """Return a callback that raises after some parts, like a full disk or Ctrl-C."""
    reports = []

    def on_progress(rows, total):
        reports.append(rows)
        if len(reports) > parts + 1:
            raise StopError

    return on_progress


def run(path, out, target, **options):
    return assign_file(path, out, target, datum="wgs84", batch_rows=500, **options)


@pytest.mark.parametrize("ending", points.ENDINGS)
def test_resumed_run_writes_the_same_bytes(target, tmp_path, path, ending):
    whole, out = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    run(path, whole, target)
    with pytest.raises(StopError):
        run(path, out, target, on_progress=stop_after(4))
    assert not out.exists()
    with pytest.raises(StopError):
        run(path, out, target, resume=True, on_progress=stop_after(3))
    done = run(path, out, target, resume=True)
    assert (done.rows, done.resumed) == (ROWS, 4_500)
    assert out.read_bytes() == whole.read_bytes()
    sides = [file.with_name(f"{file.name}.refused.csv").read_bytes() for file in (whole, out)]
    assert sides[0] == sides[1]
    assert sides[0].count(b"\n") == done.counts["refused"] + 1 == 63
    assert not parts_path(out).exists()


def test_finished_parts_are_not_repeated(target, tmp_path, path, monkeypatch):
    out = tmp_path / "out.parquet"
    with pytest.raises(StopError):
        run(path, out, target, on_progress=stop_after(6))
    assigned = []
    whole = module._assign
    monkeypatch.setattr(module, "_assign", lambda batch, *rest: assigned.append(len(batch)) or whole(batch, *rest))
    run(path, out, target, resume=True)
    assert sum(assigned) == ROWS - 7 * 500


@pytest.mark.parametrize(
    "damage", ["cut data", "changed data", "cut journal", "half a line", "no journal", "lost side file"]
)
def test_incomplete_parts_are_repeated(target, tmp_path, path, damage):
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    run(path, whole, target)
    with pytest.raises(StopError):
        run(path, out, target, on_progress=stop_after(5))
    folder = parts_path(out)
    data, journal, side = folder / "data", folder / "journal.ndjson", folder / "refused.csv"
    content, lines = data.read_bytes(), journal.read_bytes().splitlines(keepends=True)
    middle = len(content) // 2
    match damage:
        case "cut data":
            data.write_bytes(content[:middle])
        case "changed data":
            data.write_bytes(content[:middle] + b"#" + content[middle + 1 :])
        case "cut journal":
            journal.write_bytes(b"".join(lines[:-2]))
        case "half a line":
            journal.write_bytes(b"".join(lines)[:-20])
        case "no journal":
            journal.write_bytes(b"")
        case "lost side file":
            side.write_bytes(b"row,code,reason\n")
    done = run(path, out, target, resume=True)
    assert done.resumed < 3_000
    assert out.read_bytes() == whole.read_bytes()
    assert out.with_name("out.csv.refused.csv").read_bytes() == whole.with_name("whole.csv.refused.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "setting"), [("input", "input"), ("datum", "datum"), ("identity", "generation"), ("columns", "columns")]
)
def test_run_with_other_settings_is_not_resumed(target, tmp_path, path, change, setting):
    out = tmp_path / "out.parquet"
    with pytest.raises(StopError):
        run(path, out, target, identity="1", on_progress=stop_after(2))
    before = {file.name: file.read_bytes() for file in parts_path(out).iterdir()}
    options = {"datum": "wgs84", "identity": "1", "batch_rows": 500, "resume": True}
    if change == "input":
        points.write(points.plain(ROWS + 1), path)
    elif change == "columns":
        options |= {"lon": "float", "lat": "lat"}
    else:
        options[change] = "gcj02"
    with pytest.raises(ConflictError, match=setting):
        assign_file(path, out, target, **options)
    assert {file.name: file.read_bytes() for file in parts_path(out).iterdir()} == before


def test_interrupted_run_is_kept_without_force(target, tmp_path, path):
    out = tmp_path / "out.parquet"
    with pytest.raises(StopError):
        run(path, out, target, on_progress=stop_after(2))
    with pytest.raises(ConflictError, match="--resume"):
        run(path, out, target)
    assert run(path, out, target, force=True).resumed == 0


def test_resume_without_an_interrupted_run_starts(target, tmp_path, path):
    assert run(path, tmp_path / "out.csv", target, resume=True).rows == ROWS


def test_second_run_on_the_same_output_is_refused(target, tmp_path, path):
    out = tmp_path / "out.csv"

    def meanwhile(rows, total):
        if rows == 0:
            with pytest.raises(ConflictError, match="Another process"):
                run(path, out, target, resume=True)

    assert run(path, out, target, on_progress=meanwhile).rows == ROWS


def _wait_for_parts(journal, process, parts):
    end = time.monotonic() + 600
    while process.poll() is None and time.monotonic() < end:
        if journal.exists() and journal.read_bytes().count(b"\n") > parts:
            return
        time.sleep(0.01)
    raise AssertionError("the run was over too early, or has not begun in 10 min")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_process_is_resumed(tmp_path, demo_file, how):
    """A real process that is killed during its work."""
    lon, lat = points.draw(2_500_000)
    path, whole, out = (tmp_path / name for name in ("in.csv", "whole.parquet", "out.parquet"))
    points.write(pa.table({"id": range(len(lon)), "lon": lon, "lat": lat}), path)
    # Shells start background jobs with SIGINT ignored, which child processes inherit.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeding}; from geogrid.cli import main; main()", "assign", path]
    environment = {"GEOGRID_DATABASE_URL": f"sqlite:///{demo_file}", "GEOGRID_HOME": str(tmp_path), "PATH": ""}
    options = {"env": environment, "capture_output": True, "text": True}
    assert subprocess.run([*command, whole, "--datum", "wgs84"], check=False, **options).returncode == 0
    process = subprocess.Popen([*command, out, "--datum", "wgs84"], env=environment, stderr=subprocess.PIPE, text=True)
    _wait_for_parts(parts_path(out) / "journal.ndjson", process, 2)
    process.send_signal(how)
    _, output = process.communicate(timeout=300)
    assert process.returncode == (-signal.SIGKILL if how is signal.SIGKILL else 2), output
    assert how is signal.SIGKILL or "--resume" in output
    assert not out.exists()
    again = subprocess.run([*command, out, "--datum", "wgs84", "--resume"], check=False, **options)
    assert again.returncode == 0, again.stderr
    assert "resumed" in again.stderr
    assert out.read_bytes() == whole.read_bytes()
