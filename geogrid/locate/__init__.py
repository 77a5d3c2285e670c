"""Find the grid that contains each point."""
