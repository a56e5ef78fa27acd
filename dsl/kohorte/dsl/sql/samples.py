"""Write who is in a sample as SQL: the formula of ``kohorte.dsl.samples`` in plain integers, without functions of ours.

Each step is a sub-query of one row. ``LIMIT`` keeps both engines from putting an expression in the place of each use of
its name, which would compute the digits of a key a dozen times.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Integer, LargeBinary, String, TypeDecorator, Uuid
from sqlalchemy import Enum as EnumType
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from kohorte.core.errors import InvalidInput
from kohorte.dsl.samples import GROUP, LONGEST, LOW_BITS, PRIME, factors_of, limit_of
from kohorte.dsl.sql.columns import INTEGER
from kohorte.dsl.sql.elements import Element
from kohorte.dsl.typed import InSample

_MASK: Final = 2**LOW_BITS - 1
_DIGITS: Final = 4 * GROUP
"""Decimal digits that one number is made of."""


class _Hash(Element[int]):
    """The hash of a key; clauses: the key, the polynomial's coefficients, the factors of the key's numbers."""

    type = BigInteger()


class OfInteger(_Hash):
    """Of a whole number."""


class OfUuid(_Hash):
    """Of a UUID, in whatever way the engine keeps it."""


class OfText(_Hash):
    """Of a text."""


class OfBytes(_Hash):
    """Of bytes."""


def in_sample(leaf: InSample, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a key is in a sample; raise ``InvalidInput`` for a key that no sample can hold."""
    of_kind, numbers = _kind_of(key)
    factors = factors_of(leaf.seed)
    constants: list[BindParameter[Any]] = [
        INTEGER.constant(each) for each in (*factors.polynomial, *factors.of_numbers[:numbers])
    ]
    found = of_kind(key, *constants)
    limit = INTEGER.constant(limit_of(leaf.share))
    return found >= limit if leaf.negated else found < limit


def _kind_of(key: ColumnElement[Any]) -> tuple[type[_Hash], int]:
    """Return the hash for the type of a key, and of how many numbers a key consists."""
    held: TypeEngine[Any] = key.type
    while isinstance(held, TypeDecorator):
        held = held.impl_instance
    match held:
        case Integer():
            return OfInteger, 3
        case Uuid():
            return OfUuid, 16 // GROUP
        case String() if not isinstance(held, EnumType):
            return OfText, LONGEST // GROUP
        case LargeBinary():
            return OfBytes, LONGEST // GROUP
        case _:
            raise InvalidInput(
                "Samples cannot be drawn by a key of the type {type}.",
                hint="Whole numbers, UUIDs and texts can be keys of samples. Bind another column as the subject's key.",
                type=str(held),
            )


# -- how each engine writes them ---------------------------------------------------------------------------------


class _Sql:
    """The steps of the formula, in the words of one engine."""

    def __init__(self, remainder: str, fence: str) -> None:
        self._remainder = remainder
        self._fence = fence

    def hash(self, numbers: Sequence[str], factors: Sequence[str], polynomial: Sequence[str], table: str = "") -> str:
        """Return the sub-query that adds up products of factors and numbers, read from a table, and mixes the sum."""
        terms = [self._mod(f"{number} * {factor}") for number, factor in zip(numbers, factors, strict=True)]
        a, b, c, d = polynomial
        mixed = self._mod(f"({a} * h + {b})")
        mixed = self._mod(f"({mixed} * h + {c})")
        mixed = self._mod(f"({mixed} * h + {d})")
        total = self._mod(f"({' + '.join(terms)})")
        inner = f"SELECT {total} AS h{table}{self._fence}"
        return f"(SELECT {mixed} FROM ({inner}) AS sample_sum)"  # noqa: S608 - our own words, columns and parameters

    def of_digits(self, digits: str, clauses: Sequence[str]) -> str:
        """Return the hash of the numbers that groups of digits make; what lies behind the end counts as 0."""
        polynomial, factors = clauses[1:5], clauses[5:]
        starts = range(1, len(factors) * _DIGITS, _DIGITS)
        numbers = [self._mod(f"CAST('0' || substr(digits, {start}, {_DIGITS}) AS BIGINT)") for start in starts]
        table = f" FROM (SELECT {digits} AS digits{self._fence}) AS sample_digits"
        return self.hash(numbers, factors, polynomial, table)

    def of_integer(self, clauses: Sequence[str]) -> str:
        """Return the hash of a whole number."""
        key, polynomial, factors = f"CAST({clauses[0]} AS BIGINT)", clauses[1:5], clauses[5:]
        parts = [f"({key} & {_MASK})", f"(({key} >> {LOW_BITS}) & {_MASK})", f"(({key} >> {2 * LOW_BITS}) & 15)"]
        return self.hash(parts, factors, polynomial)

    def _mod(self, expression: str) -> str:
        return self._remainder.format(expression, PRIME)


_SQLITE: Final = _Sql("({0} % {1})", " LIMIT 1")
_POSTGRESQL: Final = _Sql("mod({0}, {1})", " LIMIT 1")
_DUCKDB: Final = _Sql("mod({0}, {1})", "")  # which computes equal expressions once by itself


def _clauses(this: _Hash, compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(each, **options) for each in this.clauses]


def _engine_type(this: _Hash, compiler: SQLCompiler) -> TypeEngine[Any]:
    """Return the engine's own type of the key, whatever decorates it."""
    found = next(iter(this.clauses)).type.dialect_impl(compiler.dialect)
    return found.impl_instance if isinstance(found, TypeDecorator) else found


@compiles(OfInteger)
def _integer(this: OfInteger, compiler: SQLCompiler, **options: Any) -> str:
    return _SQLITE.of_integer(_clauses(this, compiler, options))


@compiles(OfInteger, "postgresql")
def _integer_on_postgresql(this: OfInteger, compiler: SQLCompiler, **options: Any) -> str:
    return _POSTGRESQL.of_integer(_clauses(this, compiler, options))


@compiles(OfInteger, "duckdb")
def _integer_on_duckdb(this: OfInteger, compiler: SQLCompiler, **options: Any) -> str:
    return _DUCKDB.of_integer(_clauses(this, compiler, options))


@compiles(OfUuid)
def _uuid(this: OfUuid, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    is_of_bytes = isinstance(_engine_type(this, compiler), LargeBinary)
    return _SQLITE.of_digits(f"hex({'hex' if is_of_bytes else 'upper'}({clauses[0]}))", clauses)


@compiles(OfUuid, "postgresql")
def _uuid_on_postgresql(this: OfUuid, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _POSTGRESQL.of_digits(_codes(_capitals(clauses[0])), clauses)


@compiles(OfUuid, "duckdb")
def _uuid_on_duckdb(this: OfUuid, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _DUCKDB.of_digits(f"hex({_capitals(clauses[0])})", clauses)


@compiles(OfText)
@compiles(OfBytes)
def _text(this: OfText | OfBytes, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _SQLITE.of_digits(f"substr(hex(hex({clauses[0]})), -{4 * LONGEST})", clauses)


@compiles(OfText, "postgresql")
def _text_on_postgresql(this: OfText, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _POSTGRESQL.of_digits(_last(f"convert_to({clauses[0]}, 'UTF8')"), clauses)


@compiles(OfBytes, "postgresql")
def _bytes_on_postgresql(this: OfBytes, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _POSTGRESQL.of_digits(_last(clauses[0]), clauses)


@compiles(OfText, "duckdb")
@compiles(OfBytes, "duckdb")
def _text_on_duckdb(this: OfText | OfBytes, compiler: SQLCompiler, **options: Any) -> str:
    clauses = _clauses(this, compiler, options)
    return _DUCKDB.of_digits(f"right(hex(hex({clauses[0]})), {4 * LONGEST})", clauses)


def _capitals(key: str) -> str:
    """Return the hexadecimal digits of a UUID."""
    return f"upper(replace(CAST({key} AS VARCHAR), '-', ''))"


def _codes(text: str) -> str:
    """Return the codes of a text's letters as hexadecimal digits, on PostgreSQL."""
    return f"encode(convert_to({text}, 'UTF8'), 'hex')"


def _last(document: str) -> str:
    """Return the last digits of the codes of bytes, on PostgreSQL."""
    digits = _codes(f"upper(encode({document}, 'hex'))")
    return f"right({digits}, {4 * LONGEST})"
