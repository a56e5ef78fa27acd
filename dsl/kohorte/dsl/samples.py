"""Samples: who belongs to ``in sample 10 % of "seed"``, the same in memory and in every database, and for ever.

The answer hangs on the subject's key, the seed and the share alone. With p = 2^31 - 1:

1. The key becomes whole numbers x1, x2, …

   - An integer, as 64 bits in two's complement: its lowest 30 bits, the next 30, and the last 4.
   - A UUID (16 bytes), a text (UTF-8) or bytes: of the last 64 bytes each group of 4, the last group perhaps shorter,
     is written as capital hexadecimal digits, and the code of each of those digits as two more: ``d0`` is ``D0`` is
     ``4430``. These are all decimal digits; the number they make is taken modulo p. No two groups make one number
     before that.

2. The seed (NFC, trimmed, UTF-8) yields factors: of the SHA-256 digests of ``kohorte sample 1:`` + seed + a counter of
   4 bytes (0, 1, …; big-endian), one behind the other, each group of 8 bytes is a number n (big-endian) and a factor
   1 + n mod (p - 1). The first four are a, b, c, d, the others f1, f2, …
3. h = f1 x1 + f2 x2 + … and then ((a h + b) h + c) h + d, all modulo p.
4. The key is in the sample where that is less than share * p / 1,000,000, rounded down; the share is in millionths.

The sum is a universal hash (Carter and Wegman 1979), and the polynomial of degree three makes any four different h as
good as independent of each other; so the number of members scatters as that of as many throws of a coin. Of one seed
the greater sample holds the lesser. Every number is below 2^63, so that databases compute the same with plain integers.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import count
from operator import mul
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import InvalidInput

PRIME: Final = 2**31 - 1
ALL: Final = 1_000_000
"""The share, in millionths, in which everybody is."""
LONGEST: Final = 64
"""Bytes of a text that count; of longer ones the last."""
GROUP: Final = 4
"""Bytes that make one number."""
LOW_BITS: Final = 30
_VERSION: Final = "kohorte sample 1:"
_MASK: Final = 2**LOW_BITS - 1


@frozen
class Factors:
    """What a seed yields: the polynomial's coefficients, the highest first, and the factors of a key's numbers."""

    polynomial: tuple[int, int, int, int]
    of_numbers: tuple[int, ...]


def factors_of(seed: str) -> Factors:
    """Return the factors of a seed."""
    stream = _stream(seed)
    a, b, c, d = (next(stream) for _ in range(4))
    return Factors((a, b, c, d), tuple(next(stream) for _ in range(LONGEST // GROUP)))


def _stream(seed: str) -> Iterator[int]:
    text = (_VERSION + seed).encode()
    for number in count():
        digest = sha256(text + number.to_bytes(4, "big")).digest()
        for at in range(0, len(digest), 8):
            yield 1 + int.from_bytes(digest[at : at + 8], "big") % (PRIME - 1)


def limit_of(share: int) -> int:
    """Return the number below which the hashes of a sample lie; ``share`` is in millionths."""
    return share * PRIME // ALL


def sampler(seed: str, share: int) -> Callable[[object], bool]:
    """Return the function that says whether a key is in the sample; ``share`` is in millionths.

    It raises ``InvalidInput`` for a key that is no integer of 64 bits, UUID, text or bytes.
    """
    hash_of, limit = hasher(seed), limit_of(share)
    return lambda key: hash_of(key) < limit


def hasher(seed: str) -> Callable[[object], int]:
    """Return the function that hashes keys to 0, 1, …, p - 1; it raises ``InvalidInput`` as ``sampler`` says."""
    factors = factors_of(seed)
    (a, b, c, d), of_numbers = factors.polynomial, factors.of_numbers

    def hash_of(key: object) -> int:
        h: int = sum(map(mul, of_numbers, _numbers(key))) % PRIME
        return (((a * h + b) * h + c) * h + d) % PRIME

    return hash_of


def _numbers(key: object) -> Iterable[int]:
    """Return the numbers of a key, not yet modulo p."""
    if isinstance(key, UUID):
        return _numbers_of_digits((b"%032X" % key.int).hex())
    if isinstance(key, int) and not isinstance(key, bool) and -(2**63) <= key < 2**63:
        return (key & _MASK, key >> LOW_BITS & _MASK, key >> 2 * LOW_BITS & 15)
    if isinstance(key, str):
        return _numbers_of_bytes(key.encode(errors="surrogatepass"))
    if isinstance(key, bytes):
        return _numbers_of_bytes(key)
    raise InvalidInput(
        "A key of the type {type} puts nobody into a sample.",
        hint="Keys are whole numbers of 64 bits, UUIDs, or texts.",
        type=type(key).__name__,
    )


def _numbers_of_bytes(key: bytes) -> Iterable[int]:
    return _numbers_of_digits(key[-LONGEST:].hex().upper().encode().hex())


def _numbers_of_digits(digits: str) -> Iterable[int]:
    return [int(digits[at : at + 4 * GROUP]) for at in range(0, len(digits), 4 * GROUP)]
