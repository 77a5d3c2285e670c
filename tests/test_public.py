"""The public names of geogrid."""

import subprocess
import sys

import pytest

import geogrid


def test_every_public_name_exists_once():
    named = [name for names in geogrid._MODULES.values() for name in names]
    assert sorted(named) == sorted(geogrid.__all__)
    for name in geogrid.__all__:
        assert getattr(geogrid, name).__name__ == name


def test_other_names_raise_attribute_error():
    with pytest.raises(AttributeError):
        geogrid.nonsense  # noqa: B018


def test_a_bare_import_loads_no_heavy_library():
    code = "import geogrid, sys; sys.exit(bool({'geopandas', 'pandas', 'shapely', 'sqlalchemy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
