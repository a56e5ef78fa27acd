"""Tables for any catalogue, in the ways in which values can be kept, with their binding.

``stored`` keeps values in stored form, as Kohorte does (custom fields in a JSON column); ``aware`` and ``naive`` keep
them as an embedder's own tables would: dates, decimals, enumerations, and instants with or without a time zone.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import define, field, frozen
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    select,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.values import currency_scale, from_days, from_micros, from_units
from kohorte.dsl.sql import Binding, Keys, Rows, Stored
from tests.dsl.catalogues import identifier

Record = Mapping[str, Any]


class Style(Enum):
    """How values are kept."""

    STORED = "stored"
    AWARE = "aware"
    NAIVE = "naive"


def _code_point_order() -> TypeEngine[Any]:
    return Text().with_variant(Text(collation="C"), "postgresql")


def _array_of_texts() -> TypeEngine[Any]:
    return ARRAY(Text()).with_variant(JSON(), "sqlite")


@frozen
class _Kept:
    """A field's columns, with what each takes from a prepared record, and where the binding finds them."""

    columns: Mapping[str, tuple[TypeEngine[Any], Callable[[Record, str], Any]]]
    place: Callable[[ReadOnlyColumnCollection[str, Column[Any]]], Stored]


def _read(suffix: str = "", convert: Callable[[Any], Any] | None = None) -> Callable[[Record, str], Any]:
    def read(record: Record, name: str) -> Any:
        value = record.get(name + suffix)
        return value if value is None or convert is None else convert(value)

    return read


def _kept(wanted: Field, style: Style) -> _Kept:
    name = wanted.name
    plain = _Kept({name: (_plain_type(wanted, style), _plain_value(wanted, style))}, lambda c: Stored(c[name]))
    match wanted.kind:
        case Kind.TEXT:
            text = _code_point_order() if style is Style.STORED else Text()
            columns = {name: (text, _read()), f"{name}_folded": (text, _read("~"))}
            return _Kept(columns, lambda c: Stored(c[name], folded=c[f"{name}_folded"]))
        case Kind.TAGS:
            tags = JSON().with_variant(JSONB(), "postgresql") if style is Style.STORED else _array_of_texts()
            columns = {name: (tags, _read("", list)), f"{name}_folded": (tags, _read("~", sorted))}
            return _Kept(columns, lambda c: Stored(c[name], folded=c[f"{name}_folded"]))
        case Kind.MONEY if wanted.currency is None:
            columns = {**plain.columns, f"{name}_currency": (Text(), _read("$"))}
            return _Kept(columns, lambda c: Stored(c[name], currency=c[f"{name}_currency"]))
        case Kind.DATE if style is Style.STORED:
            columns = {**plain.columns, f"{name}_month_day": (Integer(), _read("#"))}
            return _Kept(columns, lambda c: Stored(c[name], month_day=c[f"{name}_month_day"]))
        case _:
            return plain


def _plain_type(wanted: Field, style: Style) -> TypeEngine[Any]:
    match wanted.kind:
        case Kind.BOOLEAN:
            return Boolean()
        case Kind.ENUMERATION if style is not Style.STORED:
            return EnumType(*wanted.choices, name=f"{wanted.name}_choice")
        case Kind.TEXT | Kind.CODE | Kind.ENUMERATION:
            return _code_point_order() if style is Style.STORED else Text()
        case Kind.DECIMAL | Kind.MONEY if style is not Style.STORED:
            return Numeric(24, 4)
        case Kind.DATE if style is not Style.STORED:
            return Date()
        case Kind.INSTANT if style is not Style.STORED:
            return DateTime(timezone=style is Style.AWARE)
        case _:
            return BigInteger()


def _plain_value(wanted: Field, style: Style) -> Callable[[Record, str], Any]:
    if style is Style.STORED:
        return _read()
    match wanted.kind:
        case Kind.DECIMAL:
            return _read("", lambda units: from_units(units, wanted.scale))
        case Kind.MONEY:
            return _amount
        case Kind.DATE:
            return _read("", from_days)
        case Kind.INSTANT if style is Style.AWARE:
            return _read("", from_micros)
        case Kind.INSTANT:
            return _read("", lambda micros: from_micros(micros).replace(tzinfo=None))
        case _:
            return _read()


def _amount(record: Record, name: str) -> Decimal | None:
    units = record.get(name)
    return None if units is None else from_units(units, currency_scale(record[name + "$"]))


# -- tables ------------------------------------------------------------------------------------------------------


@define
class Holder:
    """The table of an owner or a collection."""

    table: Table
    kept: list[tuple[Field, _Kept]]
    custom: list[Field]
    prefix: str = ""

    def row(self, record: Record, **more: Any) -> dict[str, Any]:
        """Return a row of the table from a prepared record."""
        row = {
            column: read(record, self.prefix + each.name)
            for each, kept in self.kept
            for column, (_, read) in kept.columns.items()
        }
        if self.custom:
            row["custom"] = {
                key.removeprefix(self.prefix): sorted(value) if isinstance(value, frozenset) else value
                for each in self.custom
                for key in (self.prefix + each.name + form for form in ("", "~", "$", "#"))
                if (value := record.get(key)) is not None
            }
        return {**row, **more}


def _holder(name: str, fields: Iterable[Field], style: Style, metadata: MetaData, *links: str) -> Holder:
    custom = [each for each in fields if each.custom and style is Style.STORED]
    kept = [(each, _kept(each, style)) for each in fields if each not in custom]
    # Quoted, since some names are words of some engine.
    columns = [
        Column(column, type_, key=column, quote=True) for _, each in kept for column, (type_, _) in each.columns.items()
    ]
    columns += [Column("custom", JSON().with_variant(JSONB(), "postgresql"))] if custom else []
    columns += [Column(link, Integer, index=True) for link in links]
    key = Column("row_id", Integer, primary_key=True, autoincrement=False)
    return Holder(Table(f"{style.value}_{name}", metadata, key, *columns), kept, custom)


def _rows(holder: Holder, **options: Any) -> Rows:
    table = holder.table
    return Rows(
        table,
        columns={each.name: kept.place(table.c) for each, kept in holder.kept},
        key=table.c.row_id,
        custom=table.c.custom if holder.custom else None,
        **options,
    )


@define
class Tables:
    """The tables of a catalogue in one style: made, filled with prepared records, and bound."""

    catalogue: Catalogue
    style: Style
    metadata: MetaData = field(factory=MetaData)
    holders: dict[str, Holder] = field(factory=dict[str, Holder])

    def __attrs_post_init__(self) -> None:
        for owner in self.catalogue.owners.values():
            links = [] if owner.name == self.catalogue.subject else ["of_subject"]
            self.holders[owner.name] = _holder(owner.name, owner.fields.values(), self.style, self.metadata, *links)
            self.holders[owner.name].prefix = f"{owner.name}." if links else ""
        for rows in self.catalogue.collections.values():
            links = ["of_subject", "of_parent"] if rows.parent else ["of_subject"]
            self.holders[rows.name] = _holder(rows.name, rows.fields.values(), self.style, self.metadata, *links)
        prefix = self.style.value
        self.members = Table(f"{prefix}_members", self.metadata, Column("segment", Text), Column("row_id", Integer))
        self.entries = Table(f"{prefix}_entries", self.metadata, Column("list", Text), Column("entry", Text))

    members: Table = field(init=False)
    entries: Table = field(init=False)

    @property
    def subject(self) -> Table:
        """Return the subject's table."""
        return self.holders[self.catalogue.subject].table

    def binding(self, members: Iterable[str] = (), lists: Mapping[str, Iterable[str]] | None = None) -> Binding:
        """Return the binding of the tables; named segments and lists are those in ``members`` and ``entries``."""
        subject = self.subject
        owners = {
            name: _rows(self.holders[name], on=self.holders[name].table.c.of_subject == subject.c.row_id)
            for name in self.catalogue.owners
            if name != self.catalogue.subject
        }
        collections: dict[str, Rows] = {}
        for name, rows in self.catalogue.collections.items():
            table = self.holders[name].table
            parent = self.holders[rows.parent].table if rows.parent else None
            collections[name] = _rows(
                self.holders[name],
                on=table.c.of_subject == subject.c.row_id,
                on_parent=None if parent is None else table.c.of_parent == parent.c.row_id,
            )
        keys: dict[Any, Keys] = {
            identifier(name): select(self.members.c.row_id).where(self.members.c.segment == name) for name in members
        }
        return Binding(
            subject=_rows(self.holders[self.catalogue.subject]),
            owners=owners,
            collections=collections,
            segments=keys,
            lists={identifier(name): list(entries) for name, entries in (lists or {}).items()},
        )

    def insert(self, connection: Connection, records: Iterable[Record]) -> None:
        """Insert prepared records; the n-th has the key n."""
        waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in self.holders}
        for number, record in enumerate(records):
            for name in self.catalogue.owners:
                is_subject = name == self.catalogue.subject
                if is_subject or any(key.startswith(f"{name}.") and record[key] is not None for key in record):
                    links = {"row_id": number} if is_subject else {"row_id": number, "of_subject": number}
                    waiting[name].append(self.holders[name].row(record, **links))
            for name, rows in self.catalogue.collections.items():
                if rows.parent is None:
                    self._add_rows(name, record.get(name, ()), number, None, waiting)
        for name, rows_of in waiting.items():
            if rows_of:
                connection.execute(self.holders[name].table.insert(), rows_of)

    def _add_rows(
        self,
        name: str,
        rows: Iterable[Record],
        subject: int,
        parent: int | None,
        waiting: dict[str, list[dict[str, Any]]],
    ) -> None:
        for row in rows:
            key = len(waiting[name])
            links = {"row_id": key, "of_subject": subject} | ({} if parent is None else {"of_parent": parent})
            waiting[name].append(self.holders[name].row(row, **links))
            for child in self.catalogue.collections.values():
                if child.parent == name:
                    self._add_rows(child.name, row.get(child.name, ()), subject, key, waiting)
