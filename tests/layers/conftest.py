"""Fixture with the demo layers, into which tests insert faults."""

import faults
import pytest


@pytest.fixture(scope="session")
def borders(layers):
    return faults.borders_of(layers)


@pytest.fixture
def draft(layers, borders):
    return faults.FaultyLayers(layers, borders)
