"""Target 1's references: one record, five shapes, beside the evaluators that Python programs can call today.

The reference of each is the same handwritten lambda as ours, so that the peers can be compared with each other, too.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from benchmarks.bench_rules import in_turns
from benchmarks.figures import Figure
from benchmarks.peers import COUNTED, TEXTS, Peer, counted_by_hand, peers
from benchmarks.rule_shapes import CATALOGUE, NOW, SHAPES, Record, people
from kohorte.core.values import to_micros
from kohorte.dsl import Language

SLICES: Final = 15
"""Turns: the slowest of the peers needs a second for one."""


def measure() -> Iterator[Figure]:
    """Time one predicate call of each evaluator; all of them must give the same answers."""
    records = people(60)
    by_hand = {shape.name: (shape.text, shape.by_hand) for shape in SHAPES}
    by_hand["count of purchases"] = (COUNTED, counted_by_hand)
    language, evaluators = Language(CATALOGUE), peers()
    for name, texts in TEXTS.items():
        text, hand = by_hand[name]
        bound = language.rule(text).compiled.at(to_micros(NOW))
        runs: dict[str, Callable[[], list[bool]]] = {
            "by hand": partial(_answers, hand, records),
            "kohorte": partial(_answers, bound.matches, records),
        }
        for peer in evaluators:
            runs[peer.name] = _run(peer, texts, records)
        expected = runs["by hand"]()
        for called, run in runs.items():
            assert run() == expected, (called, name)
        took = in_turns(runs, slices=SLICES, warmed=True)
        ours = took["kohorte"] / took["by hand"]
        for peer in evaluators:
            theirs = took[peer.name] / took["by hand"]
            told = f"one contact, {name}: Kohorte beside {peer.name}, both against a handwritten lambda"
            yield Figure(1, told, "less", f"{ours:.2f} × / {theirs:,.1f} ×", met=ours < theirs)


def _run(peer: Peer, texts: dict[str, str], records: list[Record]) -> Callable[[], list[bool]]:
    return partial(_answers, peer.compile(texts[peer.dialect]), [peer.prepare(record) for record in records])


def _answers(matches: Callable[[Any], object], records: list[Any]) -> list[bool]:
    return [bool(matches(record)) for record in records]
