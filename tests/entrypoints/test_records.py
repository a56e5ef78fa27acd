"""Records and segments are listed and shown on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.conftest import Answer, Kohorte

COMPANIES = "key,name,category,city\nACME,Acme Tools,wholesale,Köln\nBETA,Beta & Sons,,\n"
LINES = "key,purchase,product_code,product_name,quantity,amount\nL1,A1,T-1,Tea,2,4.50\nL2,A1,T-2,Pot,1,91.00\n"
CALLS = "key,contact,kind,at,subject\nV1,1,call,2024-05-02 09:00:00,Welcome\n"


def told(answer: Answer) -> Any:
    assert answer.code == 0, answer
    return json.loads(answer.out)


def keys(found: Any) -> list[str]:
    return [each["key"] for each in found]


def test_contacts_are_listed_page_by_page(shop: Kohorte) -> None:
    first = told(shop("contact", "list", "--limit", "3", "--json"))
    assert keys(first["contacts"]) == ["1", "2", "3"]
    second = told(shop("contact", "list", "--limit", "3", "--after", first["after"], "--json"))
    assert (keys(second["contacts"]), second["after"]) == (["4"], None)
    people = shop("contact", "list", "--limit", "3")
    assert "Ada Lovelace" in people.out
    assert f"Go on with: --after {first['after']}" in people.err


def test_contacts_are_found_by_what_is_known_of_them(shop: Kohorte) -> None:
    assert keys(told(shop("contact", "list", "--search", "HOPPER", "--json"))["contacts"]) == ["3"]
    assert keys(told(shop("contact", "list", "--email", "Ada@Example.com", "--json"))["contacts"]) == ["1"]
    assert shop("contact", "list", "--customer", "nobody").code == 4
    assert shop("contact", "list", "--after", "nonsense").code == 1
    assert shop("contact", "list", "--email", "a@example.com", "--search", "a").code == 1


def test_a_contact_is_shown_with_what_has_a_value(shop: Kohorte) -> None:
    shop("field", "add", "contact.tier", "code")
    Path("more.csv").write_text("key,tier,city\n1,gold,London\n", "utf-8")
    shop("import", "contacts", "more.csv")
    shown = told(shop("contact", "show", "1", "--json"))
    assert {
        "city": "London",
        "custom": {"tier": "gold"},
        "phone": None,
        "birthday": "1815-12-10",
    }.items() <= shown.items()
    people = shop("contact", "show", "1").out
    assert "gold" in people
    assert "phone" not in people
    assert shop("contact", "show", "nobody").code == 4


def test_customers_are_listed_and_shown(shop: Kohorte) -> None:
    Path("companies.csv").write_text(COMPANIES, "utf-8")
    shop("import", "customers", "companies.csv")
    assert keys(told(shop("customer", "list", "--search", "acme", "--json"))["customers"]) == ["ACME"]
    first = told(shop("customer", "list", "--limit", "1", "--json"))
    assert keys(told(shop("customer", "list", "--after", first["after"], "--json"))["customers"]) == ["BETA"]
    assert told(shop("customer", "show", "ACME", "--json"))["city"] == "Köln"
    assert "wholesale" in shop("customer", "show", "ACME").out


def test_a_purchase_is_shown_with_its_items_and_an_activity_with_its_time(shop: Kohorte) -> None:
    Path("lines.csv").write_text(LINES, "utf-8")
    Path("calls.csv").write_text(CALLS, "utf-8")
    shop("import", "items", "lines.csv")
    shop("import", "activities", "calls.csv")
    shown = told(shop("purchase", "show", "A1", "--json"))
    assert (shown["amount"], shown["contact"]) == ({"amount": "100.00", "currency": "EUR"}, "1")
    assert [(each["key"], each["amount"]["amount"]) for each in shown["items"]] == [("L1", "4.50"), ("L2", "91.00")]
    people = shop("purchase", "show", "A1").out
    assert "100 EUR" in people
    assert "Pot" in people
    assert told(shop("activity", "show", "V1", "--json"))["at"] == "2024-05-02T09:00:00Z"
    assert "Welcome" in shop("activity", "show", "V1").out


def test_segments_are_filtered_sorted_and_listed_page_by_page(shop: Kohorte) -> None:
    shop("segment", "create", "Britons", "--rule", 'contact.country = "GB"', "--tag", "abroad")
    shop("segment", "create", "americans", "--rule", 'contact.country = "US"', "--tag", "abroad", "--tag", "new")
    shop("segment", "create", "guests", "--type", "static", "--description", "Who came to the fair")
    shop("segment", "calculate", "Britons", "americans")

    def listed(*options: str) -> list[str]:
        return [each["name"] for each in told(shop("segment", "list", *options, "--json"))]

    assert listed() == ["americans", "Britons", "guests"]
    assert listed("--sort", "members", "--descending") == ["Britons", "americans", "guests"]
    assert listed("--tag", "abroad", "--tag", "new") == ["americans"]
    assert listed("--search", "FAIR") == ["guests"]
    assert listed("--type", "static", "--type", "hybrid") == ["guests"]
    assert listed("--status", "inactive") == []
    assert listed("--limit", "2") == ["americans", "Britons"]
    remark = shop("segment", "list", "--limit", "2").err
    assert listed("--after", remark.split()[-1]) == ["guests"]
    assert shop("segment", "list", "--sort", "members", "--after", remark.split()[-1]).code == 1
    assert shop("segment", "list", "--archived", "--status", "active").code == 1


def test_numbers_and_days_are_shown_whole_and_in_the_readers_way(
    shop: Kohorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop("field", "add", "contact.rate", "decimal", "--scale", "6")
    (tmp_path / "rates.csv").write_text("key,rate\n1,1234.567891\n", "utf-8")
    shop("import", "contacts", "rates.csv")
    assert "1,234.567891" in shop("contact", "show", "1").out
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    shown = shop("contact", "show", "1").out
    assert "1.234,567891" in shown
    assert "10.12.1815" in shown
