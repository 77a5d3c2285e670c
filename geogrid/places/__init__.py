"""Places by their names: gazetteers from files, readings, and a search that forgives slips of pen and keyboard."""
