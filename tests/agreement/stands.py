"""Stands: databases with the tables of a catalogue, and what every way to evaluate a rule answers there."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from attrs import evolve, field, frozen
from sqlalchemy import Connection, Engine, create_engine, select

from kohorte.core.fields import Catalogue
from kohorte.core.ports.rules import References
from kohorte.core.values import to_micros
from kohorte.dsl.checker.rule import check
from kohorte.dsl.explaining.explain import explain
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.records import Form, Reads, preparation
from kohorte.dsl.sql import condition, parameters, prepared_records
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.typed import Checked, Negation
from tests.agreement.tables import Style, Tables
from tests.dsl.catalogues import identifier
from tests.dsl.oracle import answer
from tests.postgres import Database

Record = Mapping[str, Any]


@frozen
class Stand:
    """A database in which the tables of one style are ready."""

    name: str
    connection: Connection = field(repr=False)
    tables: Tables = field(repr=False)


@frozen
class Question:
    """A rule, and the members and lists that it may refer to by name; members are numbers of records."""

    text: str
    checked: Checked = field(repr=False)
    predicate: Predicate = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    members: Mapping[str, Collection[int]] = field(repr=False)
    lists: Mapping[str, Collection[str]] = field(repr=False)

    @classmethod
    def of(
        cls,
        text: str,
        catalogue: Catalogue,
        references: References,
        *,
        members: Mapping[str, Collection[int]] | None = None,
        lists: Mapping[str, Collection[str]] | None = None,
    ) -> "Question":
        """Check and compile a rule."""
        checked = check(parse(text), text, catalogue, references).rule
        return cls(text, checked, compile_predicate(checked, catalogue.subject), catalogue, members or {}, lists or {})


@contextmanager
def ready_stands(catalogue: Catalogue, postgres: Database) -> Iterator[list[Stand]]:
    """Make the tables of a catalogue, in every style, on every engine that is there."""
    with ExitStack() as closing:
        found: list[Stand] = []
        for engine in _engines(postgres):
            closing.callback(engine.dispose)
            connection = closing.enter_context(engine.connect())
            for style in Style:
                tables = Tables(catalogue, style)
                tables.metadata.create_all(connection)
                found.append(Stand(f"{connection.dialect.name}, {style.value}", connection, tables))
            connection.commit()
        yield found


def _engines(postgres: Database) -> Iterator[Engine]:
    # Documents are written without escapes, as bindings ask for. The session's zone must make no difference.
    unescaped = partial(json.dumps, ensure_ascii=False)
    yield create_engine("sqlite://", json_serializer=unescaped)
    yield create_engine(
        postgres.owner_url, json_serializer=unescaped, connect_args={"options": "-c timezone=Pacific/Apia"}
    )
    if find_spec("duckdb_engine"):
        zone = {"config": {"timezone": "Pacific/Apia"}}
        yield create_engine("duckdb:///:memory:", json_serializer=unescaped, connect_args=zone)


def answers(
    question: Question,
    records: Sequence[Record],
    moments: Sequence[datetime],
    stands: Sequence[Stand],
    *,
    is_judged: bool = True,
) -> list[list[int]]:
    """Return the numbers of the records for which a rule holds at each moment, after all ways have agreed on them.

    The oracle and explanations are asked as well, if it ``is_judged``.
    """
    prepared, whole = prepared_for(question, records)
    found = [_in_memory(question, prepared, moment) for moment in moments]
    for moment, expected in zip(moments, found if is_judged else [], strict=False):
        assert _told(question, whole, moment) == expected, (question.text, question.predicate.source)
        assert _explained(question, prepared, moment) == expected, (question.text, moment)
    for stand in stands:
        with stand.connection.begin():
            stand.tables.insert(stand.connection, whole)
            _insert_members(question, stand)
            read = _read_back(question, stand)
            for moment, expected in zip(moments, found, strict=True):
                assert _in_memory(question, read, moment) == expected, (stand.name, question.text, moment)
                _compare(question, stand, moment, expected, everybody=range(len(records)))
            stand.connection.rollback()
    return found


def prepared_for(question: Question, records: Sequence[Record]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Prepare records with what the predicate reads, and with everything, as the oracle may read it."""
    numbered = [{**record, "number": number} for number, record in enumerate(records)]
    prepare = preparation(question.predicate.reads, question.catalogue, key="number")
    prepare_all = preparation(_everything(question.catalogue), question.catalogue, key="number")
    return [prepare(each) for each in numbered], [prepare_all(each) for each in numbered]


def _everything(catalogue: Catalogue) -> Reads:
    reads = Reads(by_key=True)
    for owner in catalogue.owners.values():
        reads.owners[owner.name] = {each: set(Form) for each in owner.fields.values()}
    for rows in catalogue.collections.values():
        reads.rows[rows.name] = {each: set(Form) for each in rows.fields.values()}
    return reads


def _in_memory(question: Question, prepared: Sequence[dict[str, Any]], moment: datetime) -> list[int]:
    """Ask the predicate for one record and the one for many."""
    bound = question.predicate.at(to_micros(moment), members=members_of(question), entries=entries_of(question))
    found = [number for number, each in enumerate(prepared) if bound.matches(each)]
    chosen = {id(each) for each in bound.select(prepared)}
    assert [number for number, each in enumerate(prepared) if id(each) in chosen] == found, question.text
    return found


def _told(question: Question, whole: Sequence[Record], moment: datetime) -> list[int]:
    """Ask the oracle."""
    subject, now = question.catalogue.subject, to_micros(moment)
    members, entries = members_of(question), entries_of(question)
    told = [answer(question.checked, subject, each, now, members, entries) for each in whole]
    return [number for number, holds in enumerate(told) if holds]


def _explained(question: Question, prepared: Sequence[dict[str, Any]], moment: datetime) -> list[int]:
    """Ask for explanations."""
    members, entries = members_of(question), entries_of(question)
    subject, now = question.catalogue.subject, to_micros(moment)
    return [
        number
        for number, each in enumerate(prepared)
        if explain(question.checked, subject, each, now, members=members, entries=entries).verdict
    ]


def members_of(question: Question) -> dict[UUID, set[int]]:
    """Return the numbers of the records that belong to each stored segment."""
    return {identifier(name): set(keys) for name, keys in question.members.items()}


def entries_of(question: Question) -> dict[UUID, Collection[str]]:
    """Return the entries of each stored list."""
    return {identifier(name): each for name, each in question.lists.items()}


def _read_back(question: Question, stand: Stand) -> list[dict[str, Any]]:
    """Return the prepared records as the database has them."""
    key = stand.tables.subject.c.row_id
    found = prepared_records(
        stand.connection, stand.tables.binding(), question.catalogue, question.predicate.reads, key >= 0
    )
    return [found[number] for number in sorted(found)]


def _insert_members(question: Question, stand: Stand) -> None:
    members = [{"segment": name, "row_id": key} for name, keys in question.members.items() for key in keys]
    if members:
        stand.connection.execute(stand.tables.members.insert(), members)


def _compare(question: Question, stand: Stand, moment: datetime, expected: list[int], everybody: Sequence[int]) -> None:
    """Ask a database for the rule and for its negation, which has everybody else."""
    binding = stand.tables.binding(question.members, question.lists)
    negation = evolve(question.checked, condition=Negation(question.checked.condition))
    key, values = stand.tables.subject.c.row_id, parameters(question.checked, to_micros(moment))
    found, others = (
        sorted(
            stand.connection.scalars(select(key).where(condition(each, binding, question.catalogue.subject)), values)
        )
        for each in (question.checked, negation)
    )
    assert found == expected, (stand.name, question.text, moment)
    assert others == [each for each in everybody if each not in expected], (stand.name, question.text, moment)
