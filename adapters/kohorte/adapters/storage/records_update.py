"""Old rows: refused where amounts do not fit, moved to another parent, updated where anything differs.

All of it reads the stage, in which ``before_*`` say where a row lies. A moved row is inserted anew and deleted, because
a distributed database takes no change of ``contact_id``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, insert, or_, select, tuple_, update

from kohorte.adapters.storage.records_expressions import Expressions, differs, does_not_fit, rescaled, staged_values
from kohorte.adapters.storage.records_rows import key_columns, table_of
from kohorte.adapters.storage.records_stage import BEFORE
from kohorte.adapters.storage.schema import external_keys, items, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.records import RecordKind

Place = Mapping[str, str]
"""Columns of a table, and the columns of a stage that say where a row of it lies."""

HOMES: Final[Mapping[RecordKind, tuple[str, ...]]] = {
    RecordKind.PURCHASES: ("contact_id",),
    RecordKind.ITEMS: ("contact_id", "purchase_id"),
    RecordKind.ACTIVITIES: ("contact_id",),
}
"""The part of a row's primary key that is its parent's."""

_LINES: Final[Place] = {"contact_id": f"{BEFORE}contact_id", "purchase_id": "purchase_id"}
"""Where the items of a staged purchase lie."""


def misfit_keys(transaction: Transaction, kind: RecordKind, staged: Table, columns: Sequence[str]) -> set[str]:
    """Return the keys of staged rows whose stored amounts, or whose items' ones, do not fit the staged currency."""
    if "amount" not in table_of(kind).c or "currency" not in columns:
        return set()
    checks = [] if "amount" in columns else [(table_of(kind), _before(kind))]
    if kind is RecordKind.PURCHASES:
        checks.append((items, _LINES))
    found: set[str] = set()
    for table, place in checks:
        misfit = does_not_fit(table.c.amount, table.c.currency, staged.c.currency)
        rows = select(staged.c.key).join_from(staged, table, _lies(table, staged, place))
        found.update(transaction.connection.scalars(rows.where(transaction.own(table), misfit)))
    return found


def move_rows(transaction: Transaction, kind: RecordKind, staged: Table) -> None:
    """Move staged rows whose parent changes, and with purchases their items."""
    moved = _moved(kind, staged)
    _move(transaction, table_of(kind), staged, _before(kind), HOMES[kind])
    here = and_(external_keys.c.kind == kind.value, external_keys.c.key == staged.c.key, moved)
    _rewrite_keys(transaction, here, {home: staged.c[home] for home in HOMES[kind]})
    if kind is RecordKind.PURCHASES:
        _move(transaction, items, staged, _LINES, HOMES[kind])
        arrived = and_(items.c.contact_id == staged.c.contact_id, items.c.purchase_id == staged.c.purchase_id)
        lines = and_(external_keys.c.kind == RecordKind.ITEMS.value, external_keys.c.key == items.c.key)
        _rewrite_keys(
            transaction, and_(transaction.own(items), arrived, moved, lines), {"contact_id": items.c.contact_id}
        )
    elif kind is RecordKind.ITEMS:
        for which in (BEFORE, ""):  # the purchase that an item leaves, and the one that it comes to
            bump_purchases(transaction, select(*(staged.c[f"{which}{home}"] for home in HOMES[kind])).where(moved))


def update_rows(transaction: Transaction, kind: RecordKind, staged: Table, columns: Sequence[str]) -> None:
    """Update staged rows where a column differs, and what depends on them."""
    table, key = table_of(kind), key_columns(kind)
    values = staged_values(transaction, staged, [name for name in columns if name not in key], table)
    if not values:
        return
    same = and_(transaction.own(table), *(table.c[name] == staged.c[name] for name in key))
    values = _changing(transaction, table, same, values)
    if not values:
        return
    changed = and_(same, differs(table, values))
    if kind is RecordKind.ITEMS:
        bump_purchases(transaction, select(staged.c.contact_id, staged.c.purchase_id).where(changed))
    version = {"version": table.c.version + 1} if "version" in table.c else {}
    transaction.connection.execute(update(table).where(changed).values(values | version))
    if kind is RecordKind.PURCHASES:
        _let_items_follow(transaction, staged)


def _changing(transaction: Transaction, table: Table, same: ColumnElement[bool], values: Expressions) -> Expressions:
    """Leave out values that change in no staged row, on SQLite.

    It writes every index over a column that is set anew, whether or not the value is another: a file with other cities
    would touch every page of the index over e-mail addresses. PostgreSQL looks at the values itself.
    """
    if transaction.dialect != "sqlite":
        return values
    changes = [func.max(differs(table, {name: value})) for name, value in values.items()]
    found = transaction.connection.execute(select(*changes).where(same)).one()
    return {name: value for (name, value), changes in zip(values.items(), found, strict=True) if changes}


def bump_purchases(transaction: Transaction, which: Any) -> None:
    """Raise the version of purchases (contact and purchase ids) whose items change: they are one aggregate."""
    chosen = tuple_(purchases.c.contact_id, purchases.c.purchase_id).in_(which)
    statement = update(purchases).where(transaction.own(purchases), chosen)
    transaction.connection.execute(statement.values(version=purchases.c.version + 1))


def _let_items_follow(transaction: Transaction, staged: Table) -> None:
    """Give items their purchase's instant and currency."""
    names = ("contact_id", "purchase_id")
    lines = and_(
        transaction.own(items),
        transaction.own(purchases),
        *(table.c[name] == staged.c[name] for table in (purchases, items) for name in names),
        or_(items.c.at != purchases.c.at, items.c.currency != purchases.c.currency),
    )
    amount = rescaled(items.c.amount, items.c.currency, purchases.c.currency)
    changed = {"at": purchases.c.at, "currency": purchases.c.currency, "amount": amount}
    transaction.connection.execute(update(items).where(lines).values(changed))


def _move(transaction: Transaction, table: Table, staged: Table, place: Place, homes: tuple[str, ...]) -> None:
    """Insert rows at their new places, and delete them at their old ones."""
    moved = or_(*(staged.c[home] != staged.c[f"{BEFORE}{home}"] for home in homes))
    there = [staged.c[column.name] if column.name in homes else column for column in table.c]
    rows = select(*there).join_from(staged, table, _lies(table, staged, place)).where(transaction.own(table), moved)
    transaction.connection.execute(insert(table).from_select([column.name for column in table.c], rows))
    old: Select[Any] = select(*(staged.c[name] for name in place.values())).where(moved)
    gone = tuple_(*(table.c[name] for name in place)).in_(old)
    transaction.connection.execute(delete(table).where(transaction.own(table), gone))


def _rewrite_keys(
    transaction: Transaction, which: ColumnElement[bool], homes: Mapping[str, ColumnElement[Any]]
) -> None:
    statement = update(external_keys).where(transaction.own(external_keys), which)
    transaction.connection.execute(statement.values(dict(homes)))


def _moved(kind: RecordKind, staged: Table) -> ColumnElement[bool]:
    return or_(*(staged.c[home] != staged.c[f"{BEFORE}{home}"] for home in HOMES[kind]))


def _before(kind: RecordKind) -> Place:
    homes = HOMES.get(kind, ())
    return {name: f"{BEFORE}{name}" if name in homes else name for name in key_columns(kind)}


def _lies(table: Table, staged: Table, place: Place) -> ColumnElement[bool]:
    return and_(*(table.c[name] == staged.c[here] for name, here in place.items()))
