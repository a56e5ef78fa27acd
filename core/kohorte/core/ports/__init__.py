"""Ports: what the core needs from outside, as protocols whose docstrings state the guarantees."""
