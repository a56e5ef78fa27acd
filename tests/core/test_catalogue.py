"""Kohorte's own catalogue: rules use the names that files use."""

import pytest

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.fields import Kind

COLUMNS = {
    "contact": "key email first_name last_name phone language time_zone street postal_code city country birthday"
    " created_at",
    "customer": "key name category industry website country city",
    "purchases": "key at amount currency status",
    "items": "key product_code product_name category quantity amount",
    "activities": "key kind at subject outcome",
}


@pytest.mark.parametrize(("owner", "columns"), COLUMNS.items())
def test_every_column_of_an_import_is_a_field(owner: str, columns: str) -> None:
    for name in columns.split():
        assert kohorte_catalogue().field(owner, name).name == name


def test_an_item_has_the_instant_and_the_currency_of_its_purchase() -> None:
    catalogue = kohorte_catalogue()
    assert catalogue.field("items", "at").kind is Kind.INSTANT
    assert catalogue.field("items", "amount").currency == "currency"
    assert catalogue.collections["items"].parent == "purchases"


def test_derived_fields_can_be_asked_for() -> None:
    for name in ("email_domain", "name"):
        assert kohorte_catalogue().field("contact", name).kind is Kind.TEXT


def test_purchases_lie_in_the_past_and_activities_may_lie_ahead() -> None:
    collections = kohorte_catalogue().collections
    assert {name: rows.past_only for name, rows in collections.items()} == {
        "purchases": True,
        "items": True,
        "activities": False,
    }


def test_only_what_every_record_has_cannot_be_missing() -> None:
    catalogue = kohorte_catalogue()
    fields = {name: rows.fields for name, rows in catalogue.owners.items()}
    fields |= {name: rows.fields for name, rows in catalogue.collections.items()}
    required = {f"{name}.{each.name}" for name, own in fields.items() for each in own.values() if not each.nullable}
    keys = {f"{name}.key" for name in fields}
    assert required == keys | {
        "contact.created_at",
        "purchases.at",
        "purchases.currency",
        "items.at",
        "items.currency",
        "activities.at",
        "activities.kind",
    }
    assert catalogue.owners["customer"].optional


def test_words_of_later_versions_are_kept() -> None:
    catalogue = kohorte_catalogue()
    assert "messages" in catalogue.reserved_collections
    assert {"open", "click", "receive", "attend"} <= set(catalogue.reserved_verbs)
    assert not set(catalogue.reserved_verbs) & set(catalogue.verbs)
