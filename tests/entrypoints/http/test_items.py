"""Items of purchases over HTTP: one at a time, and refused with the place of what is wrong."""

import pytest

from kohorte.entrypoints.bootstrap import Application
from tests.entrypoints.http.conftest import Api

ITEMS = "/api/purchases/P-1/items"
BOOK = {"product_code": "A-7", "quantity": 2, "amount": "12.50"}


@pytest.fixture
def book(api: Api, shop: Application) -> str:
    """Return where an item is."""
    made = api("PUT", f"{ITEMS}/1", BOOK)
    assert (made.status_code, made.json()["quantity"]) == (201, 2)
    return made.headers["Location"]


def test_an_item_is_made_read_changed_replaced_and_removed(api: Api, book: str) -> None:
    assert api("GET", book).json()["amount"] == {"amount": "12.50", "currency": "EUR"}
    api("PUT", f"{ITEMS}/2", {"product_code": "B-1"})
    assert api("PATCH", book, {"quantity": 3, "product_code": None}).json()["quantity"] == 3
    shown = api("GET", ITEMS).json()
    assert [(each["key"], each["product_code"], each["quantity"]) for each in shown] == [
        ("1", None, 3),
        ("2", "B-1", None),
    ]
    assert api("PUT", book, {"category": "books"}).json()["quantity"] is None
    assert api("DELETE", book).status_code == 204
    assert [each["key"] for each in api("GET", ITEMS).json()] == ["2"]
    for method in ("GET", "PATCH", "DELETE"):
        assert api(method, book, {} if method == "PATCH" else None).status_code == 404


def test_nothing_is_overwritten_that_was_not_seen(api: Api, book: str) -> None:
    seen = {"If-Match": api("GET", book).headers["ETag"]}
    assert api("PATCH", book, {"quantity": 4}, headers=seen).status_code == 200
    for method, body in (("PATCH", {"quantity": 5}), ("PUT", {"quantity": 5}), ("DELETE", None)):
        assert api(method, book, body, headers=seen).json()["code"] == "precondition_failed"
    assert api("GET", book).json()["quantity"] == 4


def test_what_is_wrong_with_an_item_has_its_place(api: Api, book: str) -> None:
    order = {"key": "P-2", "contact": "C-1", "at": "2024-05-01T10:00:00Z", "items": [{"key": "a"}, {"quantity": "x"}]}
    wrong = api("POST", "/api/purchases", order).json()["errors"]
    assert {each["pointer"] for each in wrong} <= {"/items/1/quantity", "/items/1/key"}
    assert wrong
    one = api("PATCH", book, {"quantity": "x"}).json()["errors"]
    assert [each["pointer"] for each in one] == ["/quantity"]
