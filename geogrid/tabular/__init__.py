"""Tables that offices bring, CSV: rows of cells, read as untrusted input and not understood yet."""
