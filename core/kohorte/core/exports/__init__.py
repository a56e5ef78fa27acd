"""Exports in formats of a tenant's own."""
