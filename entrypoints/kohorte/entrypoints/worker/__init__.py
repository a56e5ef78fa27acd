"""The worker: it keeps the members of all segments of all tenants true, and carries out jobs."""
