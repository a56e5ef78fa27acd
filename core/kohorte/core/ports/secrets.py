"""Randomness comes from outside, as time and identity do."""

from typing import Protocol


class Secrets(Protocol):
    """Draw secrets."""

    def draw(self, size: int) -> bytes:
        """Return so many bytes that nobody can guess, not even from all that were drawn before."""
        ...


class NoSecrets:
    """For those who put a bus together that never draws any."""

    def draw(self, size: int) -> bytes:
        """Raise ``LookupError``."""
        raise LookupError(f"Nobody draws {size} bytes here: put the bus together with a source of secrets.")
