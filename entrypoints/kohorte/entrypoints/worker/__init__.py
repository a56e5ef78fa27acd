"""The worker: it keeps the members of all segments of all tenants true while data change and time passes."""
