"""Places: reading of gazetteers, parsing of coordinates, and fuzzy search by name and pinyin."""
