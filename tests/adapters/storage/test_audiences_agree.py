"""Whom a rule selects is the same in memory, on SQLite and on PostgreSQL, however it is asked; and so is everyone else.

Rules, contacts and instants are random, and the contacts lie in Kohorte's own tables, written as imports write them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.columns import BUILT_IN, OWNERS
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.lists.model import StoredList
from kohorte.core.ports.records import Batch, RecordKind
from kohorte.core.ports.rules import CheckedRule, ListReference, SegmentReference
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, ListedReferences, counted_id
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.core.values import Money, clean_tags, clean_text
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import instants, records, rules

VIP = ("Köln", "straße", "5%", "DE", "McDonald", "😀")
LIST = ListReference(counted_id(901), "vip")
EVERYBODY = 100


def tenant_catalogue() -> Catalogue:
    return with_custom_fields(kohorte_catalogue(), a_custom_field_of_each_kind())


@pytest.fixture
def storages(sqlite_url: str, request: pytest.FixtureRequest) -> Iterator[dict[str, Storage]]:
    postgres = request.getfixturevalue("migrated_postgres").app_url
    opened = [open_storage(url, clock=FixedClock(), ids=CountingIds()) for url in (sqlite_url, postgres)]
    yield {"memory": MemoryStorage(FixedClock(), CountingIds()), "sqlite": opened[0], "postgresql": opened[1]}
    for storage in opened:
        storage.close()


@pytest.mark.postgres
@over_one_storage
@given(
    people=st.lists(records(tenant_catalogue()), min_size=1, max_size=5),
    texts=st.lists(rules(tenant_catalogue(), segments=("first",), lists=("vip",)), min_size=1, max_size=3),
    first=rules(tenant_catalogue(), lists=("vip",), depth=1),
    moments=st.lists(instants(), min_size=1, max_size=2),
)
def test_every_way_to_ask_gives_one_answer_on_every_engine(
    storages: dict[str, Storage], people: list[dict[str, Any]], texts: list[str], first: str, moments: list[datetime]
) -> None:
    ids = next(IDS)
    shops = {name: Shop.open(storage, people, ids) for name, storage in storages.items()}
    for text in texts:
        rule, rest = check(text, first), check(negation(text), first)
        for at in moments:
            answers = {name: shop.selected(rule, at) for name, shop in shops.items()}
            assert len(set(answers.values())) == 1, (answers, text, at)
            others = {name: shop.selected(rest, at) for name, shop in shops.items()}
            everybody = {f"{number}" for number in range(len(people))}
            assert all(answers[name] | others[name] == everybody for name in shops), text
            assert not any(answers[name] & others[name] for name in shops), text


def check(text: str, first: str) -> CheckedRule:
    segment = SegmentReference(counted_id(902), "first", first)
    return RuleLanguage().check(
        text, tenant_catalogue(), ListedReferences("Europe/Berlin", segments=[segment], lists=[LIST])
    )


def negation(text: str) -> str:
    """Return the rule that selects everyone else."""
    header, found, condition = text.partition("\n")
    return f"{header}\nnot ({condition})" if found and header.startswith("in zone") else f"not ({text})"


IDS: Final = count(10_000_000, 10_000)
"""From where the ids of each example are counted."""


@frozen
class Shop:
    """A tenant with the people of one example, who go by their number."""

    storage: Storage
    tenant: Tenant

    @classmethod
    def open(cls, storage: Storage, people: Sequence[Mapping[str, Any]], ids: int) -> "Shop":
        """Return the shop; contacts have the same ids in every storage: by these samples are drawn."""
        assert isinstance(storage, MemoryStorage | SqlStorage)
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            for custom in a_custom_field_of_each_kind():
                work.custom_fields.add(custom)
            work.lists.add(StoredList(LIST.id, LIST.name, NOON))
            work.lists.add_entries(LIST.id, [str(clean_text(entry)) for entry in VIP])
            work.commit()
        storage.ids = CountingIds(ids)
        with storage.work(tenant) as work:
            for each in batches(people):
                assert not work.records.write(each).waiting
            work.commit()
        return cls(storage, tenant)

    def selected(self, rule: CheckedRule, at: datetime) -> frozenset[str]:
        """Return the keys of whom a rule selects: counted, sampled, as members, and as exported."""
        with self.storage.work(self.tenant) as work:
            audiences = work.audiences
            segment = Segment(counted_id(903), "tried", stored_rule(rule), NOON, NOON)
            work.segments.save(segment)
            sample = frozenset(person.key for person in audiences.sample(rule, at, EVERYBODY))
            assert audiences.count(rule, at) == len(sample)
            found = audiences.calculate(segment, rule, at)
            assert (found.members, found.entered, found.left) == (len(sample), len(sample), 0)
            again = audiences.calculate(segment, rule, at + timedelta(microseconds=0))
            assert (again.members, again.entered, again.left) == (len(sample), 0, 0)
            assert {member.person.key for member in audiences.members(segment.id)} == sample
            assert {key for (key,) in audiences.export(segment.id, ["contact.key"])} == sample
        return sample  # nothing was committed


def stored_rule(rule: CheckedRule) -> SegmentRule:
    return SegmentRule(1, rule.text, rule.tree, rule.segments, rule.lists, rule.fields, NOON)


# -- random records as batches -----------------------------------------------------------------------------------


def batches(people: Sequence[Mapping[str, Any]]) -> Iterator[Batch]:
    """Return what an import of the people would write, parents first."""
    flat: dict[RecordKind, list[dict[str, Any]]] = {kind: [] for kind in RecordKind}
    for number, person in enumerate(people):
        key = str(number)
        company = person.get("customer")
        if company is not None:
            flat[RecordKind.CUSTOMERS].append({**company, "key": key})
        flat[RecordKind.CONTACTS].append({**person, "key": key, "customer": None if company is None else key})
        for purchase in person.get("purchases") or ():
            bought = f"{key}-{len(flat[RecordKind.PURCHASES])}"
            currency = purchase["currency"]
            amount = None if purchase["amount"] is None else Money.of(purchase["amount"], currency)
            flat[RecordKind.PURCHASES].append({**purchase, "key": bought, "contact": key, "amount": amount})
            for item in purchase.get("items") or ():
                line = f"{bought}-{len(flat[RecordKind.ITEMS])}"
                flat[RecordKind.ITEMS].append({**item, "key": line, "purchase": bought})
        for activity in person.get("activities") or ():
            done = f"{key}-{len(flat[RecordKind.ACTIVITIES])}"
            flat[RecordKind.ACTIVITIES].append({**activity, "key": done, "contact": key})
    for kind in RecordKind:
        if flat[kind]:
            yield batch(kind, flat[kind])


def batch(kind: RecordKind, rows: Sequence[Mapping[str, Any]]) -> Batch:
    catalogue, owner = tenant_catalogue(), OWNERS[kind]
    holder = catalogue.owners.get(owner) or catalogue.collections[owner]
    columns = (*BUILT_IN[kind], *(field.name for field in holder.fields.values() if field.custom))
    cells = [tuple(cleaned(row.get(name), holder.fields.get(name)) for name in columns) for row in rows]
    return Batch(kind, columns, cells)


def cleaned(value: Any, field: Field | None) -> Any:
    """Return a value as the parsers of imports would: nothing else is ever stored."""
    if value is None or field is None:
        return value
    if field.kind in (Kind.TEXT, Kind.CODE):
        return clean_text(value)
    if field.kind is Kind.TAGS:
        return clean_tags(value) or None
    return value
