"""Export of filtered incidents: formats, languages, bounds, masks, memory, audit."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest

from geogrid.constants import Language
from geogrid.errors import ForbiddenError, NotFoundError, QueryError
from geogrid.incidents.export_columns import COLUMNS, ExportNames
from geogrid.incidents.export_writers import IncidentExport, IncidentFormat, stream_incidents, write_incidents
from geogrid.incidents.query import FilterValues
from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE, Actor, Bounds, Point, Report, Role
from geogrid.model.provenance import Provenance
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.rules.formulas import FigureSide, load_formulas
from geogrid.services import incident_export
from geogrid.services.active_locator import load_locator
from geogrid.services.audit import list_audit
from geogrid.services.incident_export import IncidentSelection, open_export
from geogrid.services.incidents import list_incidents, report_incident

pytestmark = pytest.mark.both_databases

RULES, FORMULAS = load_rules(), load_formulas()
STREET = "140213050"
TEXT = "=HYPERLINK(1) 来电 13800138000，证号 140202199001011234"


def select(**values):
    found = FilterValues(**values)
    return IncidentSelection(found, found.filter())


def export(store, form, *, actor=CONSOLE, language=Language.ZH, selection=None):
    return open_export(store, RULES, FORMULAS, actor, selection or select(street=STREET), form, language)


def write(store, form, path, **options):
    write_incidents(path, export(store, form, **options), form)
    return path


def listed(store, actor=CONSOLE, **values):
    query = replace(FilterValues(**values).filter(), within=actor.bounds)
    return [incident.id for incident in list_incidents(store, query, limit=1_000).items]


def read_csv(path):
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def read_geopackage(path):
    return pyogrio.read_dataframe(path).drop(columns="geometry").to_dict("records")


def read_workbook(path):
    header, *rows = openpyxl.load_workbook(path)["事件"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


READERS = {
    IncidentFormat.CSV: lambda path: [int(row["事件编号"]) for row in read_csv(path)],
    IncidentFormat.XLSX: lambda path: [row["事件编号"] for row in read_workbook(path)],
    IncidentFormat.GEOJSON: lambda path: [row["id"] for row in json.loads(path.read_text("utf-8"))["features"]],
    IncidentFormat.GPKG: lambda path: [row["事件编号"] for row in read_geopackage(path)],
    IncidentFormat.PARQUET: lambda path: pq.read_table(path)["id"].to_pylist(),
}
DESCRIPTIONS = {
    IncidentFormat.CSV: lambda path: [row["描述"] for row in read_csv(path)],
    IncidentFormat.XLSX: lambda path: [row["描述"] for row in read_workbook(path)],
    IncidentFormat.GEOJSON: lambda path: [
        row["properties"]["description"] for row in json.loads(path.read_text("utf-8"))["features"]
    ],
    IncidentFormat.GPKG: lambda path: [row["描述"] for row in read_geopackage(path)],
    IncidentFormat.PARQUET: lambda path: pq.read_table(path)["description"].to_pylist(),
}


@pytest.fixture
def kept(store):
    """An incident with a formula, a telephone number and an identity number in its text."""
    report = Report(
        datetime.now(UTC) - timedelta(hours=1),
        "Z06",
        "hotline",
        Point(113.3058, 40.0912),
        "wgs84",
        description=TEXT,
    )
    return report_incident(store, load_locator(store), RULES, report, CONSOLE)


@pytest.mark.parametrize("form", list(IncidentFormat))
def test_every_format_has_the_incidents_of_the_list(store, tmp_path, form):
    expected = listed(store, street=STREET)
    assert READERS[form](write(store, form, tmp_path / f"a{form.suffix}")) == expected
    assert len(expected) > 10


@pytest.mark.parametrize("form", list(IncidentFormat))
def test_export_without_incidents_is_a_complete_file(store, tmp_path, form):
    nothing = select(first=date(1990, 1, 1), last=date(1990, 1, 2))
    path = write(store, form, tmp_path / f"a{form.suffix}", selection=nothing)
    assert READERS[form](path) == []
    if form is IncidentFormat.GPKG:
        assert pyogrio.read_info(path)["geometry_type"] == "Point"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.ZH, {"类别": "共享单车停放", "来源": "热线", "状态": "上报", "图层": "城市网格", "合成示意": "否"}),
        (
            Language.EN,
            {"category": "Shared-bike parking", "source": "hotline", "layer": "urban grid", "synthetic": "no"},
        ),
    ],
)
def test_values_and_headings_are_in_the_language_of_the_reader(store, kept, tmp_path, language, expected):
    path = write(store, IncidentFormat.CSV, tmp_path / "a.csv", selection=select(source="hotline"), language=language)
    row = next(row for row in read_csv(path) if str(kept.id) in row.values())
    assert {name: row[name] for name in expected} == expected
    assert row[{Language.ZH: "上报时间", Language.EN: "reported at"}[language]].endswith("+08:00")


@pytest.mark.parametrize("form", list(IncidentFormat))
def test_free_text_is_masked_and_nobody_is_named(store, kept, tmp_path, form):
    path = write(store, form, tmp_path / f"a{form.suffix}", selection=select(source="hotline"))
    texts = DESCRIPTIONS[form](path)
    masked = "=HYPERLINK(1) 来电 138****8000，证号 140*************34"
    assert texts[0] == (f"'{masked}" if form is IncidentFormat.CSV else masked)
    assert not {column.field for column in COLUMNS} & {"handled_by", "actor", "reporter"}


def test_codes_are_text_in_workbooks(store, kept, tmp_path):
    book = openpyxl.load_workbook(write(store, IncidentFormat.XLSX, tmp_path / "a.xlsx"))
    header, *rows = book["事件"].iter_rows()
    places = [place for place, cell in enumerate(header) if "编码" in cell.value]
    assert len(places) == 5
    cells = [row[place] for row in rows for place in places if row[place].value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n"}
    assert book.sheetnames == ["事件", "说明"]


def test_geographic_formats_declare_wgs84(store, tmp_path):
    incident = list_incidents(store, FilterValues(street=STREET).filter(), limit=1).items[0]
    point = incident.placement.wgs84
    path = write(store, IncidentFormat.GPKG, tmp_path / "a.gpkg")
    assert pyogrio.read_info(path)["crs"] == "EPSG:4326"
    shape = pyogrio.read_dataframe(path).geometry[0]
    assert (shape.x, shape.y) == pytest.approx((point.lon, point.lat), abs=1e-9)
    path = write(store, IncidentFormat.PARQUET, tmp_path / "a.parquet")
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    # Without a CRS the points of GeoParquet are in WGS 84.
    assert geo["columns"]["geometry"] == {"encoding": "WKB", "geometry_types": ["Point"]}
    assert pq.read_schema(path).field("reported_at").type == pa.timestamp("us", tz="Asia/Shanghai")
    assert pq.read_table(path)["reported_at"][0].as_py() == incident.report.reported_at


def test_export_is_within_the_bounds_of_the_user(store, tmp_path):
    actor = Actor("user:7", "甲某", frozenset({Role.SUPERVISOR}), Bounds(areas=("140213051",)))
    path = write(store, IncidentFormat.CSV, tmp_path / "a.csv", actor=actor, selection=select())
    rows = read_csv(path)
    assert [int(row["事件编号"]) for row in rows] == listed(store, actor)
    assert {row["街道编码"] for row in rows} == {"140213051"}
    assert "账号权限范围：140213051 古城街道" in rows[0]["筛选条件"]


def test_export_lists_the_incidents_of_a_figure(store, tmp_path):
    chosen = replace(select(), figure="handled_rate", side=FigureSide.NUMERATOR)
    rows = read_csv(write(store, IncidentFormat.CSV, tmp_path / "a.csv", selection=chosen))
    assert 0 < len(rows) < len(listed(store))
    assert all(row["处置时间"] for row in rows)
    assert "指标：" in rows[0]["筛选条件"]
    with pytest.raises(NotFoundError):
        export(store, IncidentFormat.CSV, selection=replace(chosen, figure="nothing"))


def test_export_is_kept_in_the_audit_log(store):
    actor = Actor("user:7", "甲某", frozenset({Role.DISPATCHER}))
    chosen = select(street=STREET, first=date(2022, 1, 1), last=date(2022, 6, 30))
    export(store, IncidentFormat.PARQUET, actor=actor, selection=chosen)
    auditor = Actor("user:8", "乙某", frozenset({Role.AUDITOR}))
    record = list_audit(store, auditor)[0]
    n = len(listed(store, street=STREET))
    assert (record.actor_id, record.actor, record.action) == ("user:7", "甲某", "incidents.export")
    assert record.what == f"parquet, {n} incidents: from=2022-01-01 to=2022-06-30 street={STREET}"


def test_export_needs_its_permission(store):
    worker = Actor("user:7", "甲某", frozenset({Role.GRID_WORKER}))
    with pytest.raises(ForbiddenError):
        export(store, IncidentFormat.CSV, actor=worker)


def test_workbook_with_too_many_rows_is_refused(store, monkeypatch):
    n = len(listed(store, street=STREET))
    monkeypatch.setattr(incident_export, "MAX_SHEET_ROWS", n)
    with pytest.raises(QueryError) as raised:
        export(store, IncidentFormat.XLSX)
    assert (raised.value.code, "parquet" in raised.value.remedy) == ("too_many", True)
    export(store, IncidentFormat.CSV)
    monkeypatch.setattr(incident_export, "MAX_SHEET_ROWS", n + 1)
    export(store, IncidentFormat.XLSX)


@pytest.mark.parametrize("form", [form for form in IncidentFormat if form.is_stream])
def test_memory_of_a_stream_does_not_grow_with_the_rows(store, form):
    page = list_incidents(store, FilterValues().filter(), limit=100).items
    names = ExportNames(Language.ZH, RULES, {})
    made = Provenance(made_at=datetime.now(UTC), synthetic=SyntheticShare(synthetic=1))

    def peak(pages):
        tracemalloc.start()
        size = sum(
            len(part) for part in stream_incidents(IncidentExport((page for _ in range(pages)), names, made), form)
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    peak(1)
    (small, few), (large, many) = peak(5), peak(50)
    assert large > 9 * small
    assert many < 1.5 * few
