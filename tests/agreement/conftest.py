"""Databases with the tables of the shop's catalogue, for every module that asks all engines the same."""

from collections.abc import Iterator

import pytest
from attrs import evolve

from kohorte.core.fields import Catalogue
from tests.agreement.stands import Stand, ready_stands
from tests.dsl.catalogues import shop_catalogue
from tests.postgres import Database

_CUSTOM = {"rate", "seen_at", "tags", "notes", "renewed_on", "Größe", "open", "a", "limit"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """A field of each kind in a column of its own, and another one in a JSON document."""
    plain = shop_catalogue()
    contact = plain.owners["contact"]
    fields = [evolve(each, custom=each.name in _CUSTOM) for each in contact.fields.values()]
    return evolve(plain, owners={**plain.owners, "contact": evolve(contact, fields=fields)})


@pytest.fixture(scope="module")
def stands(catalogue: Catalogue, postgres_module_database: Database) -> Iterator[list[Stand]]:
    with ready_stands(catalogue, postgres_module_database) as found:
        yield found
