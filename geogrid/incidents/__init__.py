"""Incidents: what is reported, how it is read from files, selected, and shown."""
