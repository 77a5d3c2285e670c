"""Reading of untrusted CSV and XLSX tables as rows of cells. The packages above interpret the columns."""
