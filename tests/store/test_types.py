"""Tests of column types: values are returned unchanged on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
import shapely
from sqlalchemy import insert, select

from geogrid.errors import InputError, NotFoundError
from geogrid.incidents.query import IncidentQuery
from geogrid.model import Layer
from geogrid.services.key_figures import read_kpi
from geogrid.store.generations import get_generation
from geogrid.store.incidents import get_incident
from geogrid.store.layers import load_layers
from geogrid.store.tables import areas, generations

pytestmark = pytest.mark.both_databases

MOMENTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 8, 0, 0, 123_457, tzinfo=timezone(timedelta(hours=8))),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
SHAPES = [
    "POINT (113.30000000000001 40.09)",
    "LINESTRING (113.1 40.1, 113.2 40.30000000000001)",
    "POLYGON ((113 40, 114 40, 114 41, 113 40), (113.5 40.2, 113.6 40.2, 113.6 40.3, 113.5 40.2))",
    "MULTIPOLYGON (((113 40, 114 40, 114 41, 113 40)), ((115 40, 116 40, 116 41, 115 40)))",
    "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",
    "POLYGON EMPTY",
]


def test_demo_geometries_are_returned_unchanged(demo, layers):
    with demo.read() as connection:
        stored = load_layers(connection, get_generation(connection, 1))
    for layer in Layer:
        assert np.array_equal(shapely.to_wkb(stored[layer].geometry), shapely.to_wkb(layers[layer].geometry)), layer
        assert shapely.get_srid(stored[layer].geometry).tolist() == [0] * len(stored[layer])
        assert stored[layer]["code"].tolist() == sorted(layers[layer]["code"])


def test_geometries_times_and_texts_are_returned_unchanged(new_store):
    words = "第一 Ω\U0001f600 'x'\" %s :y \\ \t"
    names = ["a", "B", "é", "Z", "_", "网", "10", "9", "a b", "ab"]
    with new_store.write() as connection:
        for number, moment in enumerate(MOMENTS, start=1):
            values = {"id": number, "label": f"{number}{words}", "synthetic": False, "created_at": moment}
            connection.execute(insert(generations).values(values))
        rows = [
            {"code": f"{number}", "geometry": shapely.from_wkt(text), "attributes": {"名": [number, None, words]}}
            for number, text in enumerate(SHAPES)
        ]
        rows += [{"code": name, "geometry": shapely.Point(1, 2), "attributes": {}} for name in names]
        common = {"generation": 1, "layer": "x", "name": words, "synthetic": True}
        connection.execute(insert(areas), [{**common, **row} for row in rows])
    with new_store.read() as connection:
        kept = connection.execute(select(generations).order_by(generations.c.id)).all()
        assert [row.created_at for row in kept] == MOMENTS
        assert all(row.created_at.tzinfo is UTC for row in kept)
        assert kept[0].label == f"1{words}"
        found = connection.execute(select(areas).order_by(areas.c.code)).all()
    assert [row.code for row in found] == sorted([*names, *map(str, range(len(SHAPES)))])
    by_code = {row.code: row for row in found}
    for number, text in enumerate(SHAPES):
        assert by_code[str(number)].geometry.wkb == shapely.from_wkt(text).wkb
        assert by_code[str(number)].attributes == {"名": [number, None, words]}


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63 - 1])
def test_unknown_id_is_not_found(demo, number):
    with pytest.raises(NotFoundError), demo.read() as connection:
        get_generation(connection, number)
    with pytest.raises(NotFoundError), demo.read() as connection:
        get_incident(connection, number)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_id_beyond_64_bits_is_refused(demo, number):
    with pytest.raises(InputError) as caught, demo.read() as connection:
        get_incident(connection, number)
    assert caught.value.code == "number_range"


@pytest.mark.parametrize("text", ["Z\0", "Z\ud800"])
def test_unstorable_text_is_refused_on_both_databases(demo, text):
    with pytest.raises(InputError) as caught:
        read_kpi(demo, IncidentQuery(category=text))
    assert caught.value.code == "text_control"
