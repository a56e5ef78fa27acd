"""Samples: who is in one is the same in memory and on every engine, for every kind of key."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    create_engine,
    insert,
    select,
)
from sqlalchemy import Date as DateType
from sqlalchemy.types import TypeEngine

from kohorte.adapters.storage.columns import Id
from kohorte.core.errors import InvalidInput
from kohorte.dsl import Language
from kohorte.dsl.samples import limit_of, sampler
from kohorte.dsl.sql import Binding, Rows
from kohorte.dsl.sql.samples import in_sample
from kohorte.dsl.typed import InSample
from tests.dsl.oracle import sample_hash
from tests.postgres import Database

SEEDS = ("control", "spring 2024", "Größe ✓")
RANDOM = Random(20240229)  # noqa: S311 - the same keys in every run
INTEGERS = [*range(-40, 40), 2**30 - 1, 2**30, 2**31 - 1, -(2**31), *(RANDOM.randrange(2**31) for _ in range(40))]
LARGE = [
    2**31,
    -(2**31) - 1,
    2**60 - 1,
    2**60,
    2**63 - 1,
    -(2**63),
    *(RANDOM.randrange(-(2**63), 2**63) for _ in range(40)),
]
UUIDS = [UUID(int=0), UUID(int=2**128 - 1), *(UUID(int=RANDOM.randrange(2**128)) for _ in range(150))]
TEXTS = [
    *(f"C{number:05}" for number in range(100)),
    *(
        "",
        "a",
        "A",
        "ä",
        "a\u0308",
        "😀",
        "12",
        "'",
        "%",
        "x" * 63,
        "x" * 64,
        "x" * 65,
        "y" + "x" * 64,
        "ü" * 40,
        "-",
        "0",
    ),
]
KEYS: dict[str, tuple[TypeEngine[Any], Sequence[Any]]] = {
    "integer": (Integer(), INTEGERS),
    "long integer": (BigInteger(), [*INTEGERS, *LARGE]),
    "uuid": (Uuid(), UUIDS),
    "uuid as text": (Uuid(native_uuid=False), UUIDS),
    "own uuid": (Id(), UUIDS),
    "text": (Text(), TEXTS),
    "string": (String(200), TEXTS),
    "bytes": (LargeBinary(), [text.encode() for text in TEXTS]),
}


@pytest.fixture(scope="module")
def engines(postgres_module_database: Database) -> Iterator[list[Engine]]:
    found = [create_engine("sqlite://"), create_engine(postgres_module_database.owner_url)]
    if find_spec("duckdb_engine"):
        found.append(create_engine("duckdb:///:memory:"))
    yield found
    for engine in found:
        engine.dispose()


@pytest.mark.parametrize("kind", KEYS)
def test_every_engine_draws_the_same_samples(engines: list[Engine], kind: str) -> None:
    of_type, keys = KEYS[kind]
    table = Table(f"keys_of_{kind.replace(' ', '_')}", MetaData(), Column("number", Integer), Column("key", of_type))
    for engine in engines:
        with engine.begin() as connection:
            table.create(connection)
            rows = [{"number": number, "key": key} for number, key in enumerate(keys)]
            connection.execute(insert(table), rows)
            for seed in SEEDS:
                for share in (1, 100_000, 333_333, 999_999):
                    expected = {number for number, key in enumerate(keys) if sampler(seed, share)(key)}
                    for negated in (False, True):
                        leaf = InSample(share, seed, negated)
                        found = connection.scalars(select(table.c.number).where(in_sample(leaf, table.c.key)))
                        wanted = expected ^ set(range(len(keys))) if negated else expected
                        assert set(found) == wanted, (engine.dialect.name, seed, share)
            table.drop(connection)


@pytest.mark.parametrize("key", [*INTEGERS, *LARGE, *UUIDS[:20], *TEXTS])
def test_the_formula_is_the_one_that_is_documented(key: int | UUID | str) -> None:
    for seed in SEEDS:
        assert sampler(seed, 250_000)(key) == (sample_hash(seed, key) < limit_of(250_000))


def test_a_key_that_no_engine_can_hash_is_refused_with_advice() -> None:
    language = Language.of({"contact": {"country": "code"}}, key="born")
    rule = language.rule('in sample 10 % of "x"')
    table = Table("people", MetaData(), Column("born", DateType))
    with pytest.raises(InvalidInput, match="key of the type DATE") as refused:
        rule.condition(Binding(subject=Rows(table, {}, key=table.c.born)))
    assert "Bind another column" in refused.value.advice()
