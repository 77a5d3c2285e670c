"""Folders of files: equal to single files, repeated, concurrent, and resumed after a failure."""

import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from bulk_files import ENDINGS, draw, plain, read, write

from geogrid.errors import ConflictError, FileError, SetupError
from geogrid.locate import raster_index
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.folder_assignment import FolderTask, assign_folder, assign_in_process, assign_stored_file
from geogrid.locate.bulk.point_columns import PointColumns
from geogrid.locate.bulk.storage import open_folder

NAMES = [f"点 位 {number}.{ending}" for number, ending in enumerate(ENDINGS)] + ["2026/a'b\"$(x)%20.parquet"]


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in"
    (folder / "2026").mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        write(plain(300, seed), folder / name)
    return folder


@pytest.fixture
def make(tmp_path, source, target):
    def work(out="out", **options):
        return FolderTask(open_folder(str(source)), open_folder(str(tmp_path / out)), target, "wgs84", **options)

    return work


def files(folder):
    """The content of the files in a folder, without the state of the run."""
    found = (path for path in folder.rglob("*") if path.is_file())
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {name: content for name, content in contents.items() if not name.startswith(".geogrid-run/")}


def scratches(folder):
    return list((folder / ".geogrid-run").glob("scratch-*"))


def counting(calls):
    def engine(work, entries, on_progress):
        calls.append([entry.name for entry in entries])
        return assign_in_process(work, entries, on_progress)

    return engine


def test_folder_output_equals_single_files(tmp_path, source, make, target):
    reports = []
    done = assign_folder(make(), on_progress=lambda *files: reports.append(files))
    assert [one.entry.name for one in done.files] == sorted(NAMES)
    assert (done.rows, sum(done.counts.values())) == (300 * len(NAMES), 300 * len(NAMES))
    assert sum(count for count, _ in reports) == len(NAMES)
    for name in NAMES:
        alone = tmp_path / f"alone.{name.rsplit('.', 1)[1]}"
        assign_file(source / name, alone, target, datum="wgs84", force=True)
        assert (tmp_path / "out" / name).read_bytes() == alone.read_bytes()
    assert sorted(files(tmp_path / "out")) == sorted(NAMES)
    assert not scratches(tmp_path / "out")


def test_url_gives_the_same_output(tmp_path, source, make, target):
    assign_folder(make())
    away = tmp_path / "away 远"
    work = FolderTask(open_folder(source.as_uri()), open_folder(away.as_uri()), target, "wgs84")
    assert not work.source.is_here
    assign_folder(work)
    assert files(away) == files(tmp_path / "out")
    assert not scratches(away)
    with pytest.raises(ConflictError):
        assign_folder(work)
    assert all(one.resumed for one in assign_folder(work, resume=True).files)


def test_pickled_target_gives_the_same_results(target):
    lon, lat = draw(2_000)
    lon[:10], lat[:10] = np.nan, 40.0
    points = PointColumns(lon, lat, np.zeros(len(lon), dtype=np.uint8))
    content = pickle.dumps(target)
    assert len(content) < 25e6
    assignment, copied = target.assign(points, "gcj02"), pickle.loads(content).assign(points, "gcj02")
    assert target.columns(assignment) == pickle.loads(content).columns(copied)


@pytest.mark.parametrize(("limit", "compiled"), [(1_000, True), (100_000, False)])
def test_many_small_files_count_as_one_long_run(tmp_path, make, monkeypatch, limit, compiled):
    assign_folder(make("numpy"))
    monkeypatch.delitem(sys.modules, "geogrid.locate.kernel_numba", raising=False)
    monkeypatch.setattr(raster_index, "_MIN_RUN", limit)
    monkeypatch.setattr(raster_index, "_MIN_POINTS", 100)  # so that the kernel is used for each file
    assign_folder(make())
    assert ("geogrid.locate.kernel_numba" in sys.modules) == compiled
    assert files(tmp_path / "out") == files(tmp_path / "numpy")


def test_files_with_errors_are_listed_and_the_others_processed(tmp_path, source, make):
    (source / "cut.parquet").write_bytes((source / NAMES[1]).read_bytes()[:-100])
    (source / "none.csv").write_text("a,b\n1,2\n")
    (source / "evil\x1b[2J.csv").write_text("")
    (source / "notes.txt").write_text("")
    (source / "_SUCCESS").write_text("")
    (source / ".hidden.csv").write_text("")
    done = assign_folder(make())
    assert {one.entry.name for one in done.faulty} == {"cut.parquet", "none.csv", "evil\x1b[2J.csv"}
    assert all("\x1b" not in one.fault for one in done.faulty)
    assert next(one.fault for one in done.faulty if one.entry.name == "cut.parquet").startswith("cut.parquet: ")
    assert done.passed_over == ["notes.txt"]
    assert sorted(files(tmp_path / "out")) == sorted(NAMES)


def test_refused_rows_are_listed_beside_each_file(tmp_path, source, make):
    (source / "r.csv").write_text("lon,lat\n113.3,40.1\n40.1,113.3\n")
    done = assign_folder(make(), match="r.*")
    assert done.counts["refused"] == 1
    out = tmp_path / "out"
    assert (out / "r.csv.refused.csv").read_text().splitlines()[1].startswith("2,coordinates_swapped,")
    # The list is removed once the file is valid.
    (source / "r.csv").write_text("lon,lat\n113.3,40.1\n113.3,40.1\n")
    assign_folder(make(), match="r.*", resume=True)
    assert sorted(files(out)) == ["r.csv"]


def test_file_can_be_processed_twice(tmp_path, make):
    work = make()
    assign_folder(work)
    before = files(tmp_path / "out")
    first = work.source.entries()[0]
    assert assign_stored_file(work, first) == assign_stored_file(work, first)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda entry: assign_stored_file(work, entry), work.source.entries() * 4))
    assert files(tmp_path / "out") == before
    assert not scratches(tmp_path / "out")


def test_failed_run_leaves_no_partial_output_and_can_be_resumed(tmp_path, source, make):
    calls = []

    def failing(work, entries, on_progress):
        for number, entry in enumerate(entries):
            if number == 3:
                Path(work.out.base, ".geogrid-run", "scratch-killed").mkdir()
                raise OSError(28, "No space left on device")
            yield assign_stored_file(work, entry)

    with pytest.raises(OSError, match="No space"):
        assign_folder(make(), engine=failing)
    assert len(files(tmp_path / "out")) == 3
    with pytest.raises(ConflictError, match="--resume"):
        assign_folder(make())
    done = assign_folder(make(), engine=counting(calls), resume=True)
    assert (len(calls[0]), sum(one.resumed for one in done.files)) == (len(NAMES) - 3, 3)
    assign_folder(make("whole"))
    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert not scratches(tmp_path / "out")


def test_only_new_changed_and_missing_files_are_processed(tmp_path, source, make):
    calls = []
    assign_folder(make())
    write(plain(10, 99), source / "new.csv")
    write(plain(20, 98), source / NAMES[0])
    (tmp_path / "out" / NAMES[1]).unlink()
    done = assign_folder(make(), engine=counting(calls), resume=True)
    assert sorted(calls[0]) == sorted(["new.csv", NAMES[0], NAMES[1]])
    assert done.rows == 300 * (len(NAMES) - 1) + 30
    assert len(read(tmp_path / "out" / NAMES[0])) == 20


def test_file_that_becomes_invalid_loses_its_old_output(tmp_path, source, make):
    assign_folder(make())
    (source / NAMES[1]).write_bytes(b"PAR1")
    assert len(assign_folder(make(), resume=True).faulty) == 1
    assert NAMES[1] not in files(tmp_path / "out")


@pytest.mark.parametrize("option", [{"identity": "2 other"}, {"lon": "lat", "lat": "lon"}, {"versions": ("0", "0")}])
def test_run_with_other_options_is_not_resumed(tmp_path, make, option):
    assign_folder(make(), match="*.csv")
    before = files(tmp_path / "out")
    with pytest.raises(ConflictError, match="other options"):
        assign_folder(make(**option), resume=True)
    assert files(tmp_path / "out") == before


def test_existing_files_are_not_replaced(tmp_path, make):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / NAMES[0]).write_text("mine")
    for resume in (False, True):
        with pytest.raises(ConflictError):
            assign_folder(make(), resume=resume)
    assert files(tmp_path / "out") == {NAMES[0]: b"mine"}
    assign_folder(make(), force=True)
    assert len(files(tmp_path / "out")) == len(NAMES)


@pytest.mark.parametrize("out", ["in", "in/below", "."])
def test_nested_folders_are_refused(make, out):
    with pytest.raises(FileError, match="OUT lies in IN"):
        assign_folder(make(out))


def test_unusable_folders_are_refused(tmp_path, source, make):
    with pytest.raises(FileError, match="no file of points"):
        assign_folder(make(), match="*.gpx")
    (source / f"{NAMES[0]}.refused.csv").write_text("lon,lat\n1,2\n")
    with pytest.raises(FileError, match="refused rows"):
        assign_folder(make())
    with pytest.raises(FileError, match="folder does not exist"):
        open_folder(str(tmp_path / "nowhere")).entries()
    Path(os.fsdecode(os.fsencode(source) + b"/\xff.csv")).touch()
    with pytest.raises(FileError, match="UTF-8"):
        assign_folder(make())


@pytest.mark.parametrize("address", ["xx://secret@host/a", "http://host/secret", "file://secret/a", "s3:///secret"])
def test_invalid_urls_are_refused_without_showing_them(address):
    with pytest.raises((FileError, SetupError)) as caught:
        open_folder(address)
    assert "secret" not in str(caught.value)
