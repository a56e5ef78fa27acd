"""The tables in reach of a condition: whose columns they hold and what each is called there."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, FromClause, Join, Select, String, Text, literal_column, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Kind
from kohorte.dsl.sql.binding import Binding, Rows, Stored
from kohorte.dsl.sql.columns import Coder, coder_of, is_native_enum
from kohorte.dsl.sql.elements import AsciiLower, AsciiLowerTags
from kohorte.dsl.typed import Among, Compare, Contains, FieldOf, InList, Leaf

_Element = TypeVar("_Element", bound="ColumnElement[Any] | FromClause")


@frozen(eq=False)
class Value:
    """A value of a statement: how it is written, whether it may be NULL, and how others are bound to meet it.

    ``currency`` stands beside an amount (a text where it is the same for all), ``month_day`` beside a date.
    """

    expression: ColumnElement[Any]
    nullable: bool
    coder: Coder
    currency: ColumnElement[Any] | str | None = None
    month_day: ColumnElement[Any] | None = None


@frozen(eq=False)
class Opened:
    """Rows of a sub-query: the scope in which its conditions are written, and what selects the rows."""

    scope: "Scope"
    table: FromClause
    ties: tuple[ColumnElement[bool], ...]

    def select(self, *columns: ColumnElement[Any], where: ColumnElement[bool]) -> Select[Any]:
        """Return the select of columns of the rows for which a condition holds; all other tables lie outside it."""
        chosen = select(*columns or (literal_column("1"),)).select_from(self.table)
        return chosen.where(*self.ties, where).correlate_except(*_tables(self.table))

    def owns(self, expression: ColumnElement[Any]) -> bool:
        """Tell whether an expression reads no other columns than those of the rows."""
        own = _tables(self.table)
        return all(column.table in own for column in iterate(expression) if isinstance(column, ColumnClause))


@frozen(eq=False)
class Scope:
    """Which owner's or collection's columns are in reach, and which alias each of their tables has."""

    binding: Binding
    subject: str
    zone: ZoneInfo
    open: Mapping[str, Rows]
    aliases: Mapping[FromClause, FromClause]

    @classmethod
    def of_subject(cls, binding: Binding, subject: str, zone: ZoneInfo) -> "Scope":
        """Return the scope of a whole rule."""
        beside = {name: rows for name, rows in binding.owners.items() if rows.on is None}
        return cls(binding, subject, zone, {subject: binding.subject, **beside}, {})

    def called_here(self, element: _Element) -> _Element:
        """Return an expression over the bound tables with the aliases that they have here."""
        if not self.aliases:
            return element
        return cast("_Element", replacement_traverse(cast("Any", element), {}, self._replacement))

    def _replacement(self, element: Any, **_: Any) -> Any:
        if isinstance(element, FromClause):
            return self.aliases.get(cast("FromClause", element))
        if isinstance(element, ColumnClause) and element.table is not None:
            alias = self.aliases.get(element.table)
            return None if alias is None else alias.c[element.key]
        return None

    # -- opening rows --------------------------------------------------------------------------------------------

    def subject_again(self) -> Opened:
        """Open the records of the subject for a sub-query of their own."""
        return self._opened(self.subject, self.binding.subject, None)

    def owner(self, name: str) -> Opened:
        """Open the record of another owner."""
        rows = self.binding.owners.get(name)
        if rows is None:
            raise _unbound(name, "owners")
        return self._opened(name, rows, rows.on)

    def collection(self, name: str, parent: str | None) -> Opened:
        """Open the rows of a collection: the subject's, or those of the parent's row in whose filter this is."""
        rows = self.binding.collections.get(name)
        if rows is None:
            raise _unbound(name, "collections")
        tie = rows.on_parent if parent is not None and parent in self.open else rows.on
        if tie is None:
            raise InvalidInput(
                "Nothing says which rows of {name} belong to which row.",
                hint="Give Rows(on=…), and on_parent=… for lines of other rows.",
                name=name,
            )
        return self._opened(name, rows, tie)

    def _opened(self, name: str, rows: Rows, tie: ColumnElement[bool] | None) -> Opened:
        aliases = {**self.aliases, **{table: table.alias() for table in _tables(rows.table)}}
        scope = evolve(self, open={**self.open, name: rows}, aliases=aliases)
        ties = tuple(scope.called_here(each) for each in (tie, rows.only) if each is not None)
        return Opened(scope, scope.called_here(rows.table), ties)

    # -- reading fields ------------------------------------------------------------------------------------------

    @property
    def key(self) -> ColumnElement[Any]:
        """Return the subject's key."""
        return self.called_here(self.binding.subject.key)

    def value(
        self, operand: FieldOf, *, folded: bool = False, as_text: bool = False, currency: str | None = None
    ) -> Value:
        """Return a field as it is read here.

        ``currency`` is that of the amounts it is compared with; ``as_text`` asks for text where the column is of an
        enumerated type.
        """
        rows, wanted = self.open[operand.owner], operand.field
        stored = rows.stored(wanted)
        expression = self._folded(stored, operand) if folded else stored.value
        coder = coder_of(expression, wanted, currency)
        if is_native_enum(expression) and (as_text or wanted.kind is not Kind.ENUMERATION):
            expression, coder = sql_cast(expression, Text), Coder(String())
        is_beside = operand.owner != self.subject and rows.on is None
        return Value(
            self.called_here(expression),
            wanted.nullable or is_beside,
            coder,
            self._currency(rows, operand) if wanted.kind is Kind.MONEY else None,
            None if stored.month_day is None else self.called_here(stored.month_day),
        )

    def value_for(self, leaf: Leaf, wanted: FieldOf) -> Value:
        """Return a field as a condition wants to look at it."""
        folded = isinstance(leaf, Compare | Among | InList | Contains) and leaf.folded
        currency = leaf.currency if isinstance(leaf, Compare | Among) else None
        return self.value(wanted, folded=folded, as_text=isinstance(leaf, Contains), currency=currency)

    def _folded(self, stored: Stored, operand: FieldOf) -> ColumnElement[Any]:
        if stored.folded is not None:
            return stored.folded
        if not self.binding.ascii_folding:
            raise InvalidInput(
                "The field {owner}.{name} has no folded column, and the rule compares folded text.",
                hint="Give Stored(column, folded=…), or Binding(ascii_folding=True) where A–Z are enough,"
                ' or compare with exactly "…".',
                owner=operand.owner,
                name=operand.field.name,
            )
        lower = AsciiLowerTags if operand.field.kind is Kind.TAGS else AsciiLower
        return lower(stored.value)

    def _currency(self, rows: Rows, operand: FieldOf) -> ColumnElement[Any] | str:
        found = rows.currency_of(operand.field)
        return found if isinstance(found, str) else self.called_here(found)


def _tables(table: FromClause) -> tuple[FromClause, ...]:
    """Return the tables that are joined in a FROM clause."""
    return (*_tables(table.left), *_tables(table.right)) if isinstance(table, Join) else (table,)


def _unbound(name: str, where: str) -> InvalidInput:
    return InvalidInput(
        "The rule reads {name}, which is bound to no table.",
        hint='Add it to the binding: Binding({where}={{"{name}": Rows(…)}}).',
        name=name,
        where=where,
    )
