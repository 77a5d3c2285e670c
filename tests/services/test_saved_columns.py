"""Tests of saved incident columns: equality with a full load after any changes, and refusal of wrong files."""

import json
import random
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid.demo.removal import remove_demo
from geogrid.errors import ConflictError, FileError, InputError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import EVERY_ROLE, Actor, Point, Report
from geogrid.services import saved_columns
from geogrid.services.database_maintenance import back_up, restore_database
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import activate_generation, load_locator
from geogrid.stats.coded_column import Coded
from geogrid.stats.column_file import read_column_file, write_column_file
from geogrid.stats.growing_columns import GrowingColumns, arrays_by_name
from geogrid.store.database import Store
from geogrid.store.generations import add_generation
from geogrid.store.incident_array_reader import read_columns
from geogrid.tabular.row_model import TableRow

RULES = load_rules()
DESK = Actor("user:1", "测试员", EVERY_ROLE)
HERE = Point(113.2988, 40.09)


def contents(columns):
    """Return the columns as lists, with the values of dictionary-encoded columns."""
    lists = {}
    for name, array in arrays_by_name(columns).items():
        column = getattr(columns, name)
        values = np.array([*column.values, None], dtype=object)[array] if isinstance(column, Coded) else array
        lists[name] = values.tolist()
    return lists


def load_all(store):
    with store.read() as connection:
        return contents(read_columns(connection))


@pytest.fixture
def always_saved(monkeypatch):
    """Write the file after every change."""
    monkeypatch.setattr(saved_columns, "_MAX_BEHIND", -1)


class Service:
    """A store with a cache of columns, and actions of users. Actions that the rules refuse change nothing."""

    def __init__(self, store, folder, draw):
        self.store, self.folder, self.draw = store, folder, draw
        self.cache = IncidentCache(store, folder)
        self.locator = load_locator(store)

    def _number(self):
        number = self.cache.refresh().number
        return int(number[-self.draw.randint(1, min(len(number), 30))])

    def _place(self):
        return Point(round(self.draw.uniform(113.25, 113.35), 5), round(self.draw.uniform(40.05, 40.12), 5))

    def insert(self):
        moment = datetime.now(UTC) - timedelta(minutes=self.draw.randint(1, 50))
        category = self.draw.choice(["Z01", "Z06"])
        report_incident(
            self.store, self.locator, RULES, Report(moment, category, "hotline", self._place(), "wgs84"), DESK
        )

    def step(self):
        wish = self.draw.choice(
            [StepRequest("file"), StepRequest("void", note="误报"), StepRequest("handle", note="完")]
        )
        self._take(wish)

    def correct(self):
        wish = Correction(category=self.draw.choice(["Z02", "Z10"]), point=self._place(), datum="wgs84")
        self._take(StepRequest("correct", note="填错", correction=wish))

    def _take(self, wish):
        try:
            take_step(self.store, self.locator, RULES, DESK, self._number(), wish)
        except (ConflictError, InputError):
            return

    def load_file(self):
        row = {"reported_at": "2026-01-02", "category": "Z01", "lon": str(HERE.lon), "lat": str(HERE.lat)}
        rows = [TableRow(number, row) for number in range(2, 2 + self.draw.randint(1, 5))]
        import_incidents(self.store, self.locator, RULES, rows, DESK, datum="wgs84", commit=True)

    def save(self):
        self.cache.refresh()
        self.cache.save()

    def restart(self):
        self.cache = IncidentCache(self.store, self.folder)

    def refresh(self):
        self.cache.refresh()


ACTIONS = ("insert", "step", "correct", "load_file", "save", "restart", "refresh")


@pytest.mark.both_databases
def test_file_and_changes_equal_a_full_load(store, tmp_path, always_saved):
    service = Service(store, tmp_path / "saved", None)

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=10), st.integers(0, 2**32))
    def check(actions, seed):
        service.draw = random.Random(seed)
        for action in actions:
            getattr(service, action)()
        expected = load_all(store)
        assert contents(service.cache.refresh()) == expected
        assert contents(IncidentCache(store, service.folder).refresh()) == expected

    service.save()
    assert service.cache._saved.path.is_file()
    check()


@pytest.mark.both_databases
def test_start_after_changes_reads_only_the_changed_rows(store, tmp_path, monkeypatch):
    service = Service(store, tmp_path / "saved", random.Random(1))
    service.save()
    for action in ("insert", "correct", "load_file", "step"):
        getattr(service, action)()
    read = []

    def count(connection, after=0):
        read.append(after)
        return read_columns(connection, after)

    newest = int(service.cache.refresh().number[-1])
    monkeypatch.setattr(saved_columns, "read_columns", count)
    assert contents(IncidentCache(store, service.folder).refresh()) == load_all(store)
    assert len(read) == 1
    assert 0 < read[0] < newest


@pytest.mark.both_databases
def test_generation_change_and_removal_of_the_demo_invalidate_the_file(store, tmp_path, moved_layers, always_saved):
    service = Service(store, tmp_path / "saved", random.Random(2))
    service.insert()
    service.save()
    with store.write() as connection:
        frames = {layer: frame.assign(synthetic=False) for layer, frame in moved_layers.items()}
        generation = add_generation(connection, frames, label="own").id
    activate_generation(store, generation)
    service.locator = load_locator(store)
    service.insert()
    assert contents(IncidentCache(store, service.folder).refresh()) == load_all(store)
    # It moves incidents and deletes incidents without a row in the change feed.
    remove_demo(store, RULES, commit=True)
    assert (
        contents(service.cache.refresh()) == contents(IncidentCache(store, service.folder).refresh()) == load_all(store)
    )
    assert len(service.cache.refresh().number) == 2


def test_removal_of_the_demo_deletes_the_file(store, tmp_path):
    service = Service(store, tmp_path / "saved", random.Random(3))
    service.save()
    assert remove_demo(store, RULES, tmp_path / "saved", commit=True).index_files == 1
    assert not list((tmp_path / "saved").iterdir())


@pytest.mark.both_databases
def test_restored_backup_is_not_mixed_with_later_columns(store, tmp_path, always_saved):
    service = Service(store, tmp_path / "saved", random.Random(4))
    service.insert()
    back_up(store, tmp_path / "backup")
    for _ in range(3):
        service.insert()
    service.save()
    copy = shutil.copy(service.cache._saved.path, tmp_path / "copy")
    restore_database(store, tmp_path / "backup", replace=True, commit=True)
    for _ in range(5):
        service.insert()
    expected = load_all(store)
    assert contents(service.cache.refresh()) == expected
    shutil.copy(copy, service.cache._saved.path)
    assert contents(IncidentCache(store, service.folder).refresh()) == expected


def test_file_of_a_database_that_was_replaced_by_an_earlier_copy_is_not_used(copy_demo, tmp_path):
    store = Store(copy_demo(tmp_path))
    service = Service(store, tmp_path / "saved", random.Random(5))
    service.insert()
    store.close()
    file = tmp_path / store.url.database
    shutil.copy(file, tmp_path / "earlier")
    store = Store(str(store.url))
    service = Service(store, tmp_path / "saved", random.Random(6))
    service.insert()
    service.save()
    store.close()
    for leftover in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        leftover.unlink(missing_ok=True)
    shutil.copy(tmp_path / "earlier", file)
    store = Store(str(store.url))
    assert contents(IncidentCache(store, service.folder).refresh()) == load_all(store)
    Service(store, tmp_path / "none", random.Random(7)).insert()
    service = Service(store, tmp_path / "saved", random.Random(8))
    assert contents(service.cache.refresh()) == load_all(store)
    store.close()


@pytest.fixture(scope="module")
def columns(demo):
    with demo.read() as connection:
        everything = read_columns(connection)
    few = slice(0, 40)
    return replace(
        everything,
        **{
            name: Coded(column.values, column.index[few]) if isinstance(column, Coded) else column[few]
            for name in arrays_by_name(everything)
            if (column := getattr(everything, name)) is not None
        },
    )


def test_damaged_byte_anywhere_is_detected(columns, tmp_path):
    path = tmp_path / "x"
    write_column_file(path, columns, {"a": 1})
    content = path.read_bytes()
    expected = contents(columns)
    assert contents(read_column_file(path).columns.columns) == expected
    draw = random.Random(9)
    places = {*range(120), len(content) - 1, *(draw.randrange(len(content)) for _ in range(400))}
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(FileError):
            read_column_file(path)
    for length in (0, 5, 40, 60, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises((FileError, ValueError)):
            read_column_file(path)


@pytest.mark.both_databases
def test_unusable_file_is_replaced(store, tmp_path):
    service = Service(store, tmp_path / "saved", random.Random(10))
    service.save()
    path = service.cache._saved.path
    good = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file = read_column_file(path)
    label, columns = file.label, file.columns.columns
    wrong_labels = [
        {},
        {**label, "definition": "other"},
        {**label, "mark": {**label["mark"], "change": 10**6}},
        {**label, "mark": {**label["mark"], "newest_content": "other"}},
        {**label, "mark": {**label["mark"], "history": "00"}},
        {**label, "mark": None},
    ]
    for wrong in wrong_labels:
        write_column_file(path, replace(columns, lon=columns.lon + 1), wrong)
        assert contents(IncidentCache(store, service.folder).refresh()) == load_all(store)
        assert not path.exists()
    for damage in (b"", good[:100], good[:-1] + b"x", json.dumps(label).encode()):
        path.write_bytes(damage)
        cache = IncidentCache(store, service.folder)
        assert contents(cache.refresh()) == load_all(store)
        cache.save()
        assert path.read_bytes() == good


def test_service_works_without_a_writable_folder(demo, tmp_path):
    (tmp_path / "saved").write_text("a file, not a folder")
    cache = IncidentCache(demo, tmp_path / "saved")
    assert cache.read_density(IncidentQuery()).kpi.received == 59_369
    cache.save()
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_earlier_versions_of_growing_columns_never_change(columns):
    growing, draw, newest = GrowingColumns(columns), np.random.default_rng(11), int(columns.number[-1])
    versions = []
    for _ in range(30):
        known = draw.choice(growing.columns.number, 3, replace=False)
        rows = _rows(columns, np.sort([*known, *range(newest + 2, newest + 4)]), draw)
        before = growing.columns
        versions.append((before, contents(before)))
        growing.update(rows)
        assert _merge(contents(before), contents(rows)) == contents(growing.columns)
        newest = int(growing.columns.number[-1])
    assert all(contents(version) == expected for version, expected in versions)


def _rows(columns, ids, draw):
    """Return random rows of columns with other ids."""
    chosen = draw.integers(0, len(columns.number), len(ids))
    picked = {
        name: Coded(column.values[::-1], column.index[chosen]) if isinstance(column, Coded) else column[chosen]
        for name in arrays_by_name(columns)
        if (column := getattr(columns, name)) is not None
    }
    return replace(columns, **(picked | {"number": ids}))


def _merge(before, rows):
    """Return the expected columns: a row per id, the later one wins."""
    names = list(before)
    merged = {values[0]: values for values in zip(*before.values(), strict=True)}
    merged |= {values[0]: values for values in zip(*rows.values(), strict=True)}
    return dict(zip(names, map(list, zip(*(merged[key] for key in sorted(merged)), strict=True)), strict=True))
