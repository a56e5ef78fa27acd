"""The law of the index: whatever comes and goes, it answers as every rule does by itself."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb
from kohorte.core.values import to_micros
from kohorte.dsl.changes.functions import Changes as Foreseen
from kohorte.dsl.changes.functions import compile_changes
from kohorte.dsl.checker.rule import check
from kohorte.dsl.index import Changes, RuleIndex
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.records import KEY, Form, Prepared, Reads, preparation
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from tests.dsl.catalogues import Names, identifier

_PURCHASES = Collection(
    "purchases",
    (
        Field("at", Kind.INSTANT, nullable=False),
        Field("amount", Kind.MONEY, nullable=False, currency="currency"),
        Field("currency", Kind.CODE, nullable=False),
        Field("status", Kind.CODE),
    ),
    time="at",
    past_only=True,
)
_ITEMS = Collection(
    "items",
    (Field("at", Kind.INSTANT, nullable=False), Field("quantity", Kind.INTEGER)),
    time="at",
    past_only=True,
    parent="purchases",
)
CATALOGUE = Catalogue.of(
    Owner(
        "contact",
        (
            Field("country", Kind.CODE),
            Field("city", Kind.TEXT),
            Field("score", Kind.INTEGER),
            Field("limit", Kind.MONEY),
            Field("birthday", Kind.DATE),
            Field("seen_at", Kind.INSTANT),
            Field("subscribed", Kind.BOOLEAN),
            Field("tags", Kind.TAGS),
        ),
    ),
    Owner("customer", (Field("category", Kind.TEXT),), optional=True),
    collections=(_PURCHASES, _ITEMS),
    verbs=(Verb("purchase", "purchases", time="at"),),
)
NAMES = Names(
    rules={
        "x": 'contact.country = "DE"',
        "y": 'in zone "America/New_York" any purchases or contact.seen_at in the last 7 days',
        "z": 'not in segment "x" and contact.score > 1',
        "vip": None,
    },
    lists=("vip", "countries"),
    held=("EUR",),
)
MEMBERS: Mapping[UUID, set[int]] = {identifier("vip"): {0, 3, 7}}
ENTRIES = {identifier("vip"): ("Köln", "straße", "5%", "DE", "🙂"), identifier("countries"): ("DE", "AT", "ΟΔΟΣ")}
KEYS = st.integers(0, 11)
FAR = 100 * 3_600_000_000
"""So many microseconds ahead what time changes is looked for."""


def _everything() -> Reads:
    reads = Reads(by_key=True)
    for owner in CATALOGUE.owners.values():
        reads.owners[owner.name] = {each: set(Form) for each in owner.fields.values()}
    for rows in CATALOGUE.collections.values():
        reads.rows[rows.name] = {each: set(Form) for each in rows.fields.values()}
    return reads


PREPARE = preparation(_everything(), CATALOGUE, key="id")


# -- any rules and records, and such that meet often -------------------------------------------------------------


@st.composite
def any_record(draw: st.DrawFn) -> Prepared:
    return PREPARE({**draw(records(CATALOGUE)), "id": draw(st.integers(0, 9))})


NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = st.integers(-100, 100).map(lambda hours: NEW_YEAR + timedelta(hours=hours))
CLOSE_RECORD = st.fixed_dictionaries(
    {
        "id": st.integers(0, 4),
        "country": st.sampled_from([None, "A", "AB", "B"]),
        "city": st.sampled_from([None, "Bonn", "Bern"]),
        "score": st.sampled_from([None, 1, 2, 3]),
        "subscribed": st.sampled_from([None, True, False]),
        "seen_at": st.none() | HOURS,
        "purchases": st.lists(
            st.fixed_dictionaries({"at": HOURS, "amount": st.integers(0, 3), "currency": st.just("EUR")}), max_size=3
        ),
    }
).map(PREPARE)
CLOSE_CONDITION = st.sampled_from(
    [
        *(f"contact.country {test}" for test in ('= "A"', '!= "A"', 'in ("A", "B")', 'starts with "A"', "is set")),
        *(f"contact.score {test}" for test in ("> 1", "<= 2", "!= 2", "between 2 and 3", "not between 1 and 2")),
        *(f"contact.seen_at {test}" for test in ("in the last 1 day", "more than 2 days ago", "before 2024-01-01")),
        *(f"purchases.count {test}" for test in (">= 1", ">= 2", "= 1")),
        *(f"purchases.avg(amount) {test}" for test in ("> 1 EUR", "<= 2 EUR", "= 1 EUR", "< 1.50 EUR")),
        *("any purchases(last 2 days)", "no purchases(last 1 day)", "purchases.max(at) more than 1 day ago"),
        *('contact.city contains "on"', "contact.subscribed", 'in segment "y"', 'in segment "vip"'),
    ]
)


def _groups(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(st.sampled_from([" and ", " or "]), st.lists(parts, min_size=2, max_size=3))
    return joined.map(lambda each: f"({each[0].join(each[1])})") | parts.map(lambda part: f"not ({part})")


CLOSE_RULE = st.recursive(CLOSE_CONDITION, _groups, max_leaves=6)


# -- the law -----------------------------------------------------------------------------------------------------


class AnyRules(RuleBasedStateMachine):
    """Rules come, change and go, the clock moves, and records are asked about, changed and asked about again."""

    drawn_rules = rules(CATALOGUE, segments=list(NAMES.rules), lists=list(NAMES.lists))
    drawn_records = any_record()
    drawn_moments = instants()

    def __init__(self) -> None:
        super().__init__()
        self.index = RuleIndex[int](CATALOGUE)
        self.plain: dict[int, Predicate] = {}
        self.foreseen: dict[int, Foreseen] = {}
        self.texts: dict[int, str] = {}

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.known = [data.draw(self.drawn_records) for _ in range(3)]
        self.record = self.known[0]
        for key in range(data.draw(st.integers(1, 6))):
            self.add(key, data)
        self.move_the_clock(data)

    @rule(key=KEYS, data=st.data())
    def add(self, key: int, data: st.DataObject) -> None:
        text = data.draw(self.drawn_rules)
        checked = check(parse(text), text, CATALOGUE, NAMES).rule
        self.plain[key], self.texts[key] = compile_predicate(checked, CATALOGUE.subject), text
        self.foreseen[key] = compile_changes(checked, CATALOGUE.subject)
        self.index.add(key, checked)

    @rule(key=KEYS)
    def remove(self, key: int) -> None:
        self.plain.pop(key, None)
        self.foreseen.pop(key, None)
        self.index.remove(key)

    @rule(data=st.data())
    def move_the_clock(self, data: st.DataObject) -> None:
        self.now = to_micros(data.draw(self.drawn_moments))
        self.bound = self.index.at(self.now, members=MEMBERS, entries=ENTRIES)

    @rule(number=st.integers(0, 2))
    def look_at_another_record(self, number: int) -> None:
        self.record = self.known[number]

    @rule(number=st.integers(0, 2), data=st.data())
    def change_some_fields(self, number: int, data: st.DataObject) -> None:
        other, names = self.known[number], sorted(self._names())
        changed = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=3))
        after = dict(self.record)
        for name in changed:
            after.update({key: value for key, value in other.items() if _name_of(key) == name})
        self._become(after, changed)

    @rule(number=st.integers(0, 2), place=st.integers(0, 3), added=st.integers(0, 2), gone=st.integers(0, 2))
    def change_some_rows(self, number: int, place: int, added: int, gone: int) -> None:
        own, others = self.record["purchases"], self.known[number]["purchases"]
        rows = [*own[:place], *others[:added], *own[place + gone :]]
        self._become({**self.record, "purchases": rows}, {"purchases"})

    def _become(self, after: Prepared, changed: Iterable[str]) -> None:
        before = self.record
        was, now = self._by_every_rule(before), self._by_every_rule(after)
        expected = Changes(frozenset(now - was), frozenset(was - now))
        assert self.bound.changes(before, after) == expected, self._texts(was ^ now)
        assert self.bound.changes_of(after, [_public(name) for name in changed], was) == expected
        assert self.index.affected(map(_public, changed)) >= was ^ now
        self.record = after

    @invariant()
    def it_answers_as_every_rule_does(self) -> None:
        expected = self._by_every_rule(self.record)
        found = self.bound.matching(self.record)
        assert found == expected, self._texts(found ^ expected)
        assert set(self.index) == self.plain.keys()

    @invariant()
    def what_time_changes_is_watched(self) -> None:
        until = self.now + FAR
        soon = self.bound.soon(self.record, until)
        for key, foreseen in self.foreseen.items():
            changed_at = self._changed_at(foreseen, until)
            assert changed_at is None or soon[key] <= changed_at, self.texts[key]
        assert all(self.now < bound <= until for bound in soon.values())

    def _changed_at(self, foreseen: Foreseen, until: int) -> int | None:
        """Return the first instant up to another at which time alone changes whether a rule holds for the record."""
        verdict = first = foreseen.at(self.now, members=MEMBERS, entries=ENTRIES).verdict(self.record)
        while verdict.until is not None and verdict.until <= until:
            bound = verdict.until
            verdict = foreseen.at(bound, members=MEMBERS, entries=ENTRIES).verdict(self.record)
            if verdict.holds is not first.holds:
                return bound
        return None

    def _by_every_rule(self, record: Prepared) -> set[int]:
        return {
            key
            for key, each in self.plain.items()
            if each.at(self.now, members=MEMBERS, entries=ENTRIES).matches(record)
        }

    def _names(self) -> set[str]:
        return {_name_of(key) for key in self.record if key != KEY}

    def _texts(self, keys: Iterable[int]) -> list[str]:
        return [self.texts[key] for key in keys]


def _name_of(key: str) -> str:
    return key.rstrip("~$#")


def _public(name: str) -> str:
    return name if "." in name or name in CATALOGUE.collections else f"{CATALOGUE.subject}.{name}"


class CloseRules(AnyRules):
    """The same with few values, so that rules share what they look at and a change crosses many of their borders."""

    drawn_rules = CLOSE_RULE
    drawn_records = CLOSE_RECORD
    drawn_moments = HOURS


TestAnyRules = AnyRules.TestCase
TestAnyRules.settings = settings(stateful_step_count=8)
TestCloseRules = CloseRules.TestCase
TestCloseRules.settings = settings(stateful_step_count=20)
