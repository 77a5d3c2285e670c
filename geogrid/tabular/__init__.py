"""Tables that offices bring, CSV and XLSX: rows of cells, read as untrusted input and not understood yet."""
