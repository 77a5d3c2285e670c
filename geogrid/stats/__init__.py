"""Compute figures of areas and density from incident counts and points."""
