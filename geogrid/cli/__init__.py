"""The command line ``geogrid``."""

from geogrid.cli.main import main

__all__ = ["main"]
