"""Target 6, in memory: one changed contact against 10,000 rules, beside calling every compiled predicate."""

import gc
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from time import perf_counter
from typing import Any, Final

from benchmarks.bench_rules import in_turns
from benchmarks.figures import Figure, ratio_figure, seconds_figure
from benchmarks.many_rules import contact, contacts, purchase, rule_texts
from benchmarks.rule_shapes import CATALOGUE, NOW
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.index import BoundIndex, RuleIndex

Record = dict[str, Any]
RULES: Final = 10_000
PEOPLE: Final = 20
"""So many contacts are changed in each turn."""
FIELDS: Final = ("country", "city", "email_domain", "score", "birthday", "language", "subscribed", "tier")


def measure() -> list[Figure]:
    """Measure building, its memory, asking, and keeping up with rules and time that change."""
    language = Language(CATALOGUE, zone="Europe/Berlin")
    rules = [language.rule(text) for text in rule_texts(RULES)]
    took, index = _timed(partial(_indexed, rules))
    predicates = [rule.compiled.at(to_micros(NOW)).matches for rule in rules]
    return [
        seconds_figure(6, f"file {RULES:,} checked rules in the index", measured=took, at_most=2.0),
        _memory(rules),
        *_changes(index, predicates),
        *_keeping_up(index, rules),
    ]


def _indexed(rules: Sequence[CompiledRule]) -> RuleIndex[int]:
    index = RuleIndex[int](CATALOGUE)
    for number, rule in enumerate(rules):
        index.add(number, rule)
    return index


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    gc.disable()
    started = perf_counter()
    made = run()
    took = perf_counter() - started
    gc.enable()
    return took, made


def _memory(rules: Sequence[CompiledRule]) -> Figure:
    """Measure an index that has been asked, beyond the rules themselves."""
    gc.collect()
    tracemalloc.start()
    index = _indexed(rules)
    bound = index.at(to_micros(NOW))
    for record in contacts(100):
        bound.matching(record)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    mebibytes = held / 2**20 / (len(rules) / 1000)
    return Figure(6, "memory of the index for 1,000 rules", "≤ 2 MiB", f"{mebibytes:.2f} MiB", mebibytes <= 2)


# -- asking ------------------------------------------------------------------------------------------------------


def _changes(index: RuleIndex[int], predicates: Sequence[Callable[[Record], bool]]) -> list[Figure]:
    bound, random = index.at(to_micros(NOW)), Random(5)  # noqa: S311 - figures for a benchmark
    people = contacts(PEOPLE)
    by_field = [(record, _with_another_field(record, random)) for record in people]
    by_row = [(record, {**record, "purchases": [*record["purchases"], purchase(random)]}) for record in people]
    held = [_by_every_rule(predicates, record) for record in people]
    for pairs in (by_field, by_row):
        for was, (before, after) in zip(held, pairs, strict=True):
            now, found = _by_every_rule(predicates, after), bound.changes(before, after)
            assert found.entered == now - was
            assert found.left == was - now
    took = in_turns(
        {
            "every rule": lambda: [_by_every_rule(predicates, after) for _, after in by_field],
            "field": lambda: [bound.changes(*pair) for pair in by_field],
            "row": lambda: [bound.changes(*pair) for pair in by_row],
            "members": lambda: [
                bound.changes_of(after, ["purchases"], was) for was, (_, after) in zip(held, by_row, strict=True)
            ],
            "matching": lambda: [bound.matching(record) for record in people],
        },
        slices=25,
    )
    each = {name: seconds / PEOPLE for name, seconds in took.items()}
    what = f"one contact against {RULES:,} rules"
    return [
        seconds_figure(6, f"{what}: entered and left, a field changed", measured=each["field"], at_most=0.3e-3),
        seconds_figure(6, f"{what}: entered and left, a purchase more", measured=each["row"], at_most=0.3e-3),
        _beside_every_rule(f"{what}: a field changed", "field", each),
        _beside_every_rule(f"{what}: a purchase more", "row", each),
        _beside_every_rule(f"{what}: a purchase more, memberships known", "members", each),
        _beside_every_rule(f"{what}: all that hold", "matching", each),
    ]


def _beside_every_rule(what: str, name: str, seconds: Mapping[str, float]) -> Figure:
    return ratio_figure(
        6, f"{what}, beside every predicate", ours=seconds[name], reference=seconds["every rule"], at_most=0.1
    )


def _by_every_rule(predicates: Sequence[Callable[[Record], bool]], record: Record) -> set[int]:
    return {number for number, matches in enumerate(predicates) if matches(record)}


def _with_another_field(record: Record, random: Random) -> Record:
    """Return the record with one field as another contact has it, in all its forms."""
    other, name = contact(random), random.choice(FIELDS)
    return {**record, **{key: value for key, value in other.items() if key.rstrip("~#") == name}}


# -- keeping up --------------------------------------------------------------------------------------------------


def _keeping_up(index: RuleIndex[int], rules: Sequence[CompiledRule]) -> list[Figure]:
    people, turns = contacts(2), iter(range(10**6))
    bound: BoundIndex[int] = index.at(to_micros(NOW))

    def replace_and_ask() -> None:
        number = next(turns) * 7919 % RULES
        index.add(number, rules[number])
        bound.changes(*people)

    def move_and_ask() -> None:
        index.at(to_micros(NOW) + next(turns) * 1_000_000).changes(*people)

    took = in_turns({"replaced": replace_and_ask, "moved": move_and_ask}, slices=25)
    return [
        seconds_figure(
            6, f"replace one of {RULES:,} rules and ask for the first time", measured=took["replaced"], at_most=5e-3
        ),
        seconds_figure(
            6, f"ask {RULES:,} rules for the first time at another instant", measured=took["moved"], at_most=10e-3
        ),
    ]
