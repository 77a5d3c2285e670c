"""Incidents: reading, validation, grid assignment, workflow steps, due times and queries."""
