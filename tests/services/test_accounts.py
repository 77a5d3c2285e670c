"""Keys: the store must not be able to give them away."""

from geogrid.services.accounts import check_key, create_key, list_keys


def test_only_a_hash_is_kept(store, tmp_path):
    key = create_key(store, "tests")
    assert check_key(store, key) == list_keys(store)[-1]
    store.close()
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.glob("geogrid.db*"))
