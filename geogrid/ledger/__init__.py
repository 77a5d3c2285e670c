"""Inspected sites and their ledger: the three lists (三清单), and striking off with evidence (销号)."""
