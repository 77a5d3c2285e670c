"""The HTTP API of geogrid."""

from geogrid_api.app import create_app

__all__ = ["create_app"]
