"""The text of an API key: it names its tenant and itself, and proves by a secret that it was given out.

``kohorte_`` and 91 characters of base64url (RFC 4648, section 5, without padding) over 68 bytes: the tenant's id (16),
the key's id (16), the secret (32) and the CRC-32 of all these (4). The prefix and the checksum let scanners of
repositories recognise a leaked key, and let a typing mistake be refused without asking anybody; they keep nothing
secret. The tenant stands first, because its rows cannot be read before it is known.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final
from uuid import UUID
from zlib import crc32

from attrs import field, frozen

PREFIX: Final = "kohorte_"
SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"kohorte_[A-Za-z0-9_-]{91}")
_CHECKSUM_BYTES: Final = 4


@frozen
class Token:
    """An API key's text in parts; neither ``repr`` nor an error shows the secret."""

    tenant_id: UUID
    key_id: UUID
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Return what the key's holder sends."""
        told = self.tenant_id.bytes + self.key_id.bytes + self.secret
        return PREFIX + urlsafe_b64encode(told + _checksum(told)).decode().rstrip("=")

    @property
    def hash(self) -> str:
        """Return what is kept of the secret: its SHA-256, in hexadecimal digits.

        It was drawn from 2^256 possibilities, so that guessing is hopeless however fast the hash: slow ones are for
        passwords, which people choose.
        """
        return sha256(self.secret).hexdigest()


def parse_token(text: str) -> Token | None:
    """Return the parts of a token; None for any text that no key ever had."""
    if not _FORM.fullmatch(text):
        return None
    told = urlsafe_b64decode(text.removeprefix(PREFIX) + "=")
    parts, checksum = told[:-_CHECKSUM_BYTES], told[-_CHECKSUM_BYTES:]
    token = Token(UUID(bytes=parts[:16]), UUID(bytes=parts[16:32]), parts[32:])
    # The last character has bits to spare: one text alone is right.
    return token if checksum == _checksum(parts) and token.text == text else None


def _checksum(told: bytes) -> bytes:
    return crc32(told).to_bytes(_CHECKSUM_BYTES)
