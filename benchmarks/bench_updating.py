"""Target 6 with storage, and target 12: changed contacts, brought up to date in ten thousand segments on PostgreSQL."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, Final

from attrs import frozen

from benchmarks.figures import Figure, rate_figure
from benchmarks.many_rules import CATEGORIES, contact, rule_texts
from benchmarks.rule_shapes import NOW
from benchmarks.shop import Shop, postgres_shop
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.fields import Kind
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.values import Money, from_days, from_micros

CONTACTS: Final = 1_000
FEW: Final = 1_000
SEGMENTS: Final = 10_000
ROUNDS: Final = 5
SINGLES: Final = 30
PAGE: Final = 1_000
_FIELDS: Final = ("country", "city", "language", "score", "subscribed", "tier")


def measure() -> Iterator[Figure]:
    """Measure what a changed contact costs the worker, and how that hangs on the number of segments."""
    with tempfile.TemporaryDirectory() as folder, postgres_shop(Path(folder), 1) as shop:
        people = _People.move_in(shop)
        texts = rule_texts(SEGMENTS)
        _add_segments(shop, texts[:FEW])
        people.change(range(CONTACTS))
        _update(shop)
        few = people.one_by_one()
        _add_segments(shop, texts[FEW:])
        people.change(range(CONTACTS))
        _update(shop)
        many = people.one_by_one()
        rates = [people.one_more_point(turn) for turn in range(ROUNDS)]
        changes = people.changes / (ROUNDS * PAGE)
        what = (
            f"contacts brought up to date in {SEGMENTS:,} segments, {changes:.1f} memberships changed each, PostgreSQL"
        )
        yield rate_figure(6, what, measured=median(rates), at_least=1_000, unit="contacts")
        times = f"{many / few:.2f} × ({many * 1e3:.1f} ms / {few * 1e3:.1f} ms)"
        told = f"one contact that no rule concerns: {SEGMENTS:,} segments beside {FEW:,}, PostgreSQL"
        yield Figure(12, told, "≤ 2 ×", times, many <= 2 * few)


@frozen
class _People:
    """Contacts as the rules are about, whose scores go up."""

    shop: Shop
    scores: list[int]
    moved: list[int]

    @classmethod
    def move_in(cls, shop: Shop) -> "_People":
        """Let contacts with customers and purchases move into a shop, and nobody else be there."""
        for table in ("contacts", "customers", "purchases", "external_keys", "contact_changes"):
            shop.execute(f"DELETE FROM {table}")
        for name, kind in (("score", Kind.INTEGER), ("subscribed", Kind.BOOLEAN), ("tier", Kind.CODE)):
            shop.bus.run(AddField("contact", name, kind), shop.tenant)
        random = Random(7)  # noqa: S311 - figures for a benchmark
        people = [contact(random) for _ in range(CONTACTS)]
        rows = [
            (
                str(number),
                *(each[name] for name in _FIELDS),
                None if each["email_domain"] is None else f"{number}@{each['email_domain']}",
                None if each["birthday"] is None else from_days(each["birthday"]),
                each["customer.category"],
            )
            for number, each in enumerate(people)
        ]
        columns = f"key {' '.join(_FIELDS)} email birthday customer"
        bought = [
            (f"{number}-{place}", str(number), from_micros(row["at"]), _euros(row), row["amount$"], row["status"])
            for number, each in enumerate(people)
            for place, row in enumerate(each["purchases"])
        ]
        _write(shop, RecordKind.CUSTOMERS, "key category", [(each, each) for each in CATEGORIES])
        _write(shop, RecordKind.CONTACTS, columns, rows)
        _write(shop, RecordKind.PURCHASES, "key contact at amount currency status", bought)
        back = timedelta(days=2_000) // timedelta(microseconds=1)
        shop.execute(f"UPDATE contacts SET created_at = created_at - hashtext(key)::bigint * 4001 % {back}")
        for table in ("contacts", "customers", "purchases"):
            shop.execute(f"VACUUM ANALYZE {table}")
        return cls(shop, [each["score"] or 0 for each in people], [])

    @property
    def changes(self) -> int:
        """Return how many memberships have changed while rates were measured."""
        return sum(self.moved)

    def change(self, numbers: Sequence[int]) -> None:
        """Change something about contacts that no rule reads."""
        told = [(str(number), f"{perf_counter()}") for number in numbers]
        _write(self.shop, RecordKind.CONTACTS, "key phone", told)

    def one_by_one(self) -> float:
        """Return the seconds that one contact takes that no rule concerns."""
        seconds: list[float] = []
        for number in range(SINGLES):
            self.change([number])
            seconds.append(_update(self.shop)[0])
        return median(seconds[SINGLES // 3 :])

    def one_more_point(self, turn: int) -> float:
        """Let a thousand contacts change, half of them by a point more; return how many a second were up to date."""
        some = [(turn * PAGE + place) % CONTACTS for place in range(PAGE)]
        for number in some[turn % 2 :: 2]:
            self.scores[number] = (self.scores[number] + 1) % 100
        rows = [(str(each), self.scores[each], f"{turn}") for each in some]
        _write(self.shop, RecordKind.CONTACTS, "key score phone", rows)
        seconds, moved = _update(self.shop)
        self.moved.append(moved)
        return PAGE / seconds


def _euros(row: dict[str, Any]) -> Money:
    return Money.of_units(row["amount"], row["amount$"])


def _write(shop: Shop, kind: RecordKind, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Write rows in batches that name the contacts they concern."""
    for start in range(0, len(rows), PAGE):
        write(shop.storage, shop.tenant, batch(kind, columns, *rows[start : start + PAGE]))


def _add_segments(shop: Shop, texts: Sequence[str]) -> None:
    """Add segments of which it is known that nobody is in them yet, and bounds are kept for a day."""
    empty = frozenset[Any]()
    with shop.storage.work(shop.tenant) as work:
        for text in texts:
            segment_id = shop.bus.ids.new()
            rule = SegmentRule(1, text, {}, empty, empty, empty, NOW)
            work.segments.save(Segment(segment_id, str(segment_id), rule, NOW, NOW))
        work.commit()
    day = timedelta(days=1) // timedelta(microseconds=1)
    now = "CAST(extract(epoch FROM now()) * 1000000 AS bigint)"
    shop.execute(f"UPDATE segments SET stale = false, calculated_at = {now}, due_until = {now} + {day} WHERE stale")
    shop.execute("VACUUM ANALYZE segments")


def _update(shop: Shop) -> tuple[float, int]:
    """Bring members up to date; return how long it took, and how many memberships changed."""
    started = perf_counter()
    found = shop.bus.run(UpdateMembers(), shop.tenant)
    assert not any(each.error for each in found)
    return perf_counter() - started, sum((each.entered or 0) + (each.left or 0) for each in found)
