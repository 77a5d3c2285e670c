"""The PostgreSQL server of the tests, with temporary databases."""

import os
from itertools import count

import sqlalchemy
from sqlalchemy import create_engine, make_url

from geogrid.demo.preparation import prepare_demo
from geogrid.store.database import Store

URL = "GEOGRID_TEST_POSTGRES_URL"
_DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"


class Server:
    """A connection as a user who may create databases.

    The constructor raises an error of SQLAlchemy if the server is unreachable.
    """

    def __init__(self):
        self.url = make_url(os.environ.get(URL, _DEFAULT)).set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": 3}
        self._engine = create_engine(self.url, isolation_level="AUTOCOMMIT", connect_args=arguments)
        self._numbers = count(1)
        self._template = None
        self._made = []
        self.run("SELECT 1")

    def run(self, statement):
        with self._engine.connect() as connection:
            return connection.exec_driver_sql(statement)

    def make(self, template="template1", options=""):
        """Create a database and return its URL."""
        name = f"geogrid_test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {options}')
        self._made.append(name)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def copy_demo(self):
        """Create a database with the demo and return its URL."""
        if self._template is None:
            url = self.make()
            store = Store(url)
            store.upgrade()
            prepare_demo(store)
            store.close()
            self._template = make_url(url).database
        return self.make(self._template, "STRATEGY FILE_COPY")

    def drop(self, url):
        name = make_url(url).database
        self._made.remove(name)
        self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self):
        for name in list(self._made):
            self.drop(self.url.set(database=name))
        self._engine.dispose()


def find_server():
    """Return the server and an empty text, or None and the reason."""
    try:
        return Server(), ""
    except sqlalchemy.exc.DBAPIError as error:
        return None, str(error.orig).strip().splitlines()[0]
