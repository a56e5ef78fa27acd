"""Values: text, numbers, money, days and instants, each in one canonical form.

Every parser takes what a file, a form or an API sent and returns the canonical value or raises ``InvalidValue``.
Aggregates and imports use the same ones.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from attrs import frozen

from kohorte.core.errors import InvalidValue
from kohorte.core.fields import LARGEST

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
UNICODE_VERSION: Final = unicodedata.unidata_version
"""The Unicode tables behind ``fold``; storage keeps it and refolds when it changes."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_SPACE: Final = re.compile(r"[\t\r\n]+")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_MOST_DIGITS: Final = 18
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(?: ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)


# -- text --------------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Return the form in which text is compared: NFC of the case-folded NFC."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def after_prefix(prefix: str) -> str | None:
    """Return the first text, by code point, after all that start with a prefix; None where there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


def clean_text(text: str, *, long: bool = False, limit: int = 1000) -> str | None:
    """Return text as NFC, trimmed, without control characters; empty text is missing (None).

    Tabs and line breaks become a blank, and stay in ``long`` text. Raise ``InvalidValue`` for other control
    characters, NUL, lone surrogates and text of more than ``limit`` characters.
    """
    if not (text.isascii() and text.isprintable()):
        text = _clean_unusual(text, long=long)
    text = text.strip()
    if len(text) > limit:
        raise InvalidValue(
            "The text has {length} characters.",
            hint="At most {limit} are kept: shorten it.",
            length=len(text),
            limit=limit,
        )
    return text or None


def _clean_unusual(text: str, *, long: bool) -> str:
    kept = _LINE_SPACE.sub("", text) if long else (text := _LINE_SPACE.sub(" ", text))
    found = _CONTROL.search(kept)
    if found:
        raise InvalidValue(
            "The text contains the control character U+{code:04X}.", hint="Remove it and try again.", code=ord(found[0])
        )
    return unicodedata.normalize("NFC", text)


def clean_code(text: str, *, limit: int = 200) -> str | None:
    """Return an exact identifier: cleaned text, compared as it is."""
    return clean_text(text, limit=limit)


# -- numbers and money -------------------------------------------------------------------------------------------


def parse_integer(text: str) -> int:
    """Return a whole number within ± 10^12."""
    stripped = text.strip()
    if not _INTEGER.fullmatch(stripped):
        raise InvalidValue('"{text}" is not a whole number.', hint="Write it like 1000 or -3.", text=stripped[:80])
    return _bounded(int(stripped), stripped)


def parse_number(text: str) -> Decimal:
    """Return a plain decimal number of at most 18 digits before and 9 after the point, whatever its scale."""
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        raise InvalidValue(
            '"{text}" is not a plain decimal number.',
            hint="Write it like 1234.50, with a point and without thousands separators.",
            text=stripped[:80],
        )
    return Decimal(stripped)


def parse_decimal(text: str, scale: int) -> Decimal:
    """Return an exact decimal with at most ``scale`` decimals, in units within ± 10^12."""
    return from_units(to_units(parse_number(text), scale), scale)


def to_units(number: Decimal, scale: int) -> int:
    """Return a decimal as a whole number of its smallest units; raise where it has more decimals or is too large."""
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
        raise _out_of_range(str(number))
    units = int(number.scaleb(scale))
    if from_units(units, scale) != number:
        raise InvalidValue(
            "{number} has too many decimals; {scale} at most.", hint="Round it.", number=number, scale=scale
        )
    return _bounded(units, str(number))


def from_units(units: int, scale: int) -> Decimal:
    """Return the decimal that ``units`` of the smallest unit stand for."""
    return Decimal(units).scaleb(-scale)


def _bounded(number: int, text: str) -> int:
    if not -LARGEST <= number <= LARGEST:
        raise _out_of_range(text)
    return number


def _out_of_range(text: str) -> InvalidValue:
    return InvalidValue(
        "{text} is out of range.", hint="Numbers stay within ± 1,000,000,000,000 smallest units.", text=text[:80]
    )


@frozen
class Money:
    """An amount with its ISO 4217 currency; the amount never has more decimals than the currency."""

    amount: Decimal
    currency: str

    @property
    def units(self) -> int:
        """Return the amount in the currency's smallest unit (cents)."""
        return to_units(self.amount, currency_scale(self.currency))

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> "Money":
        """Return money; raise ``InvalidValue`` for too many decimals, too large an amount or an unknown currency."""
        return cls.of_units(to_units(amount, currency_scale(currency)), currency)

    @classmethod
    def of_units(cls, units: int, currency: str) -> "Money":
        """Return the money that ``units`` smallest units of ``currency`` are."""
        return cls(from_units(units, currency_scale(currency)), currency)


def currency_scale(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 currency; raise ``InvalidValue`` for an unknown one."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise InvalidValue(
            '"{currency}" is not an ISO 4217 currency.',
            hint="Write its three capital letters, such as EUR.",
            currency=currency[:20],
        ) from None


def parse_currency(text: str) -> str:
    """Return an ISO 4217 code in capitals."""
    code = text.strip().upper()
    currency_scale(code)
    return code


def parse_money(text: str, currency: str) -> Money:
    """Return money from a plain decimal and its currency."""
    return Money.of(parse_number(text), currency)


# -- truth, days, instants ---------------------------------------------------------------------------------------

_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_boolean(text: str) -> bool:
    """Return true for true, yes, 1 and false for false, no, 0, in any case."""
    try:
        return _TRUTH[text.strip().lower()]
    except KeyError:
        raise InvalidValue('"{text}" is neither true nor false.', hint="Write true or false.", text=text[:80]) from None


def parse_date(text: str) -> date:
    """Return a day written YYYY-MM-DD (RFC 3339 full-date)."""
    stripped = text.strip()
    if _DATE.fullmatch(stripped):
        try:
            return date.fromisoformat(stripped)
        except ValueError:
            pass
    raise InvalidValue('"{text}" is not a date.', hint="Write it YYYY-MM-DD, such as 2024-02-29.", text=stripped[:80])


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC from RFC 3339, or from a local date and time in ``zone``.

    A local time that exists twice means the second, one that does not exist the instant of the change, as the rule
    language has it (``rule-language`` section 7). What is finer than a microsecond is cut off. An offset may lack its
    minutes, as databases write it (``+00``).
    """
    stripped = text.strip()
    found = _INSTANT.fullmatch(stripped)
    if found:
        try:
            local, offset = found.groups()
            if offset is None:
                return resolve_local(datetime.fromisoformat(local), zone)
            return datetime.fromisoformat(local + offset.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise InvalidValue(
        '"{text}" is not a date with a time.',
        hint="Write it like 2024-02-29T10:30:00Z (RFC 3339) or 2024-02-29 10:30:00.",
        text=stripped[:80],
    )


def resolve_local(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a naive wall-clock time in ``zone``.

    A time that exists twice means the second; one that a change of clocks skipped means the instant of that change.
    Raise ``OverflowError`` at the ends of time.
    """
    before = _offset(local.replace(fold=0), zone)
    after = _offset(local.replace(fold=1), zone)
    if after <= before:  # the same on most days; smaller where the time exists twice
        return (local - after).replace(tzinfo=UTC, fold=0)
    return _change_of_clocks((local - after).replace(tzinfo=UTC), (local - before).replace(tzinfo=UTC), zone)


def _offset(local: datetime, zone: ZoneInfo) -> timedelta:
    # A zone may know no offset for None alone.
    return zone.utcoffset(local) or timedelta(0)


def _change_of_clocks(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant, exact to a second, at which the offset from UTC changes between two instants."""
    low, high = before.replace(microsecond=0), after.replace(microsecond=0)
    old = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high


def parse_zone(text: str) -> ZoneInfo:
    """Return an IANA time zone by its name; raise ``InvalidValue`` for an unknown one."""
    name = text.strip()
    if name not in _zones():
        raise InvalidValue(
            '"{name}" is not a time zone.', hint="Write an IANA name such as Europe/Berlin or UTC.", name=name[:80]
        )
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def to_micros(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970-01-01 UTC."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the UTC instant of microseconds since 1970-01-01."""
    return EPOCH + timedelta(microseconds=micros)


def to_days(day: date) -> int:
    """Return a day as days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def from_days(days: int) -> date:
    """Return the day of days since 1970-01-01."""
    return date.fromordinal(days + _EPOCH_ORDINAL)


def month_day(day: date) -> int:
    """Return month * 100 + day, by which anniversaries of dates are found; 29 February stays 229."""
    return day.month * 100 + day.day


# -- tags and e-mail ---------------------------------------------------------------------------------------------


def clean_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Return cleaned tags in the order of their folded texts, each once; raise ``InvalidValue`` for more than 100."""
    kept: dict[str, str] = {}
    for text in texts:
        tag = clean_text(text, limit=100)
        if tag is not None:
            kept.setdefault(fold(tag), tag)
    if len(kept) > 100:
        raise InvalidValue("There are {count} tags.", hint="At most 100 are kept.", count=len(kept))
    return tuple(kept[key] for key in sorted(kept))


_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*"
    r"@(?:[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9\u0080-\U0010ffff])?\.)+"
    r"[A-Za-z\u0080-\U0010ffff][A-Za-z0-9\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9\u0080-\U0010ffff]"
)


def parse_email(text: str) -> str | None:
    """Return an e-mail address that can be mailed (RFC 5321 dot-string, RFC 6531 for Unicode), or None for none.

    Quoted local parts, comments and address literals are refused: no mail service of today accepts them. So are domains
    without a dot, and invisible characters.
    """
    cleaned = clean_text(text, limit=320)
    if cleaned is None:
        return None
    if not (_EMAIL.fullmatch(cleaned) and cleaned.isprintable() and _is_short_enough(cleaned)):
        raise InvalidValue(
            '"{text}" is not an e-mail address.', hint="Write it like name@example.com.", text=cleaned[:80]
        )
    return cleaned


def _is_short_enough(address: str) -> bool:
    """Say whether the parts keep to RFC 5321, section 4.5.3.1: 64 octets before the at sign, 254 in all."""
    if len(address) <= 64 and address.isascii():
        return True
    return len(address.partition("@")[0].encode()) <= 64 and len(address.encode()) <= 254


def email_domain(address: str) -> str:
    """Return the folded part of an address after the at sign."""
    return fold(address.rpartition("@")[2])


# ISO 4217 (list one, 2026): code → number of decimals; funds codes, metals and test codes are left out.
_TWO: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"
CURRENCIES: Final[dict[str, int]] = {
    code: decimals for codes, decimals in ((_TWO, 2), (_NONE, 0), (_THREE, 3), (_FOUR, 4)) for code in codes.split()
}
