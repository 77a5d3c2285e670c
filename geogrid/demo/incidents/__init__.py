"""A made-up half-year of incidents for the demo: nothing in it happened, and every row says so.

Only two of its numbers are facts, from the local press on the first half of 2022: how many incidents were received and
how many of these were handled. Where, when and what they are is drawn from a seed, in the shape that such records
have: hot spots, working hours, a quiet Spring Festival, more on borders than chance would put there, phones that speak
GCJ-02.
"""

from geogrid.demo.incidents.reports import HANDLED, RECEIVED, make_reports
from geogrid.demo.incidents.step_histories import make_loop

__all__ = ["HANDLED", "RECEIVED", "make_loop", "make_reports"]
