"""Signed texts: what Kohorte hands out and later takes back, so that nobody can change it or make one up."""

from datetime import datetime
from typing import Protocol

from kohorte.core.errors import KohorteError


class InvalidSignature(KohorteError, ValueError):
    """A text that was not signed for this purpose, or was changed since."""

    code = "invalid_signature"


class ExpiredSignature(InvalidSignature):
    """A text that was signed for this purpose, and is not taken any more."""

    code = "expired_signature"


class Signing(Protocol):
    """Sign cursors, links and tokens, and tell them from forgeries.

    The payload is signed, not hidden: whoever holds the text can read it. A purpose says what a text is for, and for
    whom where that is known before it is read (``cursor/contacts/<tenant id>``): a text for one purpose is a forgery
    for every other. Where the tenant is known by the text alone, as with links, it belongs into the payload.
    """

    def sign(self, purpose: str, payload: bytes, expires_at: datetime | None = None) -> str:
        """Return a text of letters, digits, ``-`` and ``_`` that holds a payload, until an instant or for ever."""
        ...

    def verify(self, purpose: str, text: str, now: datetime) -> bytes:
        """Return the payload of a text that was signed for a purpose.

        Raise ``InvalidSignature`` for any other text, ``ExpiredSignature`` from its instant on.
        """
        ...
