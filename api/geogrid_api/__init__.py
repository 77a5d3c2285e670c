"""The HTTP API and the pages of geogrid."""
