"""Markers that tests get from the fixtures they use."""

#: The fixtures that need something which not every machine has, or which is slow.
_FIXTURES = {
    "browser": {"browser"},
    "server": {"run_service", "service", "origin"},
    "jvm": {"spark"},
    "postgresql": {"server"},
}


def of_fixtures(names):
    """Return the markers of a test with some fixtures.

    Examples
    --------
    >>> of_fixtures(["visit", "browser", "tmp_path"])
    ['browser']
    """
    used = set(names)
    return [marker for marker, fixtures in _FIXTURES.items() if fixtures & used]
