"""Counts while somebody types: a rule that cannot be counted in time is estimated within the budget."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.bench_segments import DUE, DUE_AT, NAMES, SHAPES
from benchmarks.figures import Figure
from benchmarks.shop import Shop, postgres_shop, sqlite_shop
from kohorte.core.segments.estimating import BUDGET_MS, Estimate, EstimateRule, estimate_rule
from kohorte.core.segments.rules import check_rule

CONTACTS: Final = 1_000_000
ROUNDS: Final = 7
LATE: Final = 1.1
"""So many times the budget the slowest of all answers may take."""


def measure() -> Iterator[Figure]:
    """Measure on both databases how long answers take, and see that the true count lies where they say."""
    for make in (sqlite_shop, postgres_shop):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            shop = stack.enter_context(make(Path(folder), CONTACTS))
            for name, rule in (*((each.name, each.rule) for each in SHAPES), *((each[0], each[1]) for each in DUE)):
                yield _figure(shop, name, rule)


def _figure(shop: Shop, name: str, rule: str) -> Figure:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        true = ports.work.audiences.count(check_rule(rule, ports), DUE_AT)
    slowest = 0.0
    for _ in range(ROUNDS):
        started = perf_counter()
        with shop.bus.ports(shop.tenant, reading=True) as ports:
            found = estimate_rule(EstimateRule(rule, DUE_AT), ports)
        slowest = max(slowest, perf_counter() - started)
    limit = LATE * BUDGET_MS / 1000
    told = f"how many a rule selects, {name}, {CONTACTS:,} contacts, {NAMES[shop.dialect]}: slowest of {ROUNDS} answers"
    is_true = found.interval.low <= true <= found.interval.high
    answer = f"{found.interval.low:,} to {found.interval.high:,}, {_how(found)}; truly {true:,}"
    measured = f"{1000 * slowest:.0f} ms: {answer}"
    return Figure(0, told, f"≤ {1000 * limit:.0f} ms", measured, slowest <= limit and is_true)


def _how(found: Estimate) -> str:
    return "exact" if found.sample is None else f"from {found.sample.drawn:,} that were drawn"
