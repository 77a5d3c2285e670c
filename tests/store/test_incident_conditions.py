"""How the database finds the rows of a choice: by its indexes, and restated ones by the key."""

from dataclasses import fields

import pytest
from sqlalchemy import func
from sqlalchemy.dialects import sqlite

from geogrid.incidents.query import IncidentQuery
from geogrid.model import Layer
from geogrid.store.incident_conditions import PLACEMENT_CONDITIONS, REPORT_CONDITIONS, choose
from geogrid.store.incidents import known_external_ids


def plan(store, chosen):
    with store.read() as connection:
        query = choose(connection, chosen).select(func.count())
        text = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (IncidentQuery(street="140213051"), "ix_incidents_street_code_"),
        (IncidentQuery(community="140213051003"), "ix_incidents_community_code_reported_at"),
        (IncidentQuery(grid="140213051003008"), "ix_incidents_dedicated_code_reported_at"),
        (IncidentQuery(layer=Layer.DEDICATED), "ix_incidents_dedicated_code_reported_at"),
        (IncidentQuery(category="Z06"), "ix_incidents_category_reported_at"),
    ],
)
def test_the_grids_of_their_day_are_looked_up_in_an_index(demo, chosen, index):
    steps = plan(demo, chosen)
    assert any(index in step for step in steps), steps
    assert not any("restatements" in step for step in steps)


def test_restatements_are_looked_up_by_their_key(demo):
    steps = plan(demo, IncidentQuery(street="140213051", by_generation=1))
    assert "SEARCH restatements USING PRIMARY KEY (generation=? AND incident=?) LEFT-JOIN" in steps


def test_a_look_at_numbers_reads_no_more_than_asked(demo):
    with demo.read() as connection:
        steps = []
        connection.connection.driver_connection.set_progress_handler(lambda: steps.append(1), 100)
        known = known_external_ids(connection, [("patrol", "demo-000001"), ("patrol", "nobody's")])
        connection.connection.driver_connection.set_progress_handler(None, 0)
    assert known <= {("patrol", "demo-000001")}
    assert len(steps) < 10


def test_every_attribute_of_a_query_has_one_condition():
    names = [*REPORT_CONDITIONS, *PLACEMENT_CONDITIONS]
    assert len(names) == len(set(names))
    # The generation decides which grids the conditions read; it selects no incidents.
    assert set(names) == {field.name for field in fields(IncidentQuery)} - {"by_generation"}
