"""Fixture with the demo layers, into which tests insert faults."""

import planting
import pytest


@pytest.fixture(scope="session")
def borders(layers):
    return planting.borders_of(layers)


@pytest.fixture
def field(layers, borders):
    return planting.Field(layers, borders)
