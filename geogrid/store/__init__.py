"""The database: tables, migrations, and one module of queries for each table."""
