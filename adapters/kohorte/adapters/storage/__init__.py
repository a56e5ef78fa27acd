"""Storage on SQLite and PostgreSQL, written with SQLAlchemy Core and mapped by hand: one module per subject."""
