"""Translations, and what keeps them in step with the source."""
