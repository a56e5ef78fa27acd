"""What SQLite and PostgreSQL say differently, as SQL elements that compile on both.

Text is looked into with ``instr``/``strpos`` and ranges, never with LIKE (whose case and wildcards differ), save for
globs, whose pattern each engine gets in its own spelling. Long lists travel as one parameter: JSON on SQLite, an array
on PostgreSQL.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Text, TypeDecorator, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Kind

# -- parameters --------------------------------------------------------------------------------------------------

TAKING_ARRAYS: Final = {"postgresql"}
"""Engines, by the name of their dialect, that get a list parameter as an array; an engine's own module adds itself."""
GLOBBING_BY_LIKE: Final = {"postgresql"}
"""Engines that get a glob as a pattern of LIKE, with a backslash as its escape; likewise."""


class ListOf(TypeDecorator[Sequence[Any]]):
    """Many values in one parameter: an array where the engine has one, else JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, element: TypeEngine[Any]) -> None:
        super().__init__()
        self.element = element

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the array or the text type."""
        return ARRAY(self.element) if dialect.name in TAKING_ARRAYS else Text()

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Return the values as the engine takes them."""
        if value is None or dialect.name in TAKING_ARRAYS:
            return value
        process = self.element.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([process(each) for each in value] if process else list(value), ensure_ascii=False)


class Encoded(TypeDecorator[Any]):
    """A value in stored form, bound the way a column's own type wants it."""

    impl = Text
    cache_ok = True

    def __init__(self, column_type: TypeEngine[Any], encode: Callable[[Any], Any]) -> None:
        super().__init__()
        self.impl = column_type  # type: ignore[assignment]  # an instance may stand for a class
        self.impl_instance = column_type
        self.column_type = column_type
        self.encode = encode

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the same for every engine
        """Return the value as the column's type takes it."""
        return None if value is None else self.encode(value)


class GlobPattern(TypeDecorator[str]):
    """A glob in the engine's own spelling: ``*`` is any text, ``?`` one character, and nothing else is special."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the pattern of GLOB (SQLite) or LIKE (PostgreSQL)."""
        if value is None:
            return None
        if dialect.name not in GLOBBING_BY_LIKE:
            return value.replace("[", "[[]")
        for special in ("\\", "%", "_"):
            value = value.replace(special, "\\" + special)
        return value.replace("*", "%").replace("?", "_")


_T = TypeVar("_T")

# -- conditions and expressions ----------------------------------------------------------------------------------


class Element(FunctionElement[_T]):
    """An expression over its clauses, written by each engine in its own way."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.inherit_cache = True  # SQLAlchemy asks every class itself


class Condition(Element[bool]):
    """A condition over its clauses, written in brackets of its own."""

    type = Boolean()

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the condition as it is: SQLAlchemy would write ``(…) = 1`` on SQLite, which no index serves."""
        return self


class IsInArray(Condition):
    """A value equals one of those in a list parameter."""


class IsNotInArray(Condition):
    """A value equals none of those in a list parameter; NULL where the value is."""


class ContainsText(Condition):
    """A text contains another."""


class StartsWith(Condition):
    """A text starts with another; clauses: text, needle, and what follows all such texts (if anything does)."""


class StartsNotWith(Condition):
    """A text does not start with another; clauses as ``StartsWith``; NULL where the text is."""


class EndsWith(Condition):
    """A text ends with another; clauses: text, needle, its length in characters."""


class MatchesGlob(Condition):
    """A text matches a glob, given as a ``GlobPattern``."""


class BetweenBoundaries(Condition):
    """A value lies in one of half-open intervals, whose boundaries follow each other in a sorted list parameter.

    Where three more clauses follow, all intervals lie near one place of the year: the place, its width, and the length
    of four years. Only values near it are looked for in the list, which takes long on SQLite.
    """


class HasSomeTag(Condition):
    """An array of texts is not empty."""


class HasAnyTag(Condition):
    """An array of texts has one of the texts in a list parameter."""


class HasEveryTag(Condition):
    """An array of texts has all of the texts in a list parameter; clauses: array, list, the list's length."""


class PerEngine(Condition):
    """A condition said in two ways; clauses: for most engines, for PostgreSQL."""


class MonthDay(Element[int]):
    """month * 100 + day of a date column."""

    type = BigInteger()


class DaysOf(Element[int]):
    """Days since 1970-01-01 of a date column."""

    type = BigInteger()


class MicrosOf(Element[int]):
    """Microseconds since 1970-01-01 UTC of a date-time column, which holds UTC or a time zone."""

    type = BigInteger()


class Least(Element[int]):
    """The least of two or more numbers, none of which is NULL."""

    type = BigInteger()


class Greatest(Element[int]):
    """The greatest of two or more numbers, none of which is NULL."""

    type = BigInteger()


class Units(Element[int]):
    """A decimal column as whole units; clauses: column, units in one."""

    type = BigInteger()


class AsciiLower(Element[str]):
    """Lower case of A–Z alone, whatever the collation."""

    type = Text()


class AsciiLowerTags(Element[Any]):
    """An array of texts with A–Z in lower case."""

    type = JSONB()


class JsonText(Element[str]):
    """A text in a JSON document; clauses: document, path (SQLite), key (PostgreSQL)."""

    type = Text(collation="C")


class JsonInteger(Element[int]):
    """A whole number in a JSON document; clauses as ``JsonText``."""

    type = BigInteger()


class JsonBoolean(Element[bool]):
    """A truth value in a JSON document; clauses as ``JsonText``."""

    type = Boolean()


class JsonTexts(Element[Any]):
    """An array of texts in a JSON document; clauses as ``JsonText``."""

    type = JSONB()


_JSON_VALUES: Final[dict[Kind, type[FunctionElement[Any]]]] = {
    Kind.TEXT: JsonText,
    Kind.CODE: JsonText,
    Kind.ENUMERATION: JsonText,
    Kind.INTEGER: JsonInteger,
    Kind.DECIMAL: JsonInteger,
    Kind.MONEY: JsonInteger,
    Kind.DATE: JsonInteger,
    Kind.INSTANT: JsonInteger,
    Kind.BOOLEAN: JsonBoolean,
    Kind.TAGS: JsonTexts,
}


def json_value(document: ColumnElement[Any], key: str, kind: Kind) -> ColumnElement[Any]:
    """Return the expression that reads a key of a JSON document as a value of a kind in stored form.

    The key is written out, so that an index over the expression serves it. Raise ``InvalidInput`` for a key that no
    JSON path of SQLite can name.
    """
    if not key.isprintable() or '"' in key or "\\" in key:
        raise InvalidInput(
            "A custom field cannot be called {key}.",
            hint="Leave out quotes, backslashes and control characters.",
            key=key,
        )
    quoted = key.replace("'", "''")
    return _JSON_VALUES[kind](document, literal_column(f"'$.\"{quoted}\"'"), literal_column(f"'{quoted}'"))


# -- how each engine writes them ---------------------------------------------------------------------------------


class Clauses:
    """The clauses of an element as SQL text, each compiled only where a template asks for it."""

    def __init__(self, element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]) -> None:
        self._clauses = list(element.clauses)
        self._compiler = compiler
        self._options = options

    def __getitem__(self, place: int) -> str:
        return self._compiler.process(self._clauses[place], **self._options)

    def __len__(self) -> int:
        return len(self._clauses)

    def type_of(self, place: int) -> TypeEngine[Any]:
        """Return the engine's own type of a clause, whatever decorates it."""
        found = self._clauses[place].type.dialect_impl(self._compiler.dialect)
        return found.impl_instance if isinstance(found, TypeDecorator) else found


Writer = str | Callable[[Clauses], str]
"""How an engine writes an element: a template over the places of its clauses, or a function that returns one."""


def write_as(element: type[FunctionElement[Any]], writer: Writer, *dialects: str) -> None:
    """Say how engines, by the names of their dialects, write an element; where none is named: all that are not."""

    def write(this: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
        clauses = Clauses(this, compiler, options)
        return (writer if isinstance(writer, str) else writer(clauses)).format(clauses)

    compiles(element, *dialects)(write)


def _write(element: type[FunctionElement[Any]], *, sqlite: Writer, postgresql: Writer) -> None:
    write_as(element, sqlite)
    write_as(element, postgresql, "postgresql")


def call_of(function: str) -> Writer:
    """Return how a function of any number of clauses is called."""
    return lambda clauses: f"{function}({', '.join(f'{{0[{place}]}}' for place in range(len(clauses)))})"


def _range(clauses: Clauses) -> str:
    return "({0[0]} >= {0[1]} AND {0[0]} < {0[2]})" if len(clauses) > 2 else "({0[0]} >= {0[1]})"


def _outside(clauses: Clauses) -> str:
    return "({0[0]} < {0[1]} OR {0[0]} >= {0[2]})" if len(clauses) > 2 else "({0[0]} < {0[1]})"


def _outside_by_code_point(clauses: Clauses) -> str:
    is_ordered = getattr(clauses.type_of(0), "collation", None) == "C"
    return _outside(clauses) if is_ordered else "(NOT starts_with({0[0]}, {0[1]}))"


def _range_by_code_point(clauses: Clauses) -> str:
    # Only the C collation orders by code point, as a range of prefixes needs it.
    return _range(clauses) if getattr(clauses.type_of(0), "collation", None) == "C" else "starts_with({0[0]}, {0[1]})"


def _between_boundaries(clauses: Clauses) -> str:
    listed = "((SELECT count(*) FROM json_each({0[1]}) WHERE value <= {0[0]}) % 2 = 1)"
    if len(clauses) == 2:
        return listed
    near = "((({0[0]} - {0[2]}) * 4) % {0[4]} + {0[4]}) % {0[4]} < {0[3]} * 4"
    # Outside WHERE, SQLite computes both sides of an AND.
    return f"(CASE WHEN {near} THEN {listed} ELSE 0 END)"


def _tags(array: str, document: str) -> Writer:
    """Choose between an ARRAY and a JSON column."""

    def choose(clauses: Clauses) -> str:
        found = clauses.type_of(0)
        if isinstance(found, ARRAY):
            return array
        return document if isinstance(found, JSONB) else document.replace("{0[0]}", "CAST({0[0]} AS JSONB)")

    return choose


_write(IsInArray, sqlite="({0[0]} IN (SELECT value FROM json_each({0[1]})))", postgresql="({0[0]} = ANY ({0[1]}))")
_write(
    IsNotInArray, sqlite="({0[0]} NOT IN (SELECT value FROM json_each({0[1]})))", postgresql="({0[0]} <> ALL ({0[1]}))"
)
_write(ContainsText, sqlite="(instr({0[0]}, {0[1]}) > 0)", postgresql="(strpos({0[0]}, {0[1]}) > 0)")
_write(PerEngine, sqlite="{0[0]}", postgresql="{0[1]}")
_write(StartsWith, sqlite=_range, postgresql=_range_by_code_point)
_write(StartsNotWith, sqlite=_outside, postgresql=_outside_by_code_point)
_write(EndsWith, sqlite="(substr({0[0]}, -{0[2]}) = {0[1]})", postgresql="(right({0[0]}, {0[2]}) = {0[1]})")
_write(MatchesGlob, sqlite="({0[0]} GLOB {0[1]})", postgresql="({0[0]} LIKE {0[1]} ESCAPE '\\')")
_write(
    BetweenBoundaries,
    sqlite=_between_boundaries,
    postgresql="(mod(width_bucket({0[0]}, {0[1]}), 2) = 1)",
)
_write(
    HasSomeTag,
    sqlite="(EXISTS (SELECT 1 FROM json_each({0[0]}) WHERE value IS NOT NULL))",
    postgresql=_tags(
        "(coalesce(cardinality({0[0]}), 0) > 0)",
        "(CASE jsonb_typeof({0[0]}) WHEN 'array' THEN jsonb_array_length({0[0]}) > 0 ELSE false END)",
    ),
)
_write(
    HasAnyTag,
    sqlite="(EXISTS (SELECT 1 FROM json_each({0[0]}) AS tag WHERE tag.value IN (SELECT value FROM json_each({0[1]}))))",
    postgresql=_tags("({0[0]} && {0[1]})", "({0[0]} ?| {0[1]})"),
)
_write(
    HasEveryTag,
    sqlite="((SELECT count(DISTINCT tag.value) FROM json_each({0[0]}) AS tag"
    " WHERE tag.value IN (SELECT value FROM json_each({0[1]}))) = {0[2]})",
    postgresql=_tags("({0[0]} @> {0[1]})", "({0[0]} ?& {0[1]})"),
)
_write(
    MonthDay,
    sqlite="CAST(strftime('%m%d', {0[0]}) AS INTEGER)",
    postgresql="CAST(extract(month FROM {0[0]}) * 100 + extract(day FROM {0[0]}) AS BIGINT)",
)
_write(
    DaysOf,
    sqlite="CAST(julianday({0[0]}) - 2440587.5 AS INTEGER)",
    postgresql="CAST({0[0]} - DATE '1970-01-01' AS BIGINT)",
)
_write(
    MicrosOf,
    # The seconds and the rest by themselves, because SQLite rounds to milliseconds.
    sqlite="(CAST(strftime('%s', substr({0[0]}, 1, 19)) AS INTEGER) * 1000000"
    " + CAST(substr({0[0]}, 21, 6) AS INTEGER))",
    postgresql="CAST(extract(epoch FROM {0[0]}) * 1000000 AS BIGINT)",
)
_write(Least, sqlite=call_of("min"), postgresql=call_of("LEAST"))
_write(Greatest, sqlite=call_of("max"), postgresql=call_of("GREATEST"))
_write(Units, sqlite="CAST(round({0[0]} * {0[1]}) AS INTEGER)", postgresql="({0[0]} * {0[1]})")
_write(AsciiLower, sqlite="lower({0[0]})", postgresql='lower({0[0]} COLLATE "C")')
_write(
    AsciiLowerTags,
    sqlite="(SELECT json_group_array(lower(value)) FROM json_each({0[0]}))",
    postgresql=_tags(
        '(SELECT jsonb_agg(lower(tag COLLATE "C")) FROM unnest({0[0]}) AS tag)',
        '(SELECT jsonb_agg(lower(tag COLLATE "C")) FROM jsonb_array_elements_text({0[0]}) AS tag)',
    ),
)
_write(JsonText, sqlite="json_extract({0[0]}, {0[1]})", postgresql='(({0[0]} ->> {0[2]}) COLLATE "C")')
_write(JsonInteger, sqlite="json_extract({0[0]}, {0[1]})", postgresql="(CAST({0[0]} ->> {0[2]} AS BIGINT))")
_write(JsonBoolean, sqlite="json_extract({0[0]}, {0[1]})", postgresql="(CAST({0[0]} ->> {0[2]} AS BOOLEAN))")
_write(JsonTexts, sqlite="json_extract({0[0]}, {0[1]})", postgresql="({0[0]} -> {0[2]})")
