"""The settings that are read without pydantic agree with those that pydantic reads."""

import pytest

from geogrid.cli.command_support import load_settings
from geogrid.errors import SetupError
from geogrid.store_settings import StoreSettings


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"GEOGRID_HOME": "/srv/geo?grid"},
        {"geogrid_home": "elsewhere"},
        {"GEOGRID_HOME": "unused", "GEOGRID_DATABASE_URL": "postgresql://geogrid@localhost/geogrid"},
        {"GEOGRID_DATABASE_URL": ""},
        {"GEOGRID_DEFAULT_DATUM": "GCJ-02"},
        {"GEOGRID_DEFAULT_DATUM": ""},
        {"GEOGRID_SNAP_M": "12.5"},
        {"GEOGRID_SNAP_M": "0"},
    ],
)
def test_values_equal_those_of_all_settings(monkeypatch, variables):
    monkeypatch.delenv("GEOGRID_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    expected = load_settings()
    assert StoreSettings.from_environment() == StoreSettings(expected.url, expected.default_datum, expected.snap_m)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEOGRID_SNAP_M", "-1"),
        ("GEOGRID_SNAP_M", "1001"),
        ("GEOGRID_SNAP_M", "nan"),
        ("GEOGRID_SNAP_M", ""),
        ("GEOGRID_SNAP_M", "near"),
        ("GEOGRID_DEFAULT_DATUM", "mars"),
    ],
)
def test_invalid_value_is_refused_with_the_name_of_the_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    for read in (load_settings, StoreSettings.from_environment):
        with pytest.raises(SetupError) as caught:
            read()
        assert (caught.value.code, caught.value.field) == ("setting", name)
