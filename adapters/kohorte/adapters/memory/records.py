"""Bulk writing: one row after another, the plainest reading of the port's promises."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import define, evolve, fields

from kohorte.adapters.memory.state import State, Transaction, WaitingRow
from kohorte.core.activities.model import Activity
from kohorte.core.columns import Reading, column_named
from kohorte.core.columns import columns as known_columns
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import InvalidValue, KohorteError
from kohorte.core.ports.records import Batch, RecordKind, Refused, WaitingRows, Written
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.values import Money

_KINDS: Final = tuple(RecordKind)
Columns = Mapping[str, Any]


class _DoesNotFitError(Exception):
    """A row contradicts what is stored."""

    def __init__(self, column: str, error: KohorteError) -> None:
        self.column = column
        self.error = error


@define
class MemoryRecords:
    """Write many rows of one kind at once."""

    _transaction: Transaction

    def write(self, batch: Batch) -> Written:
        """Upsert by external key."""
        self._refuse_unknown(batch)
        state = self._transaction.written
        created = updated = waiting = 0
        refused: list[Refused] = []
        stored: list[str] = []
        for index, row in enumerate(batch.rows):
            columns: Columns = dict(zip(batch.columns, row, strict=True))
            key = columns["key"]
            before = state.waiting.get((batch.kind, key))
            if before is not None:
                columns = {**before.columns, **columns}
            if self._wait(batch.kind, columns):
                waiting += 1
                continue
            try:
                is_new = self._store(batch.kind, columns)
            except _DoesNotFitError as problem:
                refused.append(Refused(index, problem.column, problem.error))
                continue
            created, updated = created + is_new, updated + (not is_new)
            stored.append(key)
        return Written(created, updated, waiting, self.join(batch.kind, stored), tuple(refused))

    def join(self, kind: RecordKind, keys: Iterable[str]) -> Mapping[RecordKind, int]:
        """Store what waits for records of a kind, and what waits for that; return how many of each kind joined."""
        joined: Counter[RecordKind] = Counter()
        parents = {(kind, key) for key in keys}
        while parents:
            children = [
                (child, row)
                for (child, _), row in self._transaction.seen.waiting.items()
                if child.parent is not None and (child.parent[1], row.parent_key) in parents
            ]
            parents = set()
            for child, row in children:
                if self._join_one(child, row):
                    joined[child] += 1
                    parents.add((child, str(row.columns["key"])))
        return dict(joined)

    def waiting(self, limit: int = 100) -> Sequence[WaitingRows]:
        """Return the parents that are waited for."""
        groups = Counter(
            (kind, kind.parent[1], row.parent_key, row.problem)
            for (kind, _), row in self._transaction.seen.waiting.items()
            if kind.parent is not None
        )
        rows = [
            WaitingRows(kind, parent, key, count, problem) for (kind, parent, key, problem), count in groups.items()
        ]
        rows.sort(key=lambda each: (-each.count, _KINDS.index(each.kind), each.parent_key, each.problem))
        return rows[:limit]

    def waiting_count(self) -> Mapping[RecordKind, int]:
        """Return how many rows of each kind wait."""
        return Counter(kind for kind, _ in self._transaction.seen.waiting)

    def count(self, kind: RecordKind) -> int:
        """Return how many rows of a kind there are."""
        state = self._transaction.seen
        return len(state.purchase_of_item) if kind is RecordKind.ITEMS else len(_rows(state, kind))

    def begin_bulk(self, kind: RecordKind) -> None:
        """Do nothing: there are no indexes."""

    def finish_bulk(self, kind: RecordKind) -> None:
        """Do nothing: there are no indexes."""

    def _refuse_unknown(self, batch: Batch) -> None:
        customs = [*self._transaction.seen.custom_fields.values()]
        known = known_columns(batch.kind, customs, Reading.of(self._transaction.tenant))
        for name in batch.columns:
            column_named(known, name)

    def _wait(self, kind: RecordKind, columns: Columns) -> bool:
        """Keep a row whose parent is not there."""
        parent_key = columns.get(kind.parent[0]) if kind.parent else None
        if kind.parent is None or parent_key is None or parent_key in _rows(self._transaction.seen, kind.parent[1]):
            return False
        self._transaction.written.waiting[kind, columns["key"]] = WaitingRow(parent_key, columns)
        return True

    def _join_one(self, kind: RecordKind, row: WaitingRow) -> bool:
        try:
            self._store(kind, row.columns)
        except _DoesNotFitError as problem:
            place = kind, str(row.columns["key"])
            self._transaction.written.waiting[place] = evolve(row, problem=problem.error.text())
            return False
        return True

    def _store(self, kind: RecordKind, columns: Columns) -> bool:
        """Insert or update a row whose parent is there; return whether it is new."""
        state = self._transaction.written
        match kind:
            case RecordKind.CUSTOMERS:
                is_new = self._store_plain(Customer, state.customers, columns)
            case RecordKind.CONTACTS:
                if columns.get("created_at") is None:
                    known = state.contacts.get(columns["key"])
                    columns = {**columns, "created_at": known.created_at if known else self._transaction.clock.now()}
                is_new = self._store_plain(Contact, state.contacts, columns)
            case RecordKind.ACTIVITIES:
                is_new = self._store_plain(Activity, state.activities, columns)
            case RecordKind.PURCHASES:
                is_new = self._store_purchase(state, columns)
            case RecordKind.ITEMS:
                is_new = self._store_item(state, columns)
        state.waiting.pop((kind, columns["key"]), None)
        return is_new

    def _store_plain(self, made_as: type[Any], rows: dict[str, Any], columns: Columns) -> bool:
        before = rows.get(columns["key"])
        rows[columns["key"]] = self._changed(made_as, before, columns)
        return before is None

    def _store_purchase(self, state: State, columns: Columns) -> bool:
        before = state.purchases.get(columns["key"])
        kept = before.currency if before else self._transaction.tenant.currency
        currency = (columns["currency"] or self._transaction.tenant.currency) if "currency" in columns else kept
        columns = {**columns, "currency": currency}
        if before is not None and before.currency != currency:
            columns.setdefault("amount", _in_currency(before.amount, currency, "currency"))
            columns["items"] = tuple(
                evolve(item, amount=_in_currency(item.amount, currency, "currency")) for item in before.items
            )
        state.purchases[columns["key"]] = self._changed(Purchase, before, columns)
        return before is None

    def _store_item(self, state: State, columns: Columns) -> bool:
        key, purchase_key = columns["key"], columns["purchase"]
        holder = state.purchases.get(state.purchase_of_item.get(key, ""))
        before = next((item for item in holder.items if item.key == key), None) if holder else None
        currency = state.purchases[purchase_key].currency
        amount = columns.get("amount", before.amount if before else None)
        item = self._changed(
            PurchaseItem,
            before,
            {
                **{name: value for name, value in columns.items() if name != "purchase"},
                "amount": _in_currency(amount, currency, "amount"),
            },
        )
        if holder is not None:
            _replace_items(state, holder, [each for each in holder.items if each.key != key])
        purchase = state.purchases[purchase_key]
        _replace_items(state, purchase, [*purchase.items, item])
        state.purchase_of_item[key] = purchase_key
        return before is None

    def _changed(self, made_as: type[Any], before: Any, columns: Columns) -> Any:
        """Return the aggregate with the columns' values, those that are no field of it among its custom fields."""
        known = {each.name for each in fields(made_as)}
        built_in = {name: value for name, value in columns.items() if name in known}
        custom = dict(before.custom) if before else {}
        custom.update({name: value for name, value in columns.items() if name not in known})
        built_in["custom"] = {name: value for name, value in custom.items() if value is not None}
        if "version" in known:
            built_in["version"] = before.version + 1 if before else 1
        return evolve(before, **built_in) if before else made_as(id=self._transaction.ids.new(), **built_in)


def _rows(state: State, kind: RecordKind) -> Mapping[str, object]:
    match kind:
        case RecordKind.CUSTOMERS:
            return state.customers
        case RecordKind.CONTACTS:
            return state.contacts
        case RecordKind.PURCHASES:
            return state.purchases
        case RecordKind.ACTIVITIES:
            return state.activities
        case RecordKind.ITEMS:
            return state.purchase_of_item


def _replace_items(state: State, purchase: Purchase, items: Iterable[PurchaseItem]) -> None:
    ordered = tuple(sorted(items, key=lambda item: item.key))
    state.purchases[purchase.key] = evolve(purchase, items=ordered, version=purchase.version + 1)


def _in_currency(amount: Any, currency: str, column: str) -> Money | None:
    """Return the number of an amount as money of a currency."""
    if amount is None:
        return None
    try:
        return Money.of(amount.amount if isinstance(amount, Money) else amount, currency)
    except InvalidValue as problem:
        raise _DoesNotFitError(column, problem) from problem
