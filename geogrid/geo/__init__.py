"""Datums and their conversion to WGS 84 degrees."""
