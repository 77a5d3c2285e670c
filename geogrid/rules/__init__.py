"""Every configurable rule set of a district: loading and checking of its files."""
