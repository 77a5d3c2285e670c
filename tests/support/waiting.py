"""Wait for a condition instead of for a time."""

import time


def eventually(condition, *, within=30, every=0.02):
    """Wait until ``condition()`` is true. Raise AssertionError if it is still false after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"still false after {within} s"
        time.sleep(every)
