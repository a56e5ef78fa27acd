"""When answers next change by time alone: what databases say of all records against what is foreseen for each.

A database's instant is a bound, never in the past and never later than the true change.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kohorte.core.fields import Catalogue
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.changes.foreseen import next_change
from kohorte.dsl.changes.functions import compile_changes
from kohorte.dsl.sql.changes import recheck_at, recheck_parameters
from kohorte.dsl.testing import instants, records, rules
from tests.agreement.stands import Question, Stand, entries_of, members_of, prepared_for, ready_stands
from tests.dsl.catalogues import EVERYTHING
from tests.dsl.timed_rows import ROWS, records_near, rules_of_rows
from tests.postgres import Database

RECORDS_A_RULE = 8
LISTS = {"vip": ("Köln", "DE"), "countries": ("DE", "AT")}
MEMBERS = {"vip": (0, 3)}


def agree(question: Question, people: Sequence[Mapping[str, Any]], now: datetime, stands: Sequence[Stand]) -> None:
    """Compare what each database says with what is foreseen in memory."""
    changes, start = compile_changes(question.checked, question.catalogue.subject), to_micros(now)
    bind = partial(changes.at, members=members_of(question), entries=entries_of(question))
    prepared, whole = prepared_for(question, people)
    foreseen = [next_change(bind, each, start) for each in prepared]
    for stand in stands:
        with stand.connection.begin():
            stand.tables.insert(stand.connection, whole)
            told = recheck(question, stand, start)
            stand.connection.rollback()
        assert sorted(told) == list(range(len(people))), (stand.name, question.text, told)
        for number, found in enumerate(foreseen):
            due = told[number]
            assert due is None or due > start, (stand.name, question.text, now, people[number])
            if found.at is not None:
                assert due is not None, (stand.name, question.text, now, people[number], found)
                assert from_micros(due) <= found.at, (stand.name, question.text, now, people[number], found)


def recheck(question: Question, stand: Stand, now: int) -> dict[int, int | None]:
    """Return what a database says of each record."""
    binding, key = stand.tables.binding(question.members, question.lists), stand.tables.subject.c.row_id
    due = recheck_at(question.checked, binding, question.catalogue.subject)
    rows = stand.connection.execute(select(key, due), recheck_parameters(question.checked, now))
    return {row[0]: row[1] for row in rows}


def some_of(stands: Sequence[Stand]) -> st.SearchStrategy[list[Stand]]:
    """Draw two stands: over many examples each has its turn."""
    return st.lists(st.sampled_from(stands), min_size=2, max_size=2, unique_by=lambda stand: stand.name)


@given(st.data())
def test_random_rules_are_due_no_later_than_they_change(
    catalogue: Catalogue, stands: list[Stand], data: st.DataObject
) -> None:
    text = data.draw(rules(catalogue, segments=list(EVERYTHING.rules), lists=list(LISTS)))
    question = Question.of(text, catalogue, EVERYTHING, members=MEMBERS, lists=LISTS)
    drawn = records(catalogue, question.predicate.reads.names)
    people = data.draw(st.lists(drawn, min_size=RECORDS_A_RULE, max_size=RECORDS_A_RULE))
    agree(question, people, data.draw(instants()), data.draw(some_of(stands)))


@pytest.fixture(scope="module")
def stands_with_rows(postgres_server: Any) -> Iterator[list[Stand]]:
    database: Database = postgres_server.create_database()
    with ready_stands(ROWS, database) as found:
        yield found
    postgres_server.drop_database(database)


@given(st.data())
def test_windows_filters_and_functions_of_rows_are_due_no_later_than_they_change(
    stands_with_rows: list[Stand], data: st.DataObject
) -> None:
    question = Question.of(data.draw(rules_of_rows()), ROWS, EVERYTHING)
    now = data.draw(instants())
    people = data.draw(st.lists(records_near(now), min_size=RECORDS_A_RULE, max_size=RECORDS_A_RULE))
    agree(question, people, now, data.draw(some_of(stands_with_rows)))


EXACT = (
    "past(last 90 days).count >= 2",
    "no past(last 30 days, n > 0)",
    "past(last 7 days).count distinct(n) = 1",
    "contact.at in the last 30 days or contact.day in the next 7 days",
    "not contact.at in this month",
    "contact.at more than 36 hours ago and any open(until in the next 2 days)",
)


@given(st.data())
def test_what_people_write_is_due_in_databases_at_the_instants_that_memory_names(
    stands_with_rows: list[Stand], data: st.DataObject
) -> None:
    zone = data.draw(st.sampled_from(["Europe/Berlin", "UTC", "America/New_York"]))
    question = Question.of(f'in zone "{zone}"\n{data.draw(st.sampled_from(EXACT))}', ROWS, EVERYTHING)
    now = data.draw(instants())
    people = data.draw(st.lists(records_near(now), min_size=RECORDS_A_RULE, max_size=RECORDS_A_RULE))
    prepared, whole = prepared_for(question, people)
    bound = compile_changes(question.checked, "contact").at(to_micros(now))
    [stand] = data.draw(st.lists(st.sampled_from(stands_with_rows), min_size=1, max_size=1))
    with stand.connection.begin():
        stand.tables.insert(stand.connection, whole)
        told = recheck(question, stand, bound.now)
        stand.connection.rollback()
    horizon = to_micros(now + timedelta(days=300))
    for number, each in enumerate(prepared):
        until, due = bound.verdict(each).until, told[number]
        if until is None or until < horizon:
            assert due == until, (stand.name, question.text, now, people[number])
