"""Bindings: in which tables and columns a catalogue's fields, related rows, segments and stored lists lie.

A binding is made once per schema and used for every rule. The shortest one names a table, its key and its columns::

    binding = Binding(subject=Rows(contacts, columns={"country": contacts.c.country}, key=contacts.c.id))
    select(contacts.c.id).where(rule.condition(binding))

The types of the columns decide how constants are bound, so stored forms need no declaration:

=========== ==========================================================================================================
kind        columns that can hold it
=========== ==========================================================================================================
text, code  ``String``, ``Text``, native ``Enum``
integer     ``Integer`` and its kin, ``Numeric``
decimal     ``Numeric``; or ``Integer``/``BigInteger`` with units of the field's scale
money       ``Numeric``; or ``Integer``/``BigInteger`` with the currency's smallest units; and the currency beside it
boolean     ``Boolean``; or ``Integer`` with 0 and 1
date        ``Date``; or ``Integer`` with days since 1970-01-01
instant     ``DateTime(timezone=True)``; ``DateTime()`` that holds UTC; or ``BigInteger`` with microseconds since 1970
enumeration ``String``, native ``Enum``
tag set     ``JSON``/``JSONB`` with an array of texts, ``ARRAY`` of text (PostgreSQL)
=========== ==========================================================================================================

``type_coerce(column, BigInteger)`` says what a column of a type of one's own really holds. Text compares by code point:
columns of a case-insensitive collation are not what rules mean.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen
from sqlalchemy import BindParameter, ColumnElement, FromClause, Select

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Field, Kind
from kohorte.dsl.sql.elements import json_value


@frozen(eq=False)
class Stored:
    """The columns (or expressions) in which one field lies.

    ``folded`` holds ``fold(text)``, computed in Python whenever the text is written (``kohorte.core.values.fold``).
    ``currency`` is the column beside an amount, or a text where all amounts share one currency; without it the
    catalogue's ``Field.currency`` names the sibling field. ``month_day`` holds month * 100 + day of a date and lets an
    index serve anniversaries; without it the database computes it from a ``Date`` column.
    """

    value: ColumnElement[Any]
    folded: ColumnElement[Any] | None = None
    currency: ColumnElement[Any] | str | None = None
    month_day: ColumnElement[Any] | None = None


def _as_stored(columns: Mapping[str, Any]) -> Mapping[str, Stored]:
    return {name: each if isinstance(each, Stored) else Stored(each) for name, each in columns.items()}


@frozen(eq=False)
class Rows:
    """Where the records of the subject, of another owner, or of a collection lie.

    ``table`` is anything that can be selected from: a table, an alias, a view, a join, a sub-query. ``columns`` maps
    the names of the catalogue's fields to columns of it. ``key`` identifies a row; it is never NULL. By the subject's
    key samples are drawn: it is a whole number, a UUID or a text, the same in records of memory (see ``samples``).

    ``on`` ties a row to the subject's row, written over both tables: ``purchases.c.contact_id == contacts.c.id``. Put
    the tenant's equality in it where every index begins with the tenant. The subject itself has none; an owner without
    ``on`` lies in the subject's own row (its columns belong to the subject's table).
    ``on_parent`` ties a line to its parent's row: ``items.c.purchase_id == purchases.c.id``.
    ``only`` always holds for the rows that exist for rules (``deleted_at IS NULL``); for the subject it is the universe
    that sub-queries over the subject's table look at, and callers add it to their own statement themselves.
    ``custom`` is the JSON column in which the catalogue's custom fields lie that ``columns`` does not name, as
    ``custom_column`` reads them.

    Tables are aliased in every sub-query, so one table may appear in several places; a table that is bound twice (an
    employee and their manager) is given as two aliases.
    """

    table: FromClause
    columns: Mapping[str, Stored] = field(converter=_as_stored)
    key: ColumnElement[Any]
    on: ColumnElement[bool] | None = None
    on_parent: ColumnElement[bool] | None = None
    only: ColumnElement[bool] | None = None
    custom: ColumnElement[Any] | None = None

    def stored(self, wanted: Field) -> Stored:
        """Return where a field lies; raise ``InvalidInput`` for one that is bound to nothing."""
        found = self.columns.get(wanted.name)
        if found is not None:
            return found
        if wanted.custom and self.custom is not None:
            return custom_column(self.custom, wanted)
        raise InvalidInput(
            "The field {name} is bound to no column.",
            hint='Add it to the binding: Rows(columns={{"{name}": table.c.…}}).',
            name=wanted.name,
        )

    def currency_of(self, amount: Field) -> ColumnElement[Any] | str:
        """Return where the currency of an amount lies, or the one of all; raise ``InvalidInput`` where nobody says."""
        stored = self.stored(amount)
        if stored.currency is not None:
            return stored.currency
        if amount.currency is None or amount.currency not in self.columns:
            raise InvalidInput(
                "Nothing says in which currency the amounts of {name} are.",
                hint='Give Stored(column, currency=…): a column, or a text such as "EUR".',
                name=amount.name,
            )
        return self.columns[amount.currency].value


Keys = Select[Any] | ColumnElement[bool] | Collection[Any]
"""Who belongs to a segment: a select of subject keys, a condition over the subject's table, or the keys themselves."""

Entries = Select[Any] | Collection[str]
"""What a stored list holds: a select of its entries (never NULL), or the entries themselves."""

Members = Callable[[UUID, BindParameter[int]], Keys]
"""Answer who belongs to a segment at the bound instant (µs, the parameter ``rule_now``)."""

ListEntries = Callable[[UUID, bool], Entries]
"""Answer the entries of a stored list: folded (true) or as they were written (false)."""


@frozen(eq=False)
class Binding:
    """Where everything lies that the rules of one catalogue may speak of.

    ``owners`` and ``collections`` go by the catalogue's names. ``segments`` answers for segments whose stored
    membership counts: a mapping from segment id to ``Keys``, or a function of the id and of the bound instant; segments
    with a rule of their own are part of the statement and need nothing here. ``lists`` answers for stored lists:
    a mapping from list id to ``Entries`` (then they are folded where the comparison is, if they are texts and not a
    select), or a function of the id and of whether folded entries are wanted.

    ``ascii_folding`` accepts, for text without a ``folded`` column, the database's own lower case of A–Z: then text
    beyond ASCII compares as it is written, and agreement with the predicate is not promised for it.
    """

    subject: Rows
    owners: Mapping[str, Rows] = field(factory=dict[str, Rows])
    collections: Mapping[str, Rows] = field(factory=dict[str, Rows])
    segments: Mapping[UUID, Keys] | Members = field(factory=dict[UUID, Keys])
    lists: Mapping[UUID, Entries] | ListEntries = field(factory=dict[UUID, Entries])
    ascii_folding: bool = False


def custom_column(document: ColumnElement[Any], wanted: Field) -> Stored:
    r"""Return where a custom field lies in a JSON document; an index on request is made over these very expressions.

    Keys are the field's ``stored_name`` for the value in stored form, the same with ``~`` for folded text and folded
    tags, with ``$`` for a currency, with ``#`` for month * 100 + day. A missing value has no key. The document is
    written without escapes (``json.dumps(…, ensure_ascii=False)``): SQLite before 3.45 does not find ``Größe`` that
    stands as ``Gr\\u00f6\\u00dfe``. Raise ``InvalidInput`` for a name that no JSON path can hold.
    """
    name, kind = wanted.stored_name, wanted.kind
    return Stored(
        json_value(document, name, kind),
        folded=json_value(document, name + "~", kind) if kind in (Kind.TEXT, Kind.TAGS) else None,
        currency=json_value(document, name + "$", Kind.CODE) if kind is Kind.MONEY else None,
        month_day=json_value(document, name + "#", Kind.INTEGER) if kind is Kind.DATE else None,
    )
