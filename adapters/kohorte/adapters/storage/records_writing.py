"""Writing rows of one kind: each finds its parent or waits, new ones are inserted, old ones moved and updated.

An unchanged row is not touched, so that writing a file again changes no version.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Table, func, insert, literal, select

from kohorte.adapters.storage.records_expressions import contact_names, new_custom
from kohorte.adapters.storage.records_rows import (
    ID_COLUMNS,
    Outcome,
    Place,
    Refusal,
    Rows,
    key_columns,
    places,
    purchase_places,
    table_of,
)
from kohorte.adapters.storage.records_stage import BEFORE, driver_ids, stage
from kohorte.adapters.storage.records_update import HOMES, bump_purchases, misfit_keys, move_rows, update_rows
from kohorte.adapters.storage.records_values import CUSTOM, Columns, stored_columns
from kohorte.adapters.storage.schema import contacts, external_keys, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import InvalidValue
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind
from kohorte.core.values import currency_scale, to_micros, to_units


def write_rows(transaction: Transaction, fields: Mapping[str, Field], rows: Rows) -> Outcome:
    """Write rows with keys of their own; those whose parent is unknown are left to wait."""
    ready, waits = _at_home(transaction, rows)
    ready, refused = _in_currency(ready) if rows.kind is RecordKind.ITEMS else (ready, [])
    keys = ready.rows.column("key")
    known = places(transaction, rows.kind, keys) if keys else {}
    new = ready.some(place for place, key in enumerate(keys) if key not in known)
    # In the order in which they lie, so that each page of a large table is read and written once.
    old = ready.some(sorted((place for place, key in enumerate(keys) if key in known), key=_lying(keys, known)))
    if new.rows.rows:
        _insert(transaction, fields, new)
    if old.rows.rows:
        old, misfits = _update(transaction, fields, old, known)
        refused = [*refused, *misfits]
    return Outcome(new.rows, old.rows, waits, refused)


@frozen
class Ready:
    """Rows whose parents are there (None: they have none), each with its amount in its purchase's currency."""

    rows: Rows
    homes: Sequence[Place | None]
    amounts: Sequence[int | None] | None = None

    def some(self, chosen: Iterable[int]) -> "Ready":
        """Return the rows at these places."""
        kept = list(chosen)
        if kept == [*range(len(self.homes))]:
            return self
        amounts = self.amounts and [self.amounts[place] for place in kept]
        return Ready(self.rows.some(kept), [self.homes[place] for place in kept], amounts)


def _lying(keys: Sequence[str], known: Mapping[str, Place]) -> Callable[[int], tuple[UUID, UUID]]:
    """Return what orders the rows of known keys as their tables' keys do."""

    def order(number: int) -> tuple[UUID, UUID]:
        place = known[keys[number]]
        return place.contact_id or place.id, place.id

    return order


def _at_home(transaction: Transaction, rows: Rows) -> tuple[Ready, Rows]:
    """Part rows into those whose parent is there and those that wait for one."""
    parent, keys = rows.kind.parent, rows.parent_keys()
    if parent is None or keys is None:
        return Ready(rows, [None] * len(rows.rows)), rows.some(())
    wanted = {key for key in keys if key is not None}
    if parent[1] is RecordKind.PURCHASES:
        found = purchase_places(transaction, wanted)
    else:
        found = places(transaction, parent[1], wanted) if wanted else {}
    waits = [place for place, key in enumerate(keys) if key is not None and key not in found]
    ready = Ready(rows, [found.get(key) for key in keys])
    if not waits:
        return ready, rows.some(())
    away = set(waits)
    return ready.some(place for place in range(len(keys)) if place not in away), rows.some(waits)


def _in_currency(ready: Ready) -> tuple[Ready, list[Refusal]]:
    """Give items their amount in smallest units of their purchase's currency, and refuse those that do not fit."""
    if "amount" not in ready.rows.columns:
        return ready, []
    units: list[int | None] = []
    refused: dict[int, Refusal] = {}
    for place, (amount, home) in enumerate(zip(ready.rows.column("amount"), ready.homes, strict=True)):
        try:
            units.append(None if amount is None else to_units(amount, currency_scale(str(home and home.currency))))
        except InvalidValue as error:
            units.append(None)
            refused[place] = Refusal(ready.rows.numbers[place], "amount", error)
    settled = Ready(ready.rows, ready.homes, units)
    return settled.some(place for place in range(len(units)) if place not in refused), list(refused.values())


# -- staging -----------------------------------------------------------------------------------------------------


def _columns(transaction: Transaction, fields: Mapping[str, Field], ready: Ready) -> Columns:
    """Return the table columns of rows, those of their parents among them, ids left out."""
    rows, kind = ready.rows, ready.rows.kind
    parent = kind.parent and kind.parent[0]
    given = {name: rows.column(name) for name in rows.columns if name not in ("key", parent)}
    amounts = given.pop("amount", None) if kind is RecordKind.ITEMS else None
    stored = stored_columns(fields, given)
    if kind is RecordKind.CONTACTS and parent in rows.columns:
        stored["customer_id"] = driver_ids(transaction, (home and home.id for home in ready.homes))
    if kind is RecordKind.PURCHASES and "currency" in stored:
        stored["currency"] = [currency or transaction.tenant.currency for currency in stored["currency"]]
    if kind in HOMES:
        stored |= _homes(transaction, kind, [home for home in ready.homes if home])
    if kind is RecordKind.ITEMS:
        stored |= {
            "at": [home and home.at for home in ready.homes],
            "currency": [home and home.currency for home in ready.homes],
        }
        stored |= {} if amounts is None else {"amount": ready.amounts or ()}
    return stored


def _homes(transaction: Transaction, kind: RecordKind, homes: Sequence[Place]) -> Columns:
    if kind is RecordKind.ITEMS:
        return {
            "contact_id": driver_ids(transaction, (home.contact_id for home in homes)),
            "purchase_id": driver_ids(transaction, (home.id for home in homes)),
        }
    return {"contact_id": driver_ids(transaction, (home.id for home in homes))}


def _stage(transaction: Transaction, kind: RecordKind, columns: Columns) -> Table:
    return stage(transaction, table_of(kind), list(columns), zip(*columns.values(), strict=True))


# -- new rows ----------------------------------------------------------------------------------------------------


def _insert(transaction: Transaction, fields: Mapping[str, Field], ready: Ready) -> None:
    kind, table = ready.rows.kind, table_of(ready.rows.kind)
    ids = driver_ids(transaction, [transaction.ids.new() for _ in ready.homes])
    stored = {ID_COLUMNS[kind]: ids, "key": ready.rows.column("key")} | _columns(transaction, fields, ready)
    staged = _stage(transaction, kind, stored)
    values = {name: staged.c[name] for name in stored} | _defaults(transaction, kind, staged, stored)
    rows = select(*values.values()).order_by(*(staged.c[name] for name in key_columns(kind)))
    transaction.connection.execute(insert(table).from_select(list(values), rows))
    _insert_keys(transaction, kind, staged)
    if kind is RecordKind.ITEMS:
        bump_purchases(transaction, select(staged.c.contact_id, staged.c.purchase_id))


def _defaults(
    transaction: Transaction, kind: RecordKind, staged: Table, stored: Columns
) -> dict[str, ColumnElement[Any]]:
    """Return what a new row has besides what was given."""
    table = table_of(kind)
    defaults: dict[str, ColumnElement[Any]] = {"tenant_id": literal(transaction.tenant.id, table.c.tenant_id.type)}
    if CUSTOM in stored:
        defaults[CUSTOM] = new_custom(transaction, staged.c[CUSTOM])
    else:
        defaults[CUSTOM] = literal({}, table.c[CUSTOM].type)
    if "version" in table.c:
        defaults["version"] = literal(1)
    if table is contacts:
        now = literal(to_micros(transaction.clock.now()), table.c.created_at.type)
        defaults["created_at"] = func.coalesce(staged.c.created_at, now)
        defaults |= contact_names(dict(staged.c))
    if table is purchases and "currency" not in stored:
        defaults["currency"] = literal(transaction.tenant.currency)
    return defaults


def _insert_keys(transaction: Transaction, kind: RecordKind, staged: Table) -> None:
    values = {
        "tenant_id": literal(transaction.tenant.id, external_keys.c.tenant_id.type),
        "kind": literal(kind.value),
        "key": staged.c.key,
        "id": staged.c[ID_COLUMNS[kind]],
    }
    values |= {"contact_id": staged.c.contact_id} if kind is not RecordKind.CUSTOMERS else {}
    values |= {"purchase_id": staged.c.purchase_id} if kind is RecordKind.ITEMS else {}
    rows = select(*values.values()).order_by(staged.c.key)
    transaction.connection.execute(insert(external_keys).from_select(list(values), rows))


# -- old rows ----------------------------------------------------------------------------------------------------


def _update(
    transaction: Transaction, fields: Mapping[str, Field], ready: Ready, known: Mapping[str, Place]
) -> tuple[Ready, list[Refusal]]:
    kind = ready.rows.kind
    staged, stored, moves = _stage_old(transaction, fields, ready, known)
    misfits = misfit_keys(transaction, kind, staged, list(stored))
    refused: list[Refusal] = []
    if misfits:
        keys = ready.rows.column("key")
        refused = [_misfit(kind, ready.rows.numbers[place]) for place, key in enumerate(keys) if key in misfits]
        ready = ready.some(place for place, key in enumerate(keys) if key not in misfits)
        staged, stored, moves = _stage_old(transaction, fields, ready, known)
    if moves:
        move_rows(transaction, kind, staged)
    update_rows(transaction, kind, staged, _updated(kind, stored))
    return ready, refused


def _stage_old(
    transaction: Transaction, fields: Mapping[str, Field], ready: Ready, known: Mapping[str, Place]
) -> tuple[Table, Columns, bool]:
    """Stage rows with the ids that they have; return also whether any of them goes to another parent."""
    kind = ready.rows.kind
    now = [known[key] for key in ready.rows.column("key")]
    stored = {ID_COLUMNS[kind]: driver_ids(transaction, (place.id for place in now)), "key": ready.rows.column("key")}
    stored |= _columns(transaction, fields, ready)
    moves = False
    for home in HOMES.get(kind, ()):
        before = driver_ids(
            transaction, (place.contact_id if home == "contact_id" else place.purchase_id for place in now)
        )
        moves = moves or before != stored[home]
        stored[f"{BEFORE}{home}"] = before
    return _stage(transaction, kind, stored), stored, moves


def _updated(kind: RecordKind, stored: Columns) -> list[str]:
    return [name for name in stored if name not in (*key_columns(kind), "key") and not name.startswith(BEFORE)]


def _misfit(kind: RecordKind, number: int) -> Refusal:
    error = InvalidValue(
        "The stored amounts have more decimals than the currency, or are out of range in it.",
        hint="Give amounts that fit the currency first.",
    )
    return Refusal(number, "currency" if kind is RecordKind.PURCHASES else "amount", error)
