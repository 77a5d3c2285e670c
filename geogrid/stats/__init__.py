"""Figures from counts and points."""
