"""Contacts, customers, purchases and activities over HTTP, one at a time, and from a file."""

import json
from typing import Any

import pytest

from kohorte.entrypoints.bootstrap import Application
from tests.data import shared_data
from tests.entrypoints.http.conftest import Api

CONTACT = {"email": "dee@example.com", "first_name": "Dee", "country": "DE"}


def test_a_contact_is_made_read_changed_and_replaced(api: Api, shop: Application) -> None:
    made = api("POST", "/api/contacts", {"key": "C-9", **CONTACT})
    assert (made.status_code, made.headers["Location"], made.json()["created"]) == (201, "/api/contacts/C-9", True)
    read = api("GET", "/api/contacts/C-9")
    assert (read.json()["email"], read.headers["ETag"]) == ("dee@example.com", made.headers["ETag"])
    changed = api("PATCH", "/api/contacts/C-9", {"city": "Berlin", "first_name": None})
    assert sorted(changed.json()["fields"]) == ["city", "first_name"]
    replaced = api("PUT", "/api/contacts/C-9", {"last_name": "Doe"})
    assert replaced.status_code == 200
    told = api("GET", "/api/contacts/C-9").json()
    assert (told["last_name"], told["email"], told["city"]) == ("Doe", None, None)
    assert told["created_at"] == read.json()["created_at"]


def test_a_taken_key_is_refused_and_an_unknown_one_not_found(api: Api, shop: Application) -> None:
    assert api("POST", "/api/contacts", {"key": "C-1", **CONTACT}).status_code == 409
    assert api("GET", "/api/contacts/nobody").status_code == 404
    assert api("PATCH", "/api/contacts/nobody", {"city": "x"}).status_code == 404
    assert api("PUT", "/api/contacts/C-10", CONTACT).status_code == 201


def test_a_change_of_a_contact_names_what_it_has_seen(api: Api, shop: Application) -> None:
    seen = api("GET", "/api/contacts/C-1").headers["ETag"]
    assert api("PATCH", "/api/contacts/C-1", {"city": "Ulm"}, headers={"If-Match": seen}).status_code == 200
    late = api("PATCH", "/api/contacts/C-1", {"city": "Bonn"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_every_wrong_value_has_its_place(api: Api, shop: Application) -> None:
    refused = api("POST", "/api/contacts", {"key": "C-9", "email": "nonsense", "birthday": "2024-02-30"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert {each["pointer"] for each in refused.json()["errors"]} == {"/email", "/birthday"}
    refused = api("POST", "/api/contacts", {"key": "C-9", "city": 1.5, "country": {"a": 1}})
    assert {each["pointer"] for each in refused.json()["errors"]} == {"/city", "/country"}
    assert api("POST", "/api/contacts", {"key": "C-9", "sity": "Ulm"}).json()["code"] == "invalid_input"
    assert api("POST", "/api/contacts", {"email": "a@example.com"}).status_code == 422


def test_a_record_of_an_unknown_parent_says_so(api: Api, shop: Application) -> None:
    refused = api("POST", "/api/contacts", {"key": "C-9", "customer": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_parent")
    purchase = {"key": "P-9", "contact": "nobody", "at": "2024-05-01T10:00:00Z"}
    assert api("POST", "/api/purchases", purchase).json()["code"] == "unknown_parent"


def test_a_purchase_has_its_items(api: Api, shop: Application) -> None:
    items = [{"key": "P-9/1", "product_code": "A", "quantity": 2, "amount": "5.00"}]
    body: dict[str, Any] = {"key": "P-9", "contact": "C-2", "at": "2024-05-01T10:00:00Z", "amount": "5.00"}
    assert api("POST", "/api/purchases", {**body, "items": items}).status_code == 201
    told = api("GET", "/api/purchases/P-9").json()
    assert told["amount"] == {"amount": "5.00", "currency": "EUR"}
    assert [(each["key"], each["quantity"]) for each in told["items"]] == [("P-9/1", 2)]
    api("PATCH", "/api/purchases/P-9", {"status": "paid"})
    assert len(api("GET", "/api/purchases/P-9").json()["items"]) == 1
    wrong = api("PATCH", "/api/purchases/P-9", {"items": [{"key": "x", "quantity": 1.5}]})
    assert wrong.json()["errors"][0]["pointer"] == "/items/0/quantity"
    del body["key"]
    api("PUT", "/api/purchases/P-9", body)
    assert api("GET", "/api/purchases/P-9").json()["items"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/customers", {"key": "K-1", "name": "Acme", "category": "wholesale"}),
        ("/api/activities", {"key": "A-1", "contact": "C-1", "kind": "call", "at": "2024-05-01T10:00:00Z"}),
    ],
)
def test_customers_and_activities_are_kept_alike(api: Api, shop: Application, path: str, body: dict[str, str]) -> None:
    made = api("POST", path, body)
    assert made.status_code == 201
    told = api("GET", made.headers["Location"]).json()
    assert {name: told[name] for name in body} == body


def test_fields_of_ones_own_are_kept_as_they_are_typed(api: Api, shop: Application) -> None:
    for name, kind, more in (("points", "integer", {}), ("score", "decimal", {"scale": 2}), ("likes", "tag set", {})):
        made = api("POST", "/api/fields", {"owner": "contact", "name": name, "kind": kind, **more})
        assert made.status_code == 201, made.text
    api("PATCH", "/api/contacts/C-1", {"points": 7, "score": "1.50", "likes": ["tea", "jam"]})
    told = api("GET", "/api/contacts/C-1").json()["custom"]
    assert told == {"points": 7, "score": "1.50", "likes": ["jam", "tea"]}
    names = {each["field"] for each in api("GET", "/api/fields?custom=true").json()}
    assert names == {"contact.points", "contact.score", "contact.likes"}


def test_hostile_texts_come_back_unchanged_or_are_refused(api: Api, shop: Application) -> None:
    kept = 0
    for text in json.loads(shared_data("hostile_input/big_list_of_naughty_strings.json").read_text("utf-8")):
        answer = api("PATCH", "/api/contacts/C-1", {"last_name": text})
        assert answer.status_code in {200, 422}, (text, answer.text)
        if answer.status_code == 200:
            kept += 1
            told = api("GET", "/api/contacts/C-1").json()["last_name"]
            assert api("PATCH", "/api/contacts/C-1", {"last_name": told}).json()["fields"] == []
    assert kept > 100


CSV = "key,email,country\nC-20,eve@example.com,DE\nC-21,nonsense,DE\nC-1,ann@example.org,AT\n"


def test_a_file_is_imported_and_what_is_wrong_comes_back(api: Api, shop: Application) -> None:
    told = api("POST", "/api/imports/contacts?name=people.csv", content=CSV.encode()).json()
    run = told["imported"]
    assert (run["rows"], run["created"], run["updated"], run["rejected"]) == (3, 1, 1, 1)
    assert "C-21,nonsense,DE" in told["rejected_rows"]
    assert told["rejected_rows_are_cut"] is False
    assert api("GET", "/api/contacts/C-1").json()["country"] == "AT"
    (listed,) = api("GET", "/api/imports").json()["runs"]
    assert (listed["source"], listed["status"]) == ("people.csv", "finished")


def test_a_dry_run_stores_nothing(api: Api, shop: Application) -> None:
    told = api("POST", "/api/imports/contacts?dry_run=true&map=key%3Dkey", content=CSV.encode()).json()
    assert told["imported"]["dry_run"] is True
    assert api("GET", "/api/contacts/C-20").status_code == 404
    assert api("GET", "/api/imports").json()["runs"] == []


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/api/imports/pigeons", CSV, 404),
        ("/api/imports/contacts?map=nonsense", CSV, 422),
        ("/api/imports/contacts?format=pdf", CSV, 422),
        ("/api/imports/contacts", "", 422),
        ("/api/imports/contacts", "\x00\x01\x02", 422),
    ],
)
def test_what_is_no_file_of_records_is_refused(
    api: Api, shop: Application, path: str, content: str, status: int
) -> None:
    refused = api("POST", path, content=content.encode())
    assert refused.status_code == status, refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
