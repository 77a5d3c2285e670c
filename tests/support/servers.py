"""The PostgreSQL server of the tests: databases of their own, dropped afterwards."""

import os
from itertools import count

import demos
import shared
import sqlalchemy
from sqlalchemy import create_engine, make_url

URL = "GEOGRID_TEST_POSTGRES_URL"
_COPY = "STRATEGY FILE_COPY"
_DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"
#: The file in the shared folder that says that the run has made databases.
_USED = "postgresql-used"


def _prefix():
    """Return the beginning of the names of all databases of this run."""
    return f"geogrid_test_{shared.run_id()}_"


class Server:
    """A server that answers, as a user who may make databases.

    Raises SQLAlchemy's error where none answers.
    """

    def __init__(self):
        self.url = make_url(os.environ.get(URL, _DEFAULT)).set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": 3}
        self._engine = create_engine(self.url, isolation_level="AUTOCOMMIT", connect_args=arguments)
        self._numbers = count(1)
        self._made = []
        self.run("SELECT 1")

    def run(self, statement):
        with self._engine.connect() as connection:
            return connection.exec_driver_sql(statement)

    def make(self, template="template1", options=""):
        """Make a database and return its address."""
        name = f"{_prefix()}{os.getpid()}_{next(self._numbers)}"
        self._create(name, template, options)
        self._made.append(name)
        return self._url_of(name)

    def demo(self, size):
        """Return the address of the database with a demo that all workers read and none writes."""
        return self._make_shared(f"demo_{size}", lambda name: self._create(name, self._template(size), _COPY))

    def copy_demo(self, size):
        """Make a database with a demo in it and return its address."""
        return self.make(self._template(size), _COPY)

    def drop(self, url):
        name = make_url(url).database
        self._made.remove(name)
        self._drop(name)

    def close(self):
        for name in list(self._made):
            self.drop(self._url_of(name))
        self._engine.dispose()

    def drop_all(self):
        """Drop every database of this run, of this process and of others."""
        names = self.run("SELECT datname FROM pg_database").scalars()
        for name in [name for name in names if name.startswith(_prefix())]:
            self._drop(name)

    def _template(self, size):
        """Return the name of a database to copy a demo from. Nobody stays connected to it."""

        def build(name):
            self._create(name, "template1")
            demos.fill_demo(self._url_of(name), size)

        return make_url(self._make_shared(f"template_{size}", build)).database

    def _make_shared(self, name, build):
        database = f"{_prefix()}{name}"
        shared.build_once(f"postgresql-{name}", lambda _: build(database))
        return self._url_of(database)

    def _create(self, name, template, options=""):
        (shared.folder() / _USED).touch()
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {options}')

    def _drop(self, name):
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _url_of(self, name):
        return self.url.set(database=name).render_as_string(hide_password=False)


def find_server():
    """Return the server, or None and why there is none."""
    try:
        return Server(), ""
    except sqlalchemy.exc.DBAPIError as error:
        return None, str(error.orig).strip().splitlines()[0]


def drop_databases():
    """Drop the databases of this run, if there are any: those that the workers shared, and what was left behind."""
    if (shared.folder() / _USED).exists():
        server, _ = find_server()
        if server:
            server.drop_all()
            server.close()
