"""Places of pages as texts that anybody may have written."""

from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput
from kohorte.core.paging import Page, Place, paged
from kohorte.core.ports.record_pages import beginnings
from kohorte.core.testing.fakes import counted_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | TEXTS


@given(order=TEXTS, value=VALUES, number=st.uuids())
def test_a_place_is_the_same_after_having_been_a_text(order: str, value: str | int | None, number: UUID) -> None:
    place = Place(order, value, number)
    assert str(place).isascii()
    assert Place.of(str(place)) == place


def written(text: str) -> str:
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


ID = counted_id(1).hex


@given(text=st.text())
@example("")
@example("=")
@example("é")
@example(str(Place("name", "a", counted_id(1))) + "=")
@example(str(Place("name", "a", counted_id(1))) + "\n")
def test_any_other_text_is_no_place(text: str) -> None:
    with pytest.raises(InvalidInput):
        Place.of(text)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "5",
        '"abc"',
        '["name","a"]',
        f'["name", "a", "{ID}"]',
        f'["name","\\u0061","{ID}"]',
        f'["name","a\\u0000","{ID}"]',
        f'["name","\\ud800","{ID}"]',
        f'["name",true,"{ID}"]',
        f'["name",1.5,"{ID}"]',
        f'["name",NaN,"{ID}"]',
        f'["name",[],"{ID}"]',
        f'["name",9223372036854775808,"{ID}"]',
        f'["name",{"9" * 5_000},"{ID}"]',
        f'[5,"a","{ID}"]',
        '["name","a",5]',
        '["name","a","no id"]',
        '["name","a",null]',
        "[" * 100_000,
    ],
)
def test_what_only_looks_like_a_place_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        Place.of(written(text))


@pytest.mark.parametrize(("count", "limit", "more"), [(0, 2, False), (1, 2, False), (2, 2, False), (3, 2, True)])
def test_a_page_ends_with_a_place_exactly_where_there_is_more(count: int, limit: int, more: bool) -> None:
    page: Page[int] = paged(range(count), limit, lambda last: Place("number", last, counted_id(last)))
    assert list(page.rows) == list(range(min(count, limit)))
    assert page.after == (Place("number", limit - 1, counted_id(limit - 1)) if more else None)


@given(text=TEXTS.filter(bool), key=TEXTS)
@example("ǆ", "ǅ")
def test_ranges_of_beginnings_lie_apart_and_in_order(text: str, key: str) -> None:
    found = beginnings(text)
    assert list(found) == sorted(found)
    assert sum(key.startswith(each) for each in found) <= 1
    assert text.startswith(found)
