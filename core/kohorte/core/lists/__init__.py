"""Stored lists."""
