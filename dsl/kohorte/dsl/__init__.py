"""The rule language: one meaning in memory, on SQLite and on PostgreSQL."""
