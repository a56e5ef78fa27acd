"""Signatures by HMAC-SHA-256 (RFC 2104) under the installation's secret, and where that secret is kept.

Of several secrets the first signs and all verify, so that one can follow another. Each purpose has a key of its own,
derived from the secret as HKDF expands one (RFC 5869): whoever got hold of one purpose's texts learns nothing about
those of another. The text is base64url over the instant of expiry (8 bytes, microseconds since 1970, 0 for none), the
payload, and the signature of both (32 bytes).

Libraries for this (itsdangerous, for one) sign the instant of signing and leave the age that is allowed to whoever
verifies; here every text says itself how long it is good.
"""

import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

from attrs import field, frozen

from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.ports.signing import ExpiredSignature, InvalidSignature
from kohorte.core.values import to_micros

SHORTEST: Final = 32
"""Characters: a secret that somebody made up is guessed offline by whoever has one signed text."""

LONGEST_TEXT: Final = 16_384
_INSTANT: Final = 8
_SIGNATURE: Final = 32
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9_-]*")
_BETWEEN: Final = re.compile(r"[,\s]+")


class SecretMissing(KohorteError, LookupError):
    """Something must be signed, and no secret is known."""

    code = "secret_missing"


@frozen
class HmacSigning:
    """Sign with the first of some secrets, verify with all of them."""

    _secrets: tuple[bytes, ...] = field(repr=False)

    def sign(self, purpose: str, payload: bytes, expires_at: datetime | None = None) -> str:
        """Return a text that holds a payload, until an instant or for ever."""
        signed = (0 if expires_at is None else to_micros(expires_at)).to_bytes(_INSTANT) + payload
        return _text(signed + _signature(self._secrets[0], purpose, signed))

    def verify(self, purpose: str, text: str, now: datetime) -> bytes:
        """Return the payload of a text; raise ``InvalidSignature`` or ``ExpiredSignature``."""
        told = _bytes(text)
        signed, signature = told[:-_SIGNATURE], told[-_SIGNATURE:]
        right = sum(hmac.compare_digest(signature, _signature(each, purpose, signed)) for each in self._secrets)
        if len(signed) < _INSTANT or not right:
            raise InvalidSignature(
                "This text was not made here, or is not complete.", hint="Take it again from where it came from."
            )
        expires_at = int.from_bytes(signed[:_INSTANT])
        if expires_at and expires_at <= to_micros(now):
            raise ExpiredSignature("This has expired.", hint="Ask for a new one.")
        return signed[_INSTANT:]


def _signature(secret: bytes, purpose: str, signed: bytes) -> bytes:
    key = hmac.digest(secret, b"kohorte signing\0" + purpose.encode() + b"\1", "sha256")
    return hmac.digest(key, signed, "sha256")


def _text(told: bytes) -> str:
    return urlsafe_b64encode(told).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Return what a text holds; nothing where it is no text of ours, or not as it was written."""
    if len(text) > LONGEST_TEXT or len(text) % 4 == 1 or not _CHARACTERS.fullmatch(text):
        return b""
    told = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return told if _text(told) == text else b""


# -- the secret ----------------------------------------------------------------------------------------------------


def open_signing(secret: str | None, file: Path | None) -> HmacSigning:
    """Return what signs with the secrets of a text, or else of a file, parted by commas or white space.

    Raise ``SecretMissing`` where there is neither, ``InvalidInput`` for a secret that is too short and for a file that
    cannot be read.
    """
    if secret:
        return HmacSigning(parse_secrets(secret))
    if file is None:
        raise SecretMissing(
            "There is no secret to sign with.", hint="Set KOHORTE_SECRET, or name a file with --secret-file."
        )
    return HmacSigning(parse_secrets(_read(file)))


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """Return the secrets of a text, the one that signs first; raise ``InvalidInput`` for none and for a short one."""
    found = [each for each in _BETWEEN.split(text) if each]
    if not found or min(map(len, found)) < SHORTEST:
        raise InvalidInput(
            "A secret to sign with has at least {least} characters.",
            hint="Let chance make it: openssl rand -base64 32",
            least=SHORTEST,
        )
    return tuple(each.encode() for each in found)


def make_secret(file: Path) -> bool:
    """Make a file with a secret that its owner alone can read; return False where there is a file already.

    Raise ``InvalidInput`` where it cannot be written.
    """
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except OSError as refused:
        raise _unusable(file, refused) from None
    with os.fdopen(number, "w", encoding="ascii") as stream:
        stream.write(token_urlsafe(SHORTEST) + "\n")
    return True


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise SecretMissing(
            "The secret to sign with is missing: there is no file {file}.",
            hint="Make it with: kohorte migrate",
            file=str(file),
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput("{file} is not UTF-8 text.", hint="Save it as UTF-8.", file=str(file)) from None
    except OSError as refused:
        raise _unusable(file, refused) from None


def _unusable(file: Path, refused: OSError) -> InvalidInput:
    return InvalidInput(
        "{file} cannot be used: {reason}.", hint="Check the path.", file=str(file), reason=refused.strerror or ""
    )
