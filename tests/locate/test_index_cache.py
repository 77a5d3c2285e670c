"""Index files: loading, validation, and fallback to building."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from geogrid.errors import FileError
from geogrid.locate import index_cache
from geogrid.locate.locator import Locator
from geogrid.locate.raster_index import RasterIndex, build_rasters
from geogrid.locate.tree_index import LayerIndex
from geogrid.model import Generation


def grid(shift=0.0, codes="abcdefghi"):
    x, y = (values.ravel() + shift for values in np.meshgrid([0.0, 1, 2], [0.0, 1, 2]))
    return [LayerIndex(list(codes), list(shapely.box(x, y, x + 1, y + 1)))]


POINTS = np.random.default_rng(1).uniform(-1, 4, (2, 5_000))


def only_file(folder):
    (path,) = folder.iterdir()
    return path


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_loaded_index_equals_the_built_index(tmp_path, engine):
    layers = [*grid(), *grid(0.3)]
    index_cache.write_rasters(tmp_path / "x", layers, build_rasters(layers))
    loaded = index_cache.read_rasters(tmp_path / "x", layers)
    index = RasterIndex(layers, rasters=loaded, engine=engine)
    assert (index.assign(*POINTS) == RasterIndex(layers).assign(*POINTS)).all()
    assert index.look_up_one(1.5, 1.5)[0] == [4, 4]
    assert not any(array.flags.writeable or array.flags.owndata for array in (loaded[0].cells, loaded[0].records))


def test_second_start_loads_the_file(tmp_path, layers, monkeypatch):
    generation = Generation(1, "test", synthetic=True)
    first = Locator(generation, layers, index_directory=tmp_path / "index")
    monkeypatch.setattr(index_cache, "build_rasters", None)
    second = Locator(generation, layers, index_directory=tmp_path / "index")
    lon, lat = np.random.default_rng(2).uniform([[113.2], [40.0]], [[113.5], [40.2]], (2, 20_000))
    one, other = first.positions(lon, lat), second.positions(lon, lat)
    assert (one.base == other.base).all()
    assert (one.base >= 0).any()
    assert (one.dedicated == other.dedicated).all()
    assert (one.status == other.status).all()


def test_other_layers_get_their_own_file(tmp_path):
    for layers in (grid(), grid(1e-12), grid(codes="abcdefghj"), [*grid(), *grid()], []):
        index_cache.open_index(tmp_path, layers)
    assert len(list(tmp_path.iterdir())) == 5
    assert index_cache.hash_layers(grid()) == index_cache.hash_layers(grid())


def test_oldest_files_are_removed(tmp_path):
    for step in range(12):
        index_cache.open_index(tmp_path, grid(step))
        os.utime(tmp_path / f"{index_cache.hash_layers(grid(step))}.raster", (step, step))
    (tmp_path / "notes.txt").touch()
    index_cache.open_index(tmp_path, grid(99))
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 9
    assert {
        "notes.txt",
        f"{index_cache.hash_layers(grid(99))}.raster",
        f"{index_cache.hash_layers(grid(11))}.raster",
    } <= left


def damages(content):
    yield "empty", b""
    yield "magic only", content[:17]
    yield "foreign", b"SQLite format 3\0" + content
    yield "version", content.replace(b"raster 2", b"raster 3", 1)
    yield "cut", content[:-1]
    yield "longer", content + b"\0"
    for place in np.random.default_rng(3).integers(0, len(content), 60).tolist():
        yield f"bit {place}", content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


def test_damaged_and_foreign_files_are_refused_and_rebuilt(tmp_path):
    layers = grid()
    index_cache.open_index(tmp_path, layers)
    path = only_file(tmp_path)
    content = path.read_bytes()
    truth = RasterIndex(layers).assign(*POINTS)
    for name, damaged in damages(content):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match="damaged"):
            index_cache.read_rasters(path, layers)
        assert (index_cache.open_index(tmp_path, layers).assign(*POINTS) == truth).all(), name
        assert path.read_bytes() == content, name


def test_file_of_other_layers_is_refused(tmp_path):
    index_cache.write_rasters(tmp_path / "x", grid(), build_rasters(grid()))
    with pytest.raises(FileError, match="other layers"):
        index_cache.read_rasters(tmp_path / "x", grid(0.5))


def cell_beyond_the_records(raster):
    raster.cells[len(raster.cells) // 2] = -(10**6)


def records_without_an_end(raster):
    raster.records["mask"][-1] = 1


def fewer_cells(raster):
    object.__setattr__(raster, "cells", raster.cells[:-1])


def fewer_records(raster):
    object.__setattr__(raster, "records", raster.records[:1])


def fewer_members(raster):
    object.__setattr__(raster, "members", raster.members[:-1])


@pytest.mark.parametrize(
    "damage", [cell_beyond_the_records, records_without_an_end, fewer_cells, fewer_records, fewer_members]
)
def test_offsets_out_of_bounds_are_refused(tmp_path, damage):
    """A file with a correct checksum and offsets beyond the end of an array."""
    layers = grid()
    (raster,) = build_rasters(layers)
    damage(raster)
    index_cache.write_rasters(tmp_path / "x", layers, [raster])
    with pytest.raises(FileError):
        index_cache.read_rasters(tmp_path / "x", layers)


@pytest.mark.parametrize("head", [b"{", b"[]", b"{}", b'{"rasters": [{}]}', b'{"rasters": [], "layers": 1}', b"\xff"])
def test_file_of_another_layout_is_refused_and_rebuilt(tmp_path, head):
    """A file of a program that changed the layout but not the version."""
    layers = grid()
    index_cache.open_index(tmp_path, layers)
    path = only_file(tmp_path)
    content = path.read_bytes()
    body = len(head).to_bytes(8, "little") + head
    path.write_bytes(content[:17] + hashlib.sha256(body).digest() + body)
    with pytest.raises(FileError):
        index_cache.read_rasters(path, layers)
    assert (index_cache.open_index(tmp_path, layers).assign(*POINTS) == RasterIndex(layers).assign(*POINTS)).all()
    assert path.read_bytes() == content


def test_old_partial_files_are_removed(tmp_path):
    old, new = tmp_path / "x.rasterabc.part", tmp_path / "y.rasterabc.part"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    index_cache.open_index(tmp_path, grid())
    assert not old.exists()
    assert new.exists()


def test_index_is_built_in_memory_if_the_folder_cannot_be_created(tmp_path):
    (tmp_path / "file").touch()
    index = index_cache.open_index(tmp_path / "file" / "index", grid())
    assert (index.assign(*POINTS) == RasterIndex(grid()).assign(*POINTS)).all()


def test_failed_write_keeps_the_old_file_only(tmp_path, monkeypatch):
    path = tmp_path / "x"
    index_cache.write_rasters(path, grid(), build_rasters(grid()))
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index_cache.write_rasters(path, grid(0.5), build_rasters(grid(0.5)))
    assert only_file(tmp_path) == path
    assert path.read_bytes() == before


_WORKER = """
import sys, numpy as np, shapely
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_index_cache import POINTS, grid
from geogrid.locate import index_cache
print(int(index_cache.open_index(Path(sys.argv[1]), grid()).assign(*POINTS).sum()))
"""


def test_processes_that_start_together_share_one_file(tmp_path):
    command = [sys.executable, "-c", _WORKER, str(tmp_path), str(Path(__file__).parent)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = {worker.communicate(timeout=120)[0].strip() for worker in workers}
    assert outputs == {str(RasterIndex(grid()).assign(*POINTS).sum())}
    assert only_file(tmp_path).suffix == ".raster"
