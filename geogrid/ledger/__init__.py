"""Inspected sites and their ledger: steps, evidence, queries and the three lists (三清单)."""
