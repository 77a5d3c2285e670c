"""Datums and conversion of coordinates."""
