"""The law of the index: whatever comes and goes, it answers as every rule does by itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb
from kohorte.core.values import to_micros
from kohorte.dsl.checker.rule import check
from kohorte.dsl.index import RuleIndex
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
RULES = rules(CATALOGUE, segments=list(NAMES.rules), lists=list(NAMES.lists))
KEYS = st.integers(0, 11)


def _everything() -> Reads:
    reads = Reads(by_key=True)
    for owner in CATALOGUE.owners.values():
        reads.owners[owner.name] = {each: set(Form) for each in owner.fields.values()}
    for rows in CATALOGUE.collections.values():
        reads.rows[rows.name] = {each: set(Form) for each in rows.fields.values()}
    return reads


PREPARE = preparation(_everything(), CATALOGUE, key="id")


@st.composite
def prepared(draw: st.DrawFn) -> Prepared:
    return PREPARE({**draw(records(CATALOGUE)), "id": draw(st.integers(0, 9))})


class Index(RuleBasedStateMachine):
    """Rules come, change and go, the clock moves, and records are asked about, changed and asked about again."""

    def __init__(self) -> None:
        super().__init__()
        self.index = RuleIndex[int](CATALOGUE)
        self.plain: dict[int, Predicate] = {}
        self.texts: dict[int, str] = {}

    @initialize(now=instants(), record=prepared(), texts=st.lists(RULES, max_size=8))
    def begin(self, now: datetime, record: Prepared, texts: list[str]) -> None:
        self.record = record
        self.now = to_micros(now)
        for key, text in enumerate(texts):
            self.add(key, text)
        self.bound = self.index.at(self.now, members=MEMBERS, entries=ENTRIES)

    @rule(key=KEYS, text=RULES)
    def add(self, key: int, text: str) -> None:
        checked = check(parse(text), text, CATALOGUE, NAMES).rule
        self.plain[key], self.texts[key] = compile_predicate(checked, CATALOGUE.subject), text
        self.index.add(key, checked)

    @rule(key=KEYS)
    def remove(self, key: int) -> None:
        self.plain.pop(key, None)
        self.index.remove(key)

    @rule(now=instants())
    def move_the_clock(self, now: datetime) -> None:
        self.now = to_micros(now)
        self.bound = self.index.at(self.now, members=MEMBERS, entries=ENTRIES)

    @rule(record=prepared())
    def look_at_another_record(self, record: Prepared) -> None:
        self.record = record

    @rule(other=prepared(), data=st.data())
    def change_some_fields(self, other: Prepared, data: st.DataObject) -> None:
        names = sorted(name for name in self._names() if name != KEY)
        changed = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=3))
        before, after = self.record, dict(self.record)
        for name in changed:
            after.update({key: value for key, value in other.items() if _name_of(key) == name})
        was, now = self._by_every_rule(before), self._by_every_rule(after)
        found = self.bound.changes(before, after)
        assert (found.entered, found.left) == (now - was, was - now), self._texts(found.entered ^ found.left)
        by_names = self.bound.changes_of(after, [_public(name) for name in changed], was)
        assert (by_names.entered, by_names.left) == (now - was, was - now)
        assert self.index.affected(map(_public, changed)) >= was ^ now
        self.record = after

    @invariant()
    def it_answers_as_every_rule_does(self) -> None:
        expected = self._by_every_rule(self.record)
        found = self.bound.matching(self.record)
        assert found == expected, self._texts(found ^ expected)
        assert set(self.index) == self.plain.keys()

    def _by_every_rule(self, record: Prepared) -> set[int]:
        return {
            key
            for key, each in self.plain.items()
            if each.at(self.now, members=MEMBERS, entries=ENTRIES).matches(record)
        }

    def _names(self) -> set[str]:
        return {_name_of(key) for key in self.record}

    def _texts(self, keys: Iterable[int]) -> list[str]:
        return [self.texts[key] for key in keys]


def _name_of(key: str) -> str:
    return key.rstrip("~$#")


def _public(name: str) -> str:
    return name if "." in name or name in CATALOGUE.collections else f"{CATALOGUE.subject}.{name}"


TestIndex = Index.TestCase
TestIndex.settings = settings(stateful_step_count=12)
