"""CSV and XLSX tables: reading of untrusted files as rows of cells, which the packages above interpret, and writing."""
