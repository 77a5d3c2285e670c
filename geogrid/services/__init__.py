"""Use cases, one transaction each; the command line and the API call only this package."""
