"""Next change by time against evaluation, over random rules and records, at every instant that might matter."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.fields import Catalogue
from kohorte.core.values import to_micros
from kohorte.dsl.changes.foreseen import NextChange, next_change
from kohorte.dsl.changes.functions import Changes, compile_changes
from kohorte.dsl.checker.rule import check
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.records import Prepared, preparation
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from tests.dsl.catalogues import Names, identifier, shop_catalogue
from tests.dsl.timed_rows import LENGTHS, ROWS, records_near, rules_of_rows

CATALOGUE = shop_catalogue()
NAMES = Names(
    rules={
        "lapsed": "no purchases(last 30 days)",
        "away": 'in zone "America/New_York" contact.created_at in this month or contact.birthday has anniversary today',
        "vip": None,
    },
    lists=("vip",),
)
MEMBERS = {identifier("vip"): {1}}
ENTRIES = {identifier("vip"): ["Köln", "DE"]}
RECORDS_A_RULE = 6
MOST_CANDIDATES = 100
SHIFTS = [-timedelta(hours=1), timedelta(0), timedelta(hours=1)]


def times_of(record: Mapping[str, Any]) -> Iterator[datetime]:
    """Yield the instants of a record and of its rows, and the days as UTC midnights."""
    for value in record.values():
        if isinstance(value, datetime):
            yield value
        elif isinstance(value, date):
            yield datetime(value.year, value.month, value.day, tzinfo=UTC)
        elif isinstance(value, Mapping):
            yield from times_of(value)
        elif isinstance(value, list):
            for row in value:
                yield from times_of(row) if isinstance(row, Mapping) else ()


def candidates(record: Mapping[str, Any], now: datetime, seed: int) -> list[int]:
    """Return instants after now at which something may change: times shifted by windows, midnights, and others."""
    found = {time + length + shift for time in {*times_of(record), now} for length in LENGTHS for shift in SHIFTS}
    found |= {
        datetime(each.year, each.month, each.day, tzinfo=UTC) + shift
        for each in (now + timedelta(days=days) for days in (1, 2, 3, 7, 30, 31, 60, 366))
        for shift in (*SHIFTS, timedelta(hours=-2), timedelta(hours=4))
    }
    found |= {time.replace(year=now.year + 1 + seed % 3, day=min(time.day, 28)) for time in times_of(record)}
    exact = {to_micros(each) + more for each in found for more in (-1, 0, 1)}
    ahead = sorted(each for each in exact if each > to_micros(now))
    return ahead[seed % (1 + len(ahead) // MOST_CANDIDATES) :: 1 + len(ahead) // MOST_CANDIDATES]


def compiled(text: str, catalogue: Catalogue) -> tuple[Predicate, Changes]:
    checked = check(parse(text), text, catalogue, NAMES).rule
    return compile_predicate(checked, "contact"), compile_changes(checked, "contact")


def check_against_evaluation(
    rule: tuple[Predicate, Changes], record: Mapping[str, Any], prepared: Prepared, now: datetime, seed: int
) -> NextChange:
    """Compare what is foreseen with what the rule answers at every instant that might matter."""
    predicate, changes = rule
    start, bind = to_micros(now), partial(changes.at, members=MEMBERS, entries=ENTRIES)
    verdict, found = bind(start).verdict(prepared), next_change(bind, prepared, start)

    def holds(at: int) -> bool:
        return predicate.at(at, members=MEMBERS, entries=ENTRIES).matches(prepared)

    assert verdict.holds is found.holds is holds(start)
    known = found.at or found.not_before
    end = None if known is None else to_micros(known)
    assert verdict.until is None or verdict.until > start
    if end is not None:
        assert verdict.until is not None
        assert verdict.until <= end
        assert holds(end - 1) is found.holds
        assert found.at is None or holds(end) is not found.holds
    for at in candidates(record, now, seed):
        if end is not None and at >= end:
            break
        assert holds(at) is found.holds, (at, found)
    return found


@given(st.data())
def test_nothing_changes_before_the_bound_and_the_next_change_is_exact(data: st.DataObject) -> None:
    text = data.draw(rules(CATALOGUE, segments=list(NAMES.rules), lists=["vip"]))
    rule = compiled(text, CATALOGUE)
    prepare = preparation(rule[0].reads, CATALOGUE, key="number")
    for number in range(RECORDS_A_RULE):
        record = data.draw(records(CATALOGUE, rule[0].reads.names))
        prepared = prepare({**record, "number": number % 3})
        check_against_evaluation(rule, record, prepared, data.draw(instants()), number)


@given(st.data())
def test_windows_filters_and_functions_of_rows_are_foreseen(data: st.DataObject) -> None:
    rule = compiled(data.draw(rules_of_rows()), ROWS)
    prepare = preparation(rule[0].reads, ROWS)
    for number in range(RECORDS_A_RULE):
        now = data.draw(instants())
        record = data.draw(records_near(now))
        check_against_evaluation(rule, record, prepare(record), now, number)
