"""What is asked of a rule while somebody writes or reads it: completion, findings, sentences, explanation, and time.

None of it has a number in the list of targets; the limits are those of the language's design.
"""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.figures import Figure, seconds_figure
from benchmarks.rule_shapes import CATALOGUE, NOW, SHAPES, people
from kohorte.core.testing.fakes import ListedReferences
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.analysis.linting import findings
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.assistance.hover import hover
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.explaining.explain import explain
from kohorte.dsl.language import RuleLanguage
from tests.dsl.analysis.hostile import HOSTILE
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

ROUNDS: Final = 31
UNNUMBERED: Final = 0
LARGEST: Final = " and ".join(f"contact.score != {number}" for number in range(500))
"""A rule as large as may be, on one line."""


def measure() -> Iterator[Figure]:
    """Measure every shape of rule."""
    language = Language(CATALOGUE, zone="Europe/Berlin")
    yield from _foreseeing(language)
    yield from _findings(language)
    yield from _completing()
    yield from _telling(language)


def _foreseeing(language: Language) -> Iterator[Figure]:
    records, now = people(400), to_micros(NOW)
    for shape in SHAPES:
        stay = language.rule(shape.text).changes.at(now).stay

        def run(stay: Callable[[dict[str, object]], int] = stay) -> None:
            for record in records:
                stay(record)

        took = _median(run) / len(records)
        yield seconds_figure(
            UNNUMBERED, f"answer and until when it stays, one contact, {shape.name}", measured=took, at_most=25e-6
        )


def _findings(language: Language) -> Iterator[Figure]:
    ten = next(shape for shape in SHAPES if shape.name == "10 conditions").text
    other = ten.replace("10", "20")

    def check() -> None:
        language.rule(ten)

    def find() -> None:
        language.rule(ten).findings(NOW)

    def compare() -> None:
        language.rule(ten).compare(language.rule(other), NOW)

    checking = _median(check)
    yield seconds_figure(
        UNNUMBERED, "findings of a rule of 10 conditions", measured=_median(find) - checking, at_most=1e-3
    )
    took = _median(compare) - 2 * checking
    yield seconds_figure(UNNUMBERED, "comparison of two rules of 10 conditions", measured=took, at_most=31e-3)
    yield _hard_budget()


def _hard_budget() -> Figure:
    """Measure the slowest of the legal rules that are made to take long."""
    catalogue = shop_catalogue()
    rules = [RuleLanguage().check(text, catalogue, EVERYTHING) for text in HOSTILE.values()]
    took = max(_median(partial(findings, rule, NOW), 5) for rule in rules)
    return seconds_figure(
        UNNUMBERED, "findings of the slowest of rules of the greatest size", measured=took, at_most=0.1
    )


def _completing() -> Iterator[Figure]:
    knowledge = Knowledge(CATALOGUE, ListedReferences("Europe/Berlin"))
    texts = {shape.name: shape.text for shape in SHAPES} | {"at the end of 500 conditions": LARGEST}
    for ask, what in ((complete, "completion"), (hover, "description")):
        for name, text in texts.items():
            places = [place for place, letter in enumerate(text) if letter in ' (."'][-40:]

            def run(
                ask: Callable[[str, int, Knowledge], object] = ask, text: str = text, places: list[int] = places
            ) -> None:
                for place in places:
                    ask(text, place + 1, knowledge)

            took = _median(run) / len(places)
            yield seconds_figure(UNNUMBERED, f"{what} at a cursor, {name}", measured=took, at_most=5e-3)


def _telling(language: Language) -> Iterator[Figure]:
    record = people(1)[0]
    for shape in SHAPES:
        rule = language.rule(shape.text)

        def say(text: str = shape.text) -> None:
            language.rule(text).say("de")

        def check(text: str = shape.text) -> None:
            language.rule(text)

        took = _median(say) - _median(check)
        yield seconds_figure(UNNUMBERED, f"a rule said in German, {shape.name}", measured=took, at_most=1e-3)
        changes, at = rule.changes, to_micros(NOW)

        def why() -> None:
            explain(rule.checked, CATALOGUE.subject, record, at, changes=changes)  # noqa: B023 - run at once

        yield seconds_figure(
            UNNUMBERED, f"explanation for one contact, {shape.name}", measured=_median(why), at_most=20e-3
        )


def _median(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median seconds of a run; its first one is not counted."""
    run()
    gc.collect()
    seconds = []
    for _ in range(rounds):
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    return median(seconds)
