"""Digits of numbers, grouped by thousands, and texts between quotation marks."""

from decimal import Decimal


def digits(number: Decimal, thousands: str, point: str, *, decimals: int = 0) -> str:
    """Return a number with a true minus sign; whole ones without decimals, others with at least ``decimals``."""
    plain = f"{abs(number):f}"
    whole, _, fraction = plain.partition(".")
    fraction = fraction.rstrip("0")
    sign = "\N{MINUS SIGN}" if number < 0 else ""
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{sign}{grouped}{point}{fraction.ljust(decimals, '0')}" if fraction else f"{sign}{grouped}"


_SPECIAL = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t"})


def between(opening: str, text: str, closing: str) -> str:
    """Return a text in quotation marks; those in it are marked, so that no text ends before its end."""
    if text.isalnum():
        return f"{opening}{text}{closing}"
    safe = text.translate(_SPECIAL)
    for mark in {opening, closing}:
        safe = safe.replace(mark, f"\\{mark}")
    return f"{opening}{safe}{closing}"
