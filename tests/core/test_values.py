"""Values: one canonical form each; parsers take what fits, and say clearly what does not."""

import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidValue
from kohorte.core.fields import LARGEST
from kohorte.core.testing.strategies import days, emails, instants, moneys, texts
from kohorte.core.values import (
    CURRENCIES,
    Money,
    clean_code,
    clean_tags,
    clean_text,
    currency_scale,
    email_domain,
    fold,
    from_days,
    from_micros,
    from_units,
    month_day,
    parse_boolean,
    parse_currency,
    parse_date,
    parse_decimal,
    parse_email,
    parse_instant,
    parse_integer,
    parse_money,
    parse_number,
    parse_zone,
    resolve_local,
    to_days,
    to_micros,
    to_units,
)
from tests.data import shared_data

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "America/Havana"),
    *("America/Sao_Paulo", "Asia/Beirut", "America/St_Johns", "Africa/Monrovia", "UTC"),
)
SECOND = timedelta(seconds=1)


# -- text --------------------------------------------------------------------------------------------------------


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_character_folds_to_something_that_folds_to_itself() -> None:
    everything = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert [each for each in everything if fold(fold(each)) != fold(each)] == []


@given(st.text())
def test_canonically_equal_texts_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(text) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("one", "other"),
    [("KÖLN", "köln"), ("Ko\u0308ln", "KÖLN"), ("straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("ﬁ", "FI"), ("ABC", "abc")],
)
def test_texts_that_people_take_for_equal_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(), st.booleans())
def test_text_is_clean_or_refused(text: str, long: bool) -> None:
    try:
        cleaned = clean_text(text, long=long)
    except InvalidValue:
        return
    if cleaned is None:
        assert not text.strip()
        return
    assert cleaned == cleaned.strip() == unicodedata.normalize("NFC", cleaned)
    kept = "\t\r\n" if long else ""
    assert not [each for each in cleaned if unicodedata.category(each) in ("Cc", "Cs") and each not in kept]
    assert clean_text(cleaned, long=long) == cleaned


@pytest.mark.parametrize("text", ["", " ", "\t", "\r\n", "\u00a0\u2003", " \t "])
def test_text_without_content_is_missing(text: str) -> None:
    assert clean_text(text) is None
    assert clean_code(text) is None
    assert parse_email(text) is None


@pytest.mark.parametrize("text", ["a\0b", "a\x1fb", "a\x7fb", "a\x85b", "a\ud800b", "\x00"])
def test_control_characters_and_lone_surrogates_are_refused(text: str) -> None:
    for long in (False, True):
        with pytest.raises(InvalidValue, match=r"U\+"):
            clean_text(text, long=long)


def test_line_breaks_become_a_blank_and_stay_in_long_text() -> None:
    assert clean_text(" one\r\n\ttwo\n") == "one two"
    assert clean_text(" one\r\n\ttwo\n", long=True) == "one\r\n\ttwo"


def test_text_that_is_too_long_is_refused_with_its_length() -> None:
    assert clean_text("x" * 1_000) == "x" * 1_000
    with pytest.raises(InvalidValue, match="1001 characters"):
        clean_text("x" * 1_001)


def test_naughty_strings_are_clean_or_refused_clearly() -> None:
    strings = json.loads(shared_data("hostile_input/big_list_of_naughty_strings.json").read_text())
    assert len(strings) > 400
    parsers = (
        *(clean_text, clean_code, parse_email, parse_integer, parse_number, parse_boolean, parse_date, parse_currency),
        *(parse_zone, lambda text: parse_decimal(text, 2), lambda text: parse_instant(text, BERLIN)),
        *(lambda text: parse_money(text, "EUR"), lambda text: clean_tags([text])),
    )
    refusals: list[InvalidValue] = []
    for text in strings:
        for parse in parsers:
            try:
                parse(text)
            except InvalidValue as refused:
                refusals.append(refused)
    assert all(each.text() and each.advice() and len(each.text()) < 200 for each in refusals)


# -- numbers and money -------------------------------------------------------------------------------------------


@given(st.integers(-LARGEST, LARGEST), st.integers(0, 6))
def test_units_and_decimals_are_the_same_number(units: int, scale: int) -> None:
    number = from_units(units, scale)
    assert to_units(number, scale) == units
    assert parse_decimal(f"{number:f}", scale) == number


@given(st.decimals(allow_nan=True, allow_infinity=True), st.integers(0, 6))
def test_a_number_becomes_units_exactly_or_not_at_all(number: Decimal, scale: int) -> None:
    try:
        units = to_units(number, scale)
    except InvalidValue:
        assert not number.is_finite() or abs(number) * 10**scale > LARGEST or number % from_units(1, scale) != 0
    else:
        assert from_units(units, scale) == number
        assert abs(units) <= LARGEST


@pytest.mark.parametrize("text", ["1.005", "1." + "0" * 40 + "1", "NaN", "-Infinity", "1E400000000", "1E-400000000"])
def test_numbers_that_are_no_cents_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        to_units(Decimal(text), 2)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-0", 0), ("+7", 7), (" 42 ", 42), ("007", 7), ("1000000000000", LARGEST)]
)
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_integer(text) == number


@pytest.mark.parametrize("text", ["", "1.0", "1,000", "1_000", "٣", "0x1", "1e3", "--1", "1000000000001", "9" * 99])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_integer(text)


@pytest.mark.parametrize(("text", "number"), [("1", "1.00"), ("-1.5", "-1.50"), ("+0.25", "0.25"), ("1.500", "1.50")])
def test_decimals_take_their_scale(text: str, number: str) -> None:
    assert str(parse_decimal(text, 2)) == number


@pytest.mark.parametrize("text", ["", ".5", "5.", "1,5", "1.234,50", "1e2", "NaN", "inf", "1.005", "10000000000.01"])
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_decimal(text, 2)


@given(moneys())
def test_money_and_its_units_are_the_same_amount(money: Money) -> None:
    assert Money.of_units(money.units, money.currency) == money
    assert Money.of(money.amount, money.currency) == money
    assert parse_money(f"{money.amount:f}", money.currency) == money


@pytest.mark.parametrize(("text", "currency"), [("1.005", "EUR"), ("0.5", "JPY"), ("1.2345", "KWD")])
def test_money_never_has_more_decimals_than_its_currency(text: str, currency: str) -> None:
    with pytest.raises(InvalidValue, match="decimals"):
        parse_money(text, currency)


def test_currencies_are_codes_in_any_case() -> None:
    assert parse_currency(" gbp ") == "GBP"
    assert (currency_scale("EUR"), currency_scale("JPY"), currency_scale("KWD")) == (2, 0, 3)
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    for text in ("", "EURO", "€", "XXX"):
        with pytest.raises(InvalidValue):
            parse_currency(text)


# -- truth, days, instants ---------------------------------------------------------------------------------------


def test_truth_is_written_in_three_ways() -> None:
    assert [parse_boolean(text) for text in ("true", "YES", " 1 ", "False", "no", "0")] == [True] * 3 + [False] * 3
    for text in ("", "2", "ja", "on", "t"):
        with pytest.raises(InvalidValue):
            parse_boolean(text)


@given(days())
def test_a_day_and_its_number_are_the_same_day(day: date) -> None:
    assert from_days(to_days(day)) == day
    assert parse_date(day.isoformat()) == day
    assert month_day(day) == int(day.strftime("%m%d"))


@given(instants())
def test_an_instant_and_its_microseconds_are_the_same_moment(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant
    assert parse_instant(instant.isoformat(), BERLIN) == instant


@given(st.integers(-(10**16), 10**17), st.integers(-(10**16), 10**17))
def test_microseconds_are_exact_and_in_order(one: int, other: int) -> None:
    assert to_micros(from_micros(one)) == one
    assert (from_micros(one) < from_micros(other)) == (one < other)


@pytest.mark.parametrize(
    "text", ["", "2024-02-30", "2023-02-29", "24-01-01", "2024-1-1", "01.02.2024", "2024-01-01T00:00Z"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-02-29T10:30:00Z", "2024-02-29T10:30:00+00:00"),
        ("2024-02-29t10:30:00z", "2024-02-29T10:30:00+00:00"),
        ("2024-02-29T10:30:00+05:30", "2024-02-29T05:00:00+00:00"),
        ("2024-02-29 10:30:00+00", "2024-02-29T10:30:00+00:00"),
        ("2024-02-29 10:30:00 -0330", "2024-02-29T14:00:00+00:00"),
        ("2024-02-29T10:30:00.123456789Z", "2024-02-29T10:30:00.123456+00:00"),
        ("2024-02-29 10:30:00", "2024-02-29T09:30:00+00:00"),
        (" 2024-07-01 10:30 ", "2024-07-01T08:30:00+00:00"),
        ("2024-03-31 02:30:00", "2024-03-31T01:00:00+00:00"),  # does not exist: the change of clocks
        ("2024-03-31 02:00:00.5", "2024-03-31T01:00:00+00:00"),
        ("2024-10-27 02:30:00", "2024-10-27T01:30:00+00:00"),  # exists twice: the second
    ],
)
def test_instants_are_read_with_an_offset_or_in_the_zone(text: str, instant: str) -> None:
    parsed = parse_instant(text, BERLIN)
    assert parsed.isoformat() == instant
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024-02-29", "2024-02-30 10:00:00", "2024-02-29 25:00:00", "2024-02-29 10:00:60", "10:00", "now", "0"),
        *("2024-02-29 10:00:00 Europe/Berlin", "0001-01-01 00:00:00", "9999-12-31T23:59:59-12:00", "1709200000"),
        *("2024-02-29 10:00123", "2024-02-29T10:30:00+99:00", "２０２４-02-29 10:00:00"),
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_instant(text, BERLIN)


def changes(zone: ZoneInfo) -> list[datetime]:
    """Return the instants from 1960 to 2037 at which the clocks of a zone change."""
    found, step = [], timedelta(hours=6)
    moment = datetime(1960, 1, 1, tzinfo=UTC)
    while moment.year < 2037:
        if moment.astimezone(zone).utcoffset() != (moment + step).astimezone(zone).utcoffset():
            low, high = moment, moment + step
            while high - low > SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        moment += step
    return found


@pytest.mark.parametrize("name", ZONES)
def test_local_times_around_every_change_of_clocks(name: str) -> None:
    zone = ZoneInfo(name)
    for change in changes(zone):
        before, after = (each.astimezone(zone).replace(tzinfo=None) for each in (change - SECOND, change))
        skipped, repeated = after - before - SECOND, before + SECOND - after
        if skipped > timedelta(0):
            for into in (timedelta(0), timedelta(microseconds=1), skipped / 2, skipped - timedelta(microseconds=1)):
                assert resolve_local(before + SECOND + into, zone) == change
        else:
            for into in (timedelta(0), timedelta(microseconds=500_000), repeated - timedelta(microseconds=1)):
                assert resolve_local(after + into, zone) == change + into
        assert resolve_local(max(before + SECOND, after), zone) >= change


@given(st.sampled_from(ZONES), st.datetimes(datetime(1960, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001
def test_an_instants_wall_clock_leads_back_to_it_or_to_its_repetition(name: str, moment: datetime) -> None:
    zone, instant = ZoneInfo(name), moment.replace(tzinfo=UTC)
    local = instant.astimezone(zone)
    again = resolve_local(local.replace(tzinfo=None), zone)
    assert again == instant or (local.fold == 0 and again > instant)
    assert again.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)


@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(2011, 1, 1), datetime(2025, 1, 1)), min_size=2, max_size=9),  # noqa: DTZ001
)
def test_later_wall_clocks_never_mean_earlier_instants(name: str, times: list[datetime]) -> None:
    resolved = [resolve_local(each, ZoneInfo(name)) for each in sorted(times)]
    assert all(one <= other for one, other in pairwise(resolved))


def test_zones_are_iana_names() -> None:
    assert parse_zone(" Europe/Berlin ").key == "Europe/Berlin"
    for text in ("", "CEST+1", "europe/berlin", "../../etc/passwd", "/etc/localtime", "\0"):
        with pytest.raises(InvalidValue):
            parse_zone(text)


# -- tags and e-mail ---------------------------------------------------------------------------------------------


@given(st.lists(texts(limit=20), max_size=20))
def test_tags_are_a_set_in_one_order(tags: list[str]) -> None:
    cleaned = clean_tags(tags)
    assert {fold(tag) for tag in cleaned} == {fold(tag) for tag in tags}
    assert len({fold(tag) for tag in cleaned}) == len(cleaned)
    assert clean_tags(cleaned) == cleaned
    assert [fold(tag) for tag in clean_tags(reversed(tags))] == [fold(tag) for tag in cleaned]


def test_more_than_a_hundred_tags_are_refused() -> None:
    assert len(clean_tags([str(number) for number in range(100)])) == 100
    with pytest.raises(InvalidValue, match="101 tags"):
        clean_tags([str(number) for number in range(101)])


@given(emails())
def test_addresses_that_can_be_mailed_are_taken(address: str) -> None:
    cleaned = parse_email(f" {address}\n")
    assume(cleaned is not None)
    assert cleaned == unicodedata.normalize("NFC", address)
    assert email_domain(address) == fold(address.split("@")[1])


# What a mail service of today takes: a dot-string before the at sign, a domain of at least two labels behind it, the
# last of them no number and no single letter. Blanks and line breaks around an address are trimmed as around any text.
MAILABLE = ("ISEMAIL_VALID", "ISEMAIL_DNSWARN_NO_MX_RECORD", "ISEMAIL_DNSWARN_NO_RECORD")
LONGEST = 254


def isemail() -> list[tuple[str, str]]:
    """Return addresses with their diagnosis; the file writes control characters as their symbols."""
    tree = ET.parse(shared_data("hostile_input/email_addresses_isemail.xml"))  # noqa: S314 - it lies beside the project
    symbols = {0x2400 + code: chr(code) for code in range(0x21)} | {0x2421: "\x7f"}
    cases = [(each.findtext("address") or "", each.findtext("diagnosis") or "") for each in tree.getroot().iter("test")]
    return [(address.translate(symbols), diagnosis) for address, diagnosis in cases]


def is_taken(text: str) -> bool:
    try:
        return parse_email(text) is not None
    except InvalidValue:
        return False


def test_of_addresses_that_were_collected_those_that_can_be_mailed_are_taken_and_no_others() -> None:
    cases = isemail()
    assert len(cases) == 164
    mailable = {
        address
        for address, diagnosis in cases
        if diagnosis in MAILABLE and re.search(r"\.[a-z-]{2,}$", address) and len(address) <= LONGEST
    }
    trimmed = {address for address, _ in cases if address != address.strip() and address.strip() in mailable}
    assert (len(mailable), len(trimmed)) == (19, 24)
    assert {address for address, _ in cases if is_taken(address)} == mailable | trimmed


@pytest.mark.parametrize(
    "text",
    [
        *("a@b", "a@@example.com", "a b@example.com", "a@example..com", "<a@example.com>", "a@example.com, b@b.com"),
        *("a\u200b@example.com", "a\u00a0b@example.com", "a\u202e@example.com", "a@exa\u2003mple.com", "a@[127.0.0.1]"),
        *("a@example.com\nBcc: b@b.com", "mailto:a@example.com", "ä" * 33 + "@example.com", "a" * 65 + "@example.com"),
    ],
)
def test_addresses_that_cannot_be_mailed_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_email(text)


def test_hostile_addresses_are_judged_at_once() -> None:
    for text in ("a" * 300, "a." * 150, "@" * 300, "a@" + "a-" * 140, "a@" + "a." * 140, "a@" + "a" * 310):
        with pytest.raises(InvalidValue):
            parse_email(text)
