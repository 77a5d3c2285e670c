"""The way from one version's tables to the next's, by Alembic."""
