"""Spark on ``local[2]`` with a real Java process and workers, compared with one process."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from bulk_files import plain, write
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.errors import SetupError
from geogrid.locate.bulk.folder_assignment import FolderTask, assign_folder
from geogrid.locate.bulk.spark_folder_run import SparkRunner, _java_version
from geogrid.locate.bulk.storage import open_folder


@pytest.fixture(scope="module")
def spark():
    """Skip without PySpark and Java."""
    if importlib.util.find_spec("pyspark") is None or _java_version() < 17:
        pytest.skip("needs PySpark and Java 17: make venv-spark, apt-get install openjdk-17-jre-headless")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark") / "in 入"
    (folder / "2026").mkdir(parents=True)
    for seed in range(5):
        write(plain(2_000, seed), folder / f"点 位 {seed}.parquet")
    write(plain(2_000, 9), folder / "2026" / "a'b\"$(x)%20.csv")
    (folder / "refused.csv").write_text("lng,lat\n113.3058,40.0912\n40.0912,113.3058\n")
    (folder / "cut.parquet").write_bytes((folder / "点 位 0.parquet").read_bytes()[:-50])
    return folder


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and ".geogrid-run" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def command(source, out, *options):
    return ["assign", str(source), str(out), "--datum", "gcj02", *options]


def counts(output):
    return [line for line in output.splitlines() if line.startswith(("inside", "refused file"))]


@pytest.mark.usefixtures("spark")
def test_spark_writes_the_same_bytes_as_one_process(home, source):
    here = CliRunner().invoke(cli, command(source, home / "here"))
    line = command(source, home / "spark", "--engine", "spark", "--master", "local[2]")
    done = subprocess.run(
        [sys.executable, "-c", "from geogrid.cli import main; main()", *line],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=home,
    )
    assert (here.exit_code, done.returncode, done.stdout) == (1, 1, ""), done.stderr
    assert files(home / "spark") == files(home / "here")
    assert len(files(home / "here")) == 8  # cut.parquet is missing, and one has a list of refused rows
    assert counts(done.stderr) == counts(here.stderr)
    assert "refused file 拒绝文件: cut.parquet: The file is damaged" in done.stderr
    # Spark writes nothing to the terminal, and no temporary files are left.
    assert len(done.stderr.splitlines()) == len(here.stderr.splitlines())
    assert not list((home / "spark" / ".geogrid-run").glob("scratch-*"))


@pytest.mark.usefixtures("spark")
def test_urls_reach_the_workers_and_a_failed_run_can_be_resumed(tmp_path, source, target):
    def work(**options):
        return FolderTask(
            open_folder(source.as_uri()), open_folder((tmp_path / "out").as_uri()), target, "gcj02", **options
        )

    reports = []
    engine = SparkRunner("local[2]", {"spark.log.level": "ERROR"})
    with pytest.raises(SetupError, match="another version of geogrid") as caught:
        assign_folder(work(versions=("0", "0")), engine=engine)
    Path(str(caught.value).split("See the log ")[1].split(". ")[0]).unlink()
    assert files(tmp_path / "out") == {}
    done = assign_folder(
        work(), engine=engine, force=True, on_progress=lambda count, total: reports.append((count, total))
    )
    assign_folder(FolderTask(open_folder(str(source)), open_folder(str(tmp_path / "here")), target, "gcj02"))
    assert files(tmp_path / "out") == files(tmp_path / "here")
    assert sum(count for count, _ in reports) == len(done.files) == 8
    assert [one.entry.name for one in done.faulty] == ["cut.parquet"]


def fails(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    output = capsys.readouterr()
    assert (caught.value.code, output.out, output.err.count("\n")) == (2, "", 1)
    return output.err


def test_error_without_pyspark_names_the_extra(home, source, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    output = fails(capsys, command(source, home / "out", "--engine", "spark"))
    assert "pip install 'geogrid[spark]'" in output
    assert "Java 17" in output


@pytest.mark.parametrize("version", [None, "1.8.0_402", "11.0.22"])
def test_error_without_java_17_names_java(home, source, capsys, monkeypatch, version):
    monkeypatch.setitem(sys.modules, "pyspark", importlib.util)  # any module; the test only needs find_spec to succeed
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    if version:
        (home / "bin").mkdir()
        java = home / "bin" / "java"
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
        java.chmod(0o755)
    assert "openjdk-17" in fails(capsys, command(source, home / "out", "--engine", "spark"))
    assert files(home / "out") == {}


@pytest.mark.parametrize(
    "options",
    [
        ["--master", "local[2]"],
        ["--conf", "spark.a=b"],
        ["--engine", "spark", "--conf", "a=b"],
        ["--engine", "spark", "--conf", "spark.a"],
    ],
)
def test_meaningless_options_are_refused(home, source, capsys, options):
    fails(capsys, command(source, home / "out", *options))
    assert not (home / "out").exists()


def test_spark_is_refused_for_a_single_file(home, source, capsys):
    one = source / "refused.csv"
    assert "a folder" in fails(capsys, command(one, home / "out.csv", "--engine", "spark"))
    assert "a folder" in fails(capsys, command(one, home / "out.csv", "--match", "*"))


def test_folder_with_only_invalid_files_has_status_2(home, source, capsys):
    with pytest.raises(SystemExit) as caught:
        main(command(source, home / "out", "--match", "cut.*"))
    assert caught.value.code == 2
    assert "cut.parquet" in capsys.readouterr().err
