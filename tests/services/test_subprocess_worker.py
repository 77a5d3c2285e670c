"""What happens in the other process stays there."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from geogrid.errors import FileError, LayerError
from geogrid.layers.codes import check_code
from geogrid.model import Layer
from geogrid.services.subprocess_worker import run_in_subprocess


def test_an_error_of_ours_comes_back_whole():
    with pytest.raises(LayerError) as caught:
        run_in_subprocess(check_code, "12", Layer.URBAN)
    assert (caught.value.code, caught.value.field) == ("code_scheme", "code")


def test_what_takes_too_long_is_ended():
    started = time.monotonic()
    with pytest.raises(FileError) as caught:
        run_in_subprocess(time.sleep, 60, limit_s=1)
    assert caught.value.code == "too_slow"
    assert time.monotonic() - started < 10


def test_a_crash_ends_one_process_only():
    with pytest.raises(FileError) as caught:
        run_in_subprocess(os.abort)
    assert caught.value.code == "file_damaged"


def test_memory_is_bounded():
    with pytest.raises(FileError):
        run_in_subprocess(bytearray, 2**40)


@pytest.mark.parametrize("limit_s", [2, 60])
def test_no_file_is_left_by_what_was_ended(tmp_path, monkeypatch, limit_s):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = tmp_path / "told"
    with pytest.raises(FileError) as caught:
        run_in_subprocess(leave_a_file, told, limit_s == 60, limit_s=limit_s)
    assert caught.value.code == ("file_damaged" if limit_s == 60 else "too_slow")
    assert Path(told.read_text()).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == [told]


def leave_a_file(told, aborts):
    told.write_text(tempfile.mkdtemp())
    os.abort() if aborts else time.sleep(60)
