"""Random records: imported in batches, saved by commands, moved to others, their lines taken away."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kohorte.core.activities.commands import SaveActivity
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.customers.commands import SaveCustomer
from kohorte.core.imports.bulk import SaveRecords
from kohorte.core.lists.commands import AddEntries
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.testing.contracts.rows import batch, write
from tests.stories.membership.doing import KEYS, Doing
from tests.stories.membership.kept import Refused
from tests.stories.membership.records import money
from tests.stories.membership.small_rules import LIST

FEW: Final = st.integers(0, 3)
WHO: Final = st.sampled_from(KEYS)
CONTACTS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "first_name": st.sampled_from(("Anna", "Bo", None)),
    "country": st.sampled_from(("DE", "AT", "FR", None)),
    "birthday": st.sampled_from((date(1990, 5, 15), date(1996, 2, 29), date(2000, 5, 17), None)),
    "score": st.none() | st.integers(0, 3),
    "renewed_on": st.none() | st.integers(12, 19).map(lambda day: date(2024, 5, day)),
}


class WritesRecords(Doing):
    """Change contacts and what belongs to them."""

    @rule(data=st.data(), keys=st.sets(WHO, min_size=1, max_size=3))
    def import_contacts(self, data: st.DataObject, keys: set[str]) -> None:
        """Import some columns of contacts."""
        self.write_contacts({key: self._contact(data) for key in sorted(keys)})

    def write_contacts(self, rows: dict[str, dict[str, Any]]) -> None:
        """Write contacts in one batch: with all columns that any of them has."""
        columns = sorted({name for values in rows.values() for name in values})
        for key, values in rows.items():
            rows[key] = {name: values.get(name) for name in columns}
        names = " ".join(self.model.fields.get(each, each) for each in columns)
        rows_of_values = [(key, *values.values()) for key, values in rows.items()]
        self._write(RecordKind.CONTACTS, f"key {names}", rows_of_values, lambda: self._saved(rows))

    @rule(data=st.data(), keys=st.sets(WHO, min_size=1, max_size=2), many=st.booleans())
    def save_contacts(self, data: st.DataObject, keys: set[str], many: bool) -> None:
        """Save one contact by its command, or several."""
        rows = {key: self._contact(data) for key in sorted(keys)}
        if many:
            texts = [{"key": key, **self._texts(values)} for key, values in rows.items()]
            self.run(SaveRecords(RecordKind.CONTACTS, texts), lambda: self._saved(rows))
            return
        for key, values in rows.items():
            self.run(SaveContact(key, self._texts(values)), partial(self._saved, {key: values}))

    @rule(key=FEW.map("C{}".format), category=st.sampled_from(("gold", "Gold", None)), importing=st.booleans())
    def save_customer(self, key: str, category: str | None, importing: bool) -> None:
        """Import a customer, or save it."""

        def effect() -> None:
            with self.model.changing() as records:
                records.save_customer(key, category)

        if importing:
            self._write(RecordKind.CUSTOMERS, "key category", [(key, category)], effect)
        else:
            self.run(SaveCustomer(key, {"category": category}), effect)

    @rule(
        keys=st.lists(FEW.map("P{}".format), min_size=1, max_size=2, unique=True),
        who=WHO,
        at=st.integers(-80, 40),
        cents=st.none() | st.integers(-500, 2000),
        currency=st.sampled_from(("EUR", "EUR", "GBP")),
        status=st.sampled_from(("paid", "open", None)),
    )
    def import_purchases(
        self, keys: list[str], who: str, at: int, cents: int | None, currency: str, status: str | None
    ) -> None:
        """Import purchases; they wait where nobody knows who bought."""
        told = self._hours(at), money(cents, currency), currency, status
        rows = [(key, who, *told) for key in keys]

        def effect() -> None:
            with self.model.changing() as records:
                for key in keys:
                    row = dict(zip(("at", "amount", "currency", "status"), told, strict=True))
                    records.save_row("purchases", key, {"contact": who, **row})

        self._write(RecordKind.PURCHASES, "key contact at amount currency status", rows, effect)

    @rule(
        key=FEW.map("P{}".format),
        who=WHO,
        at=st.integers(-80, 40),
        cents=st.integers(-500, 2000),
        items=st.dictionaries(st.sampled_from("abc"), st.tuples(st.sampled_from("XY"), st.integers(0, 3)), max_size=3),
    )
    def save_purchase(self, key: str, who: str, at: int, cents: int, items: dict[str, tuple[str, int]]) -> None:
        """Save a purchase with exactly these items; others that it had are gone."""
        if ("purchases", key) in self.model.records.waiting:
            return
        lines = {f"{key}{name}": {"product_code": code, "quantity": many} for name, (code, many) in items.items()}
        values = {"contact": who, "at": self._hours(at).isoformat(), "amount": f"{cents / 100:.2f}", "currency": "EUR"}
        texts = [{"key": name, **{each: str(value) for each, value in line.items()}} for name, line in lines.items()]

        def effect() -> None:
            if who not in self.model.records.contacts:
                raise Refused
            with self.model.changing() as records:
                row = {"contact": who, "at": self._hours(at), "amount": money(cents, "EUR"), "currency": "EUR"}
                records.purchases.setdefault(key, {"status": None}).update(row)
                records.items[key] = lines

        self.run(SavePurchase(key, values, texts), effect)

    @rule(
        key=FEW.map("A{}".format),
        who=WHO,
        at=st.integers(-80, 80),
        kind=st.sampled_from(("call", "visit")),
        outcome=st.sampled_from(("won", None)),
        importing=st.booleans(),
    )
    def save_activity(self, key: str, who: str, at: int, kind: str, outcome: str | None, importing: bool) -> None:
        """Import an activity, which may wait for its contact, or save it."""
        row: dict[str, Any] = {"contact": who, "at": self._hours(at), "kind": kind, "outcome": outcome}

        importing |= ("activities", key) in self.model.records.waiting

        def effect() -> None:
            if not importing and who not in self.model.records.contacts:
                raise Refused
            with self.model.changing() as records:
                records.save_row("activities", key, row)

        if importing:
            self._write(RecordKind.ACTIVITIES, "key contact at kind outcome", [(key, *row.values())], effect)
        else:
            self.run(SaveActivity(key, {**row, "at": row["at"].isoformat()}), effect)

    @rule(entries=st.sets(st.sampled_from(("DE", "AT", *KEYS)), min_size=1, max_size=2))
    def add_to_the_list(self, entries: set[str]) -> None:
        """Add to the list."""

        def effect() -> None:
            self.model.list_changed |= not entries <= self.model.records.entries
            self.model.records.entries |= entries

        self.run(AddEntries(LIST, sorted(entries)), effect)

    # -- what they share -----------------------------------------------------------------------------------------

    def _contact(self, data: st.DataObject) -> dict[str, Any]:
        known = sorted(self.model.records.customers)
        drawn = {name: data.draw(values) for name, values in CONTACTS.items() if data.draw(st.booleans())}
        if data.draw(st.booleans()):
            drawn["customer"] = data.draw(st.sampled_from((None, *known)))
        return drawn

    def _texts(self, values: dict[str, Any]) -> dict[str, str | None]:
        names = self.model.fields
        return {names.get(name, name): None if value is None else str(value) for name, value in values.items()}

    def _hours(self, hours: int) -> datetime:
        return self.clock.at + timedelta(hours=hours)

    def _saved(self, rows: dict[str, dict[str, Any]]) -> None:
        with self.model.changing() as records:
            for key, values in rows.items():
                records.save_contact(key, values, self.clock.at)

    def _write(
        self, kind: RecordKind, columns: str, rows: Iterable[tuple[object, ...]], effect: Callable[[], None]
    ) -> None:
        self.do(lambda: write(self.breakable, self.tenant, batch(kind, columns, *rows)), effect)
