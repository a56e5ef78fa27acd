"""What a rule may ask of us: sizes and depths, checked before any costly work is done."""

from typing import Final

SOURCE_BYTES: Final = 16 * 1024
TOKENS: Final = 4_000
DEPTH: Final = 64
"""Open brackets, and ``not`` and ``-`` waiting for what they stand before."""
TEXT_BYTES: Final = 1024
LIST_ITEMS: Final = 1_000
CONDITIONS: Final = 500
NESTING: Final = 16
LARGEST_NUMBER: Final = 10**15
"""No field of any scale can hold more, so that no literal needs big arithmetic."""
