"""Synthetic incidents of a half-year for the demo; every row is marked as synthetic.

Only two figures are real, from the local press on the first half of 2022: the number of incidents received and the
number handled. Locations, times and categories are random, with properties of real records: hot spots, working hours,
a quiet Spring Festival, many points near borders, coordinates of phones in GCJ-02.
"""

from geogrid.demo.incidents.incident_histories import make_histories
from geogrid.demo.incidents.reports import HANDLED, RECEIVED, make_reports

__all__ = ["HANDLED", "RECEIVED", "make_histories", "make_reports"]
