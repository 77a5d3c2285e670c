"""Time zones for tests: without and with summer time, with odd offsets, changes of 30 minutes and a skipped day."""

from contextlib import contextmanager
from zoneinfo import ZoneInfo

from geogrid.local_time import local_zone, set_local_zone

ZONES = (
    "Asia/Shanghai",
    "America/Chicago",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
)


@contextmanager
def district_zone(name):
    """Set the time zone of the district, and reset it afterwards."""
    before = local_zone()
    set_local_zone(ZoneInfo(name))
    try:
        yield local_zone()
    finally:
        set_local_zone(before)
