"""Kohorte over HTTP: the API, its description, and what monitoring asks."""
