"""Tests of API keys: the database must not contain them."""

from dataclasses import replace

import pytest

from geogrid.services.api_keys import check_key, create_key, list_keys
from geogrid.store.tables import metadata

pytestmark = pytest.mark.both_databases


def test_only_the_hash_of_a_key_is_stored(store, tmp_path):
    key = create_key(store, "tests")
    found, listed = check_key(store, key), list_keys(store)[-1]
    # The first use is stored after the key was read.
    assert (found.last_used_at, found) == (None, replace(listed, last_used_at=None))
    assert listed.last_used_at is not None
    with store.read() as connection:
        assert not any(key in repr(connection.execute(table.select()).all()) for table in metadata.sorted_tables)
    store.close()
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.glob("geogrid.db*"))
