"""Use cases, one file a group: the only things that the command line and the API call."""
