"""Explanations: why a record is in or not, what would change it, and until when the answer holds."""
