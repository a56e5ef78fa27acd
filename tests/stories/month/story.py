"""A month of random data: what contacts are and do, part of it known at the beginning, the rest as it arrives."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from attrs import define, field, frozen

from kohorte.core.ports.records import Batch, RecordKind
from kohorte.core.testing.contracts.rows import batch
from tests.stories.membership.records import Records, Row, money

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
KEYS: Final = ("Ann", "Bob", "Cem", "Dee", "Eve", "Fay", "Gil", "Hal")


@frozen
class Arrival:
    """What becomes known at an instant: rows of one kind."""

    at: datetime
    kind: RecordKind
    rows: dict[str, Row]

    def batch(self) -> Batch:
        """Return it as an import has it."""
        columns = list(next(iter(self.rows.values())))
        rows = [(key, *(row[each] for each in columns)) for key, row in self.rows.items()]
        return batch(self.kind, " ".join(("key", *columns)), *rows)

    def tell(self, records: Records) -> None:
        """Write it into plain copies."""
        for key, row in self.rows.items():
            match self.kind:
                case RecordKind.CONTACTS:
                    records.save_contact(key, row, self.at)
                case RecordKind.ITEMS:
                    records.items.setdefault(row["purchase"], {})[key] = row
                case _:
                    records.save_row(self.kind.value, key, row)


@define
class Story:
    """A story at random, from an instant on for some days. ``arrivals`` are in order, the first ones when it begins."""

    random: Random
    begin: datetime
    days: int
    arrivals: list[Arrival] = field(factory=list[Arrival])

    def __attrs_post_init__(self) -> None:
        self._arrive(self.begin, RecordKind.CONTACTS, {key: self._contact() for key in KEYS})
        bought = {f"P{each}": self._purchase() for each in range(3 * (self.days + 40) // 2)}
        self._arrive(self.begin, RecordKind.PURCHASES, bought)
        self._arrive(self.begin, RecordKind.ITEMS, {f"I{key}": self._item(key) for key in bought})
        done = {f"A{each}": self._activity() for each in range(self.days + 40)}
        self._arrive(self.begin, RecordKind.ACTIVITIES, done)
        for number in range(self.days // 2 + 1):
            at = self.begin + self.random.randrange(1, self.days * 24 * 60) * MINUTE
            if number % 2:
                self._arrive(at, RecordKind.CONTACTS, {self.random.choice(KEYS): self._contact()})
            else:
                self._arrive(at, RecordKind.PURCHASES, {f"L{number}": self._purchase()})
        self.arrivals.sort(key=lambda each: each.at)

    @property
    def end(self) -> datetime:
        """Return when it ends."""
        return self.begin + self.days * DAY

    def _arrive(self, at: datetime, kind: RecordKind, rows: dict[str, Row]) -> None:
        self.arrivals.append(Arrival(at, kind, rows))

    def _contact(self) -> Row:
        draw, day = self.random, timedelta(days=self.random.randrange(-20, self.days + 20))
        born = (self.begin + timedelta(days=draw.randrange(-4, self.days + 4))).date()
        told: dict[str, Any] = {
            "birthday": born.replace(year=draw.choice((1984, 1996))),
            "renewed_on": draw.choice((*[(self.begin + day).date()] * 4, None)),
            "seen_at": draw.choice((self._instant(-10, self.days), self._instant(-5, self.days + 5), None)),
            "created_at": self._instant(-5, self.days),
        }
        return told

    def _purchase(self) -> Row:
        draw = self.random
        at, cents = self._instant(-32, self.days), draw.choice((None, draw.randrange(-800, 2500)))
        currency, status = draw.choice(("EUR", "EUR", "GBP")), draw.choice(("paid", "open", None))
        who = draw.choice(KEYS)
        return {"contact": who, "at": at, "amount": money(cents, currency), "currency": currency, "status": status}

    def _item(self, purchase: str) -> Row:
        return {"purchase": purchase, "product_code": self.random.choice("XY"), "quantity": self.random.randrange(3)}

    def _activity(self) -> Row:
        kind = self.random.choice(("call", "visit"))
        return {"contact": self.random.choice(KEYS), "at": self._instant(-20, self.days + 5), "kind": kind}

    def _instant(self, first: int, last: int) -> datetime:
        """Return an instant so many days after the beginning; half of them on the hour, as local midnights are."""
        at = self.begin + self.random.randrange(first * 24, last * 24) * HOUR
        return at + self.random.choice((timedelta(0), timedelta(microseconds=self.random.randrange(3_600_000_000))))
