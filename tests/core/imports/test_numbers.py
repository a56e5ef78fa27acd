"""The way in which a file writes numbers is found where it can be, and asked for where it cannot."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput
from kohorte.core.imports.numbers import DecimalStyle, decimal_style, detected_style, plain_number
from kohorte.core.ports.rows import Cell, Number

PLAIN, POINT, COMMA = DecimalStyle


def style_of(*cells: Cell) -> DecimalStyle:
    return detected_style([("amount", cells)])


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        ((), PLAIN),
        (("", "abc", "1.50", "-3", "1.234"), PLAIN),
        (("1,50",), COMMA),
        (("1.234,50", "7"), COMMA),
        (("1 234,50",), COMMA),
        (("1\u202f234,50", "1’234,50"), COMMA),
        (("1.234", "1,50"), COMMA),
        (("1,234.50",), POINT),
        (("1'234.50",), POINT),
        (("1,234", "5.20"), POINT),
        (("1 234",), POINT),
        (("1.234,50 EUR", "EUR 12,00"), COMMA),
        (("10.00", "11.50", "1,5"), PLAIN),
        (("1,50", "2,50", "3.50"), COMMA),
        ((Number("1.234"), "1,50"), COMMA),
        (("9" * 100_000, " " * 100_000, "1,50"), COMMA),
    ],
)
def test_the_style_is_found(cells: tuple[Cell, ...], style: DecimalStyle) -> None:
    assert style_of(*cells) is style


@pytest.mark.parametrize("cells", [("12", "1,234"), ("1,234",)])
def test_what_could_be_read_in_two_ways_is_asked_for(cells: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"amount can be read in two ways: is \"1,234\"") as refused:
        style_of(*cells)
    assert "1.234,50" in refused.value.advice()


@pytest.mark.parametrize(
    ("text", "style"),
    [
        *(("plain", PLAIN), ("POINT", POINT), ("comma", COMMA), ("1234.50", PLAIN), ("1,234.50", POINT)),
        *(("1.234,50", COMMA), ("1 234,50", COMMA), ("12,5", COMMA), ("1'234.50", POINT)),
    ],
)
def test_a_style_is_given_by_an_example_or_its_name(text: str, style: DecimalStyle) -> None:
    assert decimal_style(text) is style


@pytest.mark.parametrize("text", ["", "x", "1234", "1,234", "1.2.3"])
def test_an_example_that_shows_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="does not show"):
        decimal_style(text)


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    style=st.sampled_from((POINT, COMMA)),
    group=st.sampled_from(("", "#", " ", "\u00a0", "'", "’")),
    currency=st.sampled_from(("", " EUR")),
)
def test_a_number_keeps_its_value(number: Decimal, style: DecimalStyle, group: str, currency: str) -> None:
    mark, other = (".", ",") if style is POINT else (",", ".")
    written = f"{number:,.2f}".replace(",", "#").replace(".", mark).replace("#", other if group == "#" else group)
    assert plain_number(written + currency, style) == f"{number:.2f}{currency}"


@given(text=st.text(max_size=30), style=st.sampled_from(DecimalStyle))
def test_what_is_no_number_stays_as_it_is(text: str, style: DecimalStyle) -> None:
    converted = plain_number(text, style)
    assert converted == text or any(sign.isdigit() for sign in text)


def test_numbers_of_json_are_plain_whatever_the_file_writes() -> None:
    assert plain_number(Number("1.234"), COMMA) == "1.234"
    assert plain_number("1.234", COMMA) == "1234"
    assert plain_number(("1.234",), COMMA) == ("1.234",)
