"""Tests of worker processes: errors, timeout, crash, memory limit, temporary files."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from geogrid.errors import FileError, LayerError
from geogrid.layers.thematic_layers import check_theme_name
from geogrid.services.subprocess_worker import run_in_subprocess


def test_error_is_raised_with_code_and_field():
    with pytest.raises(LayerError) as caught:
        run_in_subprocess(check_theme_name, "12")
    assert (caught.value.code, caught.value.field) == ("layer_name", "layer")


def test_timeout_kills_the_process():
    started = time.monotonic()
    with pytest.raises(FileError) as caught:
        run_in_subprocess(time.sleep, 60, limit_s=1)
    assert caught.value.code == "too_slow"
    assert time.monotonic() - started < 40


def test_crash_is_reported_as_an_error():
    with pytest.raises(FileError) as caught:
        run_in_subprocess(os.abort)
    assert caught.value.code == "file_damaged"


def test_memory_limit_is_enforced():
    with pytest.raises(FileError):
        run_in_subprocess(bytearray, 2**40)


@pytest.mark.parametrize("limit_s", [2, 60])
def test_killed_process_leaves_no_files(tmp_path, monkeypatch, limit_s):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    record = tmp_path / "record"
    with pytest.raises(FileError) as caught:
        run_in_subprocess(leave_a_file, record, limit_s == 60, limit_s=limit_s)
    assert caught.value.code == ("file_damaged" if limit_s == 60 else "too_slow")
    assert Path(record.read_text()).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == [record]


def leave_a_file(record, aborts):
    record.write_text(tempfile.mkdtemp())
    os.abort() if aborts else time.sleep(60)
