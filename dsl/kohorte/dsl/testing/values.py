"""Trap values: what engines disagree about, in pools from which rules and records draw alike (see ``testing``)."""

from datetime import date, datetime, timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kohorte.core.fields import LARGEST
from kohorte.core.values import Money

TEXTS: Final = (
    *("Köln", "KÖLN", "Ko\u0308ln", "köln ", "Zürich", "ZÜRICH", "zurich", "ÄÖÜ", "straße", "STRASSE", "Straße"),
    *("İstanbul", "istanbul", "i\u0307stanbul", "ISTANBUL", "ΟΔΟΣ", "οδος", "οδοσ", "ﬁ", "fi", "K", "k", "Å", "Å", "ǅ"),
    *("5%", "5% off", "5a off", "a_b", "axb", "a\\b", "50\\%", "[ab]", "[a-z]*", "a*b", "a?b", "a.b", "*", "?", "%"),
    *("_", "'", '"', "''", "x'; --", "a b", "a  b", "a", "b", "ab", "ba", "aab", "Z", "ä", "B", "é", "e\u0301"),
    *("McDonald", "mcdonald", "MCDONALD", "😀", "a😀b", "\U0010ffff", "\ud7ff", "\ue000", "null", "true", "12", "0"),
)
CODES: Final = ("DE", "de", "AT", "CH", "US", "EUR", "85123A", "a_b", "5%", "Köln", "paid", "open", "ß")
INTEGERS: Final = (0, 1, -1, 2, 3, 5, 7, 42, 100, LARGEST, -LARGEST, LARGEST - 1, 1 - LARGEST, 2**39)
CURRENCIES: Final = ("EUR", "EUR", "USD", "JPY", "BHD")
DATES: Final = tuple(
    date.fromisoformat(each)
    for each in (
        *(
            "2024-02-28",
            "2024-02-29",
            "2024-03-01",
            "2023-02-28",
            "2023-03-01",
            "2000-02-29",
            "1900-02-28",
            "1996-02-29",
        ),
        *(
            "2024-03-30",
            "2024-03-31",
            "2024-10-26",
            "2024-10-27",
            "2024-12-31",
            "2025-01-01",
            "2024-01-31",
            "2024-04-30",
        ),
        *(
            "1970-01-01",
            "1969-12-31",
            "1964-03-31",
            "1985-10-27",
            "2024-07-01",
            "2023-12-31",
            "2024-11-03",
            "2030-02-28",
        ),
    )
)
ZONES: Final = (
    *("Europe/Berlin", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"),
    *("Australia/Lord_Howe", "Africa/Cairo"),
)
INSTANTS: Final = tuple(
    datetime.fromisoformat(each)
    for each in (
        *("2024-03-31T00:59:59.999999Z", "2024-03-31T01:00:00Z", "2024-03-31T00:30:00Z", "2024-03-30T23:00:00Z"),
        *("2024-10-27T00:00:00Z", "2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z", "2024-10-26T22:00:00Z"),
        *("2024-10-27T01:30:00Z", "2024-10-27T23:00:00Z", "2024-03-10T07:00:00Z", "2024-11-03T05:30:00Z"),
        *("2024-02-29T12:00:00Z", "2024-02-28T23:00:00Z", "2024-02-29T22:59:59.999999Z", "2024-03-31T12:00:00Z"),
        *("2023-03-31T12:00:00Z", "2024-12-31T23:00:00Z", "2024-12-31T22:59:59Z", "2025-01-01T00:00:00Z"),
        *("2018-11-04T03:00:00Z", "2011-12-30T10:00:00Z", "2024-04-25T22:00:00Z", "2024-07-01T00:00:00Z"),
    )
)
_SHIFTS: Final = (
    *(timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(seconds=1)),
    *(timedelta(hours=each) for each in (1, -1, 2, -24, 24, -7 * 24, -30 * 24, -90 * 24, 7 * 24)),
    *(timedelta(days=each) for each in (-28, -29, -30, -31, -365, -366, -3652, 1, -1)),
)


def instants() -> SearchStrategy[datetime]:
    """Return aware UTC instants at and around changes of clocks, midnights, month ends and leap days."""
    return st.builds(datetime.__add__, st.sampled_from(INSTANTS), st.sampled_from(_SHIFTS))


def dates() -> SearchStrategy[date]:
    """Return days at and around leap days, month ends and changes of clocks."""
    shifts = [timedelta(days=each) for each in (0, 0, 1, -1, 7, -7, -30, -365, -366)]
    return st.builds(date.__add__, st.sampled_from(DATES), st.sampled_from(shifts))


def texts() -> SearchStrategy[str]:
    """Return texts that a record may hold."""
    return st.one_of(st.sampled_from(TEXTS), st.builds(" ".join, st.lists(st.sampled_from(TEXTS), max_size=2)))


def money() -> SearchStrategy[Money]:
    """Return amounts in currencies with no, two and three decimals."""
    return st.builds(Money.of_units, st.sampled_from(INTEGERS), st.sampled_from(CURRENCIES))
