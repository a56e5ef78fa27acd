"""Secrets of the operating system."""

from secrets import token_bytes

from attrs import frozen


@frozen
class SystemSecrets:
    """Bytes of the system's generator for secrets."""

    def draw(self, size: int) -> bytes:
        """Return so many bytes that nobody can guess."""
        return token_bytes(size)
