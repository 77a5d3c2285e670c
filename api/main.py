"""The service in a clone: ``uvicorn api.main:app``."""

from geogrid_api.app import create_app

app = create_app()
