"""Every map has an entry in the registry, and its routes and command come from the entry."""

from __future__ import annotations

import pytest

from geogrid_api.app import create_app
from geogrid_maps.cli import map_group
from geogrid_maps.map_query import MapKind, View, downloads_of
from geogrid_maps.map_registry import MAPS


@pytest.fixture(scope="module")
def paths():
    return create_app().openapi()["paths"]


def test_every_map_has_one_entry():
    assert set(MAPS) == set(MapKind)


@pytest.mark.parametrize("kind", list(MapKind))
def test_map_has_page_command_and_description(paths, kind):
    entry = MAPS[kind]
    assert paths[f"/maps/{kind}"]["get"]["description"] == entry.description
    assert map_group.commands[kind.value].help.startswith(entry.help.split("\n")[0])


@pytest.mark.parametrize("kind", list(MapKind))
def test_map_has_a_route_for_every_download(paths, kind):
    for label, address in downloads_of(kind, View()).items():
        path = address.split("?")[0]
        assert path in paths or label in ("PNG", "PDF A4", "PDF A3"), address


def test_area_maps_show_a_default_measure_of_their_own():
    for entry in MAPS.values():
        assert bool(entry.measures) == ("measure" in entry.options)
