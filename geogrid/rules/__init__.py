"""Rule files of a district: schemas, loading and checks."""
