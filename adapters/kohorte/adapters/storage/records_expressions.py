"""What the columns of written rows become in SQL: names joined, custom fields merged, amounts taken to a currency."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, case, func, literal, or_

from kohorte.adapters.storage.columns import Number
from kohorte.adapters.storage.schema import contacts, items
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.fields import LARGEST
from kohorte.core.values import CURRENCIES

Expressions = dict[str, ColumnElement[Any]]

CUSTOM: Final = "custom"
_USUAL: Final = 2
_UNUSUAL: Final[Mapping[int, tuple[str, ...]]] = {
    decimals: tuple(code for code, each in CURRENCIES.items() if each == decimals)
    for decimals in sorted(set(CURRENCIES.values()) - {_USUAL})
}


def staged_values(transaction: Transaction, staged: Table, columns: list[str], table: Table) -> Expressions:
    """Return what a stored row's columns become: the staged values, and what is derived from them."""
    values: Expressions = {name: staged.c[name] for name in columns}
    if CUSTOM in values:
        values[CUSTOM] = merged_custom(transaction, table.c[CUSTOM], staged.c[CUSTOM])
    if "created_at" in values and table is contacts:
        values["created_at"] = func.coalesce(staged.c.created_at, table.c.created_at)
    if "currency" in values and "amount" not in values:
        values["amount"] = rescaled(table.c.amount, table.c.currency, staged.c.currency)
    if table is contacts and ("first_name" in values or "last_name" in values):
        values |= contact_names({name: values.get(name, column) for name, column in table.c.items()})
    return values


def contact_names(columns: Mapping[str, ColumnElement[Any]]) -> Expressions:
    """Return ``name`` and its shadow: first and last name joined, or whichever is known.

    Joining shadows is the shadow of what is joined, because nothing composes across a blank.
    """
    return {
        f"name{suffix}": _joined(columns[f"first_name{suffix}"], columns[f"last_name{suffix}"])
        for suffix in ("", "_folded")
    }


def _joined(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[Any]:
    both = and_(first.is_not(None), last.is_not(None))
    return case((both, first.concat(" ").concat(last)), else_=func.coalesce(first, last))


def new_custom(transaction: Transaction, change: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the custom fields of a new row: what the change sets."""
    if transaction.dialect == "sqlite":
        return func.json_patch("{}", change, type_=items.c.custom.type)
    return func.jsonb_strip_nulls(change, type_=items.c.custom.type)


def merged_custom(
    transaction: Transaction, custom: ColumnElement[Any], change: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return custom fields after a change, in which null takes a name out."""
    if transaction.dialect == "sqlite":
        return func.json_patch(custom, change, type_=items.c.custom.type)
    return func.jsonb_strip_nulls(custom.op("||")(change), type_=items.c.custom.type)


# -- amounts -----------------------------------------------------------------------------------------------------


def rescaled(amount: ColumnElement[Any], before: ColumnElement[Any], after: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an amount in the smallest units of another currency, its number kept; only where it fits."""
    return amount * _units_of_one(after) // _units_of_one(before)


def does_not_fit(
    amount: ColumnElement[Any], before: ColumnElement[Any], after: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return whether an amount has more decimals than another currency, or would be out of range in it."""
    units = amount * _units_of_one(after)
    return and_(
        before != after,
        or_(units % _units_of_one(before) != 0, func.abs(units) > _number(LARGEST) * _units_of_one(before)),
    )


def _units_of_one(currency: ColumnElement[Any]) -> ColumnElement[int]:
    whens = [
        (currency.in_(bindparam(None, codes, expanding=True)), _number(10**decimals))
        for decimals, codes in _UNUSUAL.items()
    ]
    return case(*whens, else_=_number(10**_USUAL))


def _number(value: int) -> ColumnElement[int]:
    """Return a constant that calculates in 64 bits."""
    return literal(value, Number)


def differs(table: Table, values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """Return whether any column would change."""
    return or_(*(_column(table, name).is_distinct_from(value) for name, value in values.items()))


def _column(table: Table, name: str) -> Column[Any]:
    return table.c[name]
