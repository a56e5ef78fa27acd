"""Column types: how the stored form of each kind of value lies in SQLite and in PostgreSQL.

=========== ======================================== =====================================================
kind        PostgreSQL                               SQLite (STRICT tables)
=========== ======================================== =====================================================
identifier  ``uuid``                                 ``BLOB`` of 16 bytes; both sort in the same order
text, code  ``text COLLATE "C"``                     ``TEXT`` (``BINARY``); both compare by code point
number      ``bigint``                               ``INTEGER``
instant     ``bigint``, microseconds since 1970 UTC  ``INTEGER``
date        ``integer``, days since 1970             ``INTEGER``
truth       ``boolean``                              ``INTEGER`` that a CHECK holds to 0 and 1
document    ``jsonb``                                ``TEXT`` that holds JSON
blob        ``bytea``                                ``BLOB``
=========== ======================================== =====================================================
"""

import json
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Computed, Integer, LargeBinary, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

Number: Final = BigInteger().with_variant(Integer(), "sqlite")
Text_: Final = Text(collation="C").with_variant(Text(), "sqlite")
Truth: Final = Boolean().with_variant(Integer(), "sqlite")


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the engine's own type."""
        return LargeBinary() if dialect.name == "sqlite" else Uuid()

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Return the identifier as the driver takes it."""
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Return the identifier that the driver gave."""
        return UUID(bytes=value) if value is not None and dialect.name == "sqlite" else value


class Document(TypeDecorator[Any]):
    """A JSON value: JSONB on PostgreSQL, compact text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the engine's own type."""
        return Text() if dialect.name == "sqlite" else JSONB()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the value as the driver takes it."""
        return document_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value that the driver gave."""
        return json.loads(value) if value is not None and dialect.name == "sqlite" else value


def document_text(value: object) -> str:
    """Return a value as the compact JSON that both databases take for a document."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def identifier(name: str, *, key: bool = False, nullable: bool = False) -> Column[UUID]:
    """Return a column of identifiers."""
    return Column(name, Id, primary_key=key, nullable=nullable)


def tenant() -> Column[UUID]:
    """Return the column that every key begins with."""
    return identifier("tenant_id", key=True)


def code(name: str, *, key: bool = False, nullable: bool = True) -> Column[str]:
    """Return a column of identifiers in words, compared exactly."""
    return Column(name, Text_, primary_key=key, nullable=nullable and not key)


def text(name: str, *, nullable: bool = True) -> tuple[Column[str], Column[str]]:
    """Return a column of text and its shadow ``<name>_folded``, which holds ``values.fold`` of it."""
    return code(name, nullable=nullable), code(f"{name}_folded", nullable=nullable)


def number(name: str, *, key: bool = False, nullable: bool = True) -> Column[int]:
    """Return a column of whole numbers: integers, smallest units, or microseconds since 1970 UTC (``*_at``)."""
    return Column(name, Number, primary_key=key, nullable=nullable and not key)


def day(name: str) -> tuple[Column[int], Column[int]]:
    """Return a column of days since 1970 and ``<name>_month_day``, which holds month * 100 + day."""
    return Column(name, Integer), Column(f"{name}_month_day", Integer)


def truth(name: str) -> Column[bool]:
    """Return a column of truth values, never missing; its table holds it to 0 and 1 on SQLite (``schema``)."""
    return Column(name, Truth, nullable=False)


def blob(name: str) -> Column[bytes]:
    """Return a column of bytes, never missing."""
    return Column(name, LargeBinary, nullable=False)


def lot(name: str, identifier_name: str) -> Column[bytes]:
    """Return a column that the database makes of an identifier's last four bytes, which are random (``Ids``)."""
    return Column(name, LargeBinary, Computed(_LastBytes(identifier_name), persisted=True))


class _LastBytes(ColumnElement[bytes]):
    """The last four bytes of a column of identifiers."""

    inherit_cache = False
    type = LargeBinary()

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(_LastBytes)
def _last_bytes(this: _LastBytes, compiler: SQLCompiler, **_: Any) -> str:
    return f"substr({compiler.preparer.quote(this.name)}, 13)"


@compiles(_LastBytes, "postgresql")
def _last_bytes_on_postgresql(this: _LastBytes, compiler: SQLCompiler, **_: Any) -> str:
    return f"substring(uuid_send({compiler.preparer.quote(this.name)}) FROM 13)"


def document(name: str) -> Column[Any]:
    """Return a column of JSON values, never missing."""
    return Column(name, Document, nullable=False)
