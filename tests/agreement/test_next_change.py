"""When answers next change by time alone: what databases say of all records against what is foreseen for each.

A database's instant is a bound, never in the past and never later than the true change. Whoever changes until an
instant is due until then, and whoever is due until then has such a bound.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kohorte.core.fields import Catalogue
from kohorte.core.values import to_micros
from kohorte.dsl.changes.foreseen import next_change
from kohorte.dsl.changes.functions import compile_changes
from kohorte.dsl.moments import MICROS_A_DAY
from kohorte.dsl.sql.changes import due_parameters, is_due, recheck_at, recheck_parameters
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
    changed = {number: to_micros(found.at) for number, found in enumerate(foreseen) if found.at is not None}
    for stand in stands:
        with stand.connection.begin():
            stand.tables.insert(stand.connection, whole)
            told = recheck(question, stand, start)
            found = {until: due(question, stand, start, until) for until in around(changed.values(), start)}
            stand.connection.rollback()
        assert sorted(told) == list(range(len(people))), (stand.name, question.text, told)
        bounds = {number: bound for number, bound in told.items() if bound is not None}
        assert all(bound > start for bound in bounds.values()), (stand.name, question.text, now, people, told)
        for number, at in changed.items():
            assert number in bounds, (stand.name, question.text, now, people[number], at)
            assert bounds[number] <= at, (stand.name, question.text, now, people[number], at)
        for until, numbers in found.items():
            assert until_then(changed, until) <= numbers, (stand.name, question.text, now, until, people)
            assert numbers <= until_then(bounds, until), (stand.name, question.text, now, until, people)


def recheck(question: Question, stand: Stand, now: int) -> dict[int, int | None]:
    """Return what a database says of each record."""
    binding, key = stand.tables.binding(question.members, question.lists), stand.tables.subject.c.row_id
    bound = recheck_at(question.checked, binding, question.catalogue.subject)
    rows = stand.connection.execute(select(key, bound), recheck_parameters(question.checked, now))
    return {row[0]: row[1] for row in rows}


def due(question: Question, stand: Stand, now: int, until: int) -> set[int]:
    """Return the records that a database finds due until an instant."""
    binding, key = stand.tables.binding(question.members, question.lists), stand.tables.subject.c.row_id
    found = select(key).where(is_due(question.checked, binding, question.catalogue.subject))
    return set(stand.connection.scalars(found, due_parameters(question.checked, now, until)))


def around(changes: Collection[int], now: int) -> set[int]:
    """Return instants at and just before the first change and the last, and one that is a month ahead."""
    ends = {min(changes, default=now), max(changes, default=now)}
    return {now + 30 * MICROS_A_DAY, *ends, *(end - 1 for end in ends)}


def until_then(instants: Mapping[int, int], until: int) -> set[int]:
    return {number for number, instant in instants.items() if instant <= until}


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
        until = bound.verdict(each).until
        if until is None or until < horizon:
            assert told[number] == until, (stand.name, question.text, now, people[number])


FOUND_BY_TIMES = (
    *EXACT,
    "past(last 30 days).sum(n) > 2 or not open(last 7 days).max(n) < 3",
    "past(last 30 days, n is set).avg(n) >= 1 and open(next 7 days).min(n) <= 1",
    "past.max(at) more than 30 days ago and not past.min(day) in the last 7 days",
    "past(last 30 days).count < 2 and open.count > past(last 7 days).count",
    "last past(last 90 days).n > 0 or last open.until in the next 7 days",
    "no open(not until before now, n > 0) and contact.day is set",
)


@given(st.data())
def test_who_is_due_soon_is_found_by_the_times_that_bounds_pass_and_nobody_else_is(
    stands_with_rows: list[Stand], data: st.DataObject
) -> None:
    question = Question.of(data.draw(st.sampled_from(FOUND_BY_TIMES)), ROWS, EVERYTHING)
    now = data.draw(instants())
    people = data.draw(st.lists(records_near(now), min_size=RECORDS_A_RULE, max_size=RECORDS_A_RULE))
    _, whole = prepared_for(question, people)
    start, horizon = to_micros(now), to_micros(now + timedelta(days=300))
    for stand in data.draw(some_of(stands_with_rows)):
        with stand.connection.begin():
            stand.tables.insert(stand.connection, whole)
            told = recheck(question, stand, start)
            bounds = {number: at for number, at in told.items() if at is not None and at < horizon}
            found = {until: due(question, stand, start, until) for until in around(bounds.values(), start)}
            stand.connection.rollback()
        for until, numbers in found.items():
            assert numbers == until_then(bounds, until), (stand.name, question.text, now, until, people)
