"""Tests of PostgreSQL and PostGIS: error messages, locking, geometries for other programs."""

import socket
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, make_url, select

from geogrid.errors import SetupError
from geogrid.incidents.query import IncidentQuery
from geogrid.services.key_figures import read_kpi
from geogrid.store.database import Store
from geogrid.store.incident_conditions import choose
from geogrid.store.tables import areas, incidents

pytestmark = pytest.mark.only_postgresql


@pytest.fixture
def user(server):
    """The URL of a new database for a user with a password and without privileges."""
    server.run("CREATE ROLE geogrid_test_user LOGIN PASSWORD 'swordfish'")
    url = server.make()
    yield make_url(url).set(username="geogrid_test_user", password="swordfish")
    server.drop(url)
    server.run("DROP ROLE geogrid_test_user")


def refused(url):
    """Return the error code of an upgrade, and check that the error does not contain the password."""
    store = Store(url.render_as_string(hide_password=False))
    with pytest.raises(SetupError) as caught:
        store.upgrade()
    store.close()
    assert caught.value.remedy
    assert "swordfish" not in "".join(traceback.format_exception(caught.value))
    return caught.value.code


def test_unreachable_server_is_reported(server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refused(server.url.set(host="127.0.0.1", port=port, password="swordfish")) == "database_unreachable"
    assert refused(server.url.set(host="nowhere.invalid", password="swordfish")) == "database_unreachable"


def test_missing_database_is_reported(server):
    assert refused(server.url.set(database="geogrid_test_nobody")) == "database_missing"


def test_refused_login_is_reported(server):
    assert refused(server.url.set(username="geogrid_test_nobody", password="swordfish")) == "database_login"


def test_missing_privilege_for_postgis_is_reported(user):
    assert refused(user) == "postgis_missing"


def test_missing_privilege_for_tables_is_reported(server, user):
    owner = Store(server.url.set(database=user.database).render_as_string(hide_password=False))
    with owner.write() as connection:
        connection.exec_driver_sql("CREATE EXTENSION postgis")
    owner.close()
    assert refused(user) == "no_rights"


def test_unknown_url_option_is_reported(server):
    assert refused(server.url.update_query_dict({"colour": "blue"})) == "database_url"


def test_lost_connection_is_reported_and_replaced(server, new_store):
    name = new_store.url.database
    with pytest.raises(SetupError) as caught, new_store.read() as connection:
        server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        connection.execute(select(incidents))
    assert caught.value.code == "database_unreachable"
    # The next transaction gets a working connection.
    assert read_kpi(new_store, IncidentQuery()).received == 0


@pytest.mark.parametrize("url", ["postgres", "postgresql", "postgresql+psycopg"])
def test_url_schemes_of_postgresql_are_accepted(new_url, url):
    store = Store(make_url(new_url).set(drivername=url).render_as_string(hide_password=False))
    assert store.revision() is None
    store.close()


def test_lock_timeout_is_reported(new_url):
    url = make_url(new_url).update_query_dict({"options": "-c lock_timeout=100ms"})
    first, second = Store(new_url), Store(url.render_as_string(hide_password=False))
    first.upgrade()
    with first.write():
        assert read_kpi(second, IncidentQuery()).received == 0
        with pytest.raises(SetupError) as caught, second.write():
            pass
    assert caught.value.code == "busy"
    with second.write():
        pass
    first.close()
    second.close()


def test_statement_timeout_is_reported(new_url):
    url = make_url(new_url).update_query_dict({"options": "-c statement_timeout=100ms"})
    store = Store(url.render_as_string(hide_password=False))
    with pytest.raises(SetupError) as caught, store.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(60)")
    assert caught.value.code == "busy"
    store.close()


def test_waiting_writers_leave_connections_to_readers(new_store):
    def write(_):
        with new_store.write() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(0.02)")

    with ThreadPoolExecutor(40) as pool:
        writing = [pool.submit(write, number) for number in range(40)]
        assert read_kpi(new_store, IncidentQuery()).received == 0
        assert not all(future.done() for future in writing)
        assert [future.result() for future in writing] == [None] * 40


def test_read_transaction_cannot_write(new_store):
    with pytest.raises(SetupError) as caught, new_store.read() as connection:
        connection.execute(areas.delete())
    assert caught.value.code == "no_rights"


def test_geometries_are_registered_indexed_and_match_the_coordinates(demo):
    query = "SELECT f_table_name, f_geometry_column, type, srid FROM geometry_columns ORDER BY 1"
    apart = "SELECT count(*) FROM incidents WHERE ST_X(geom) <> lon OR ST_Y(geom) <> lat OR geom IS NULL"
    indexed = "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%% USING gist %%' ORDER BY 1"
    with demo.read() as connection:
        assert connection.exec_driver_sql(query).all() == [
            ("areas", "geometry", "GEOMETRY", 4326),
            ("incidents", "geom", "POINT", 4326),
            ("inspection_sites", "geometry", "GEOMETRY", 4326),
        ]
        assert connection.exec_driver_sql(apart).scalar() == 0
        assert connection.exec_driver_sql(indexed).scalars().all() == ["ix_areas_geometry", "ix_incidents_geom"]


def test_postgis_confirms_the_assigned_grids(demo):
    query = (
        "SELECT count(*) FILTER (WHERE base_code IN (SELECT code FROM areas WHERE layer IN ('urban', 'rural') "
        "AND ST_Intersects(geometry, geom))), count(*) FROM (SELECT * FROM incidents ORDER BY id LIMIT 2000) chosen"
    )
    with demo.read() as connection:
        assert tuple(connection.exec_driver_sql(query).one()) == (2000, 2000)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (IncidentQuery(community="140213051003"), "ix_incidents_community_code_reported_at"),
        (IncidentQuery(grid="140213051003008"), "ix_incidents_dedicated_code_reported_at"),
    ],
)
def test_original_placements_use_an_index(store, filters, index):
    with store.write() as connection:
        connection.exec_driver_sql("ANALYZE incidents")
        query = choose(connection, filters).select(func.count())
        plan = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
        steps = connection.exec_driver_sql(f"EXPLAIN {plan}".replace("%", "%%")).scalars().all()
    assert any(index in step for step in steps), steps
