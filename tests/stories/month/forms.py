"""All forms in which rules speak of time, each in several zones, and how the segments of a month are made of them."""

from collections.abc import Sequence
from random import Random
from typing import Final

from attrs import frozen

from kohorte.core.segments.model import SegmentType

ZONES: Final = ("", "", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
"""Berlin where none is stated. Summer time begins in a month in March: in New York, in Berlin; on Lord Howe it ends."""

OF_INSTANTS: Final = (
    *("in the last 90 minutes", "in the last 36 hours", "in the last 3 days", "in the last 1 week"),
    *("in the last 1 month", "in the next 50 hours", "in the next 2 days", "in the next 1 month", "in last 1 quarter"),
    *("more than 36 hours ago", "more than 5 days ago", "less than 50 hours ago", "less than 1 month ago"),
    *("in this week", "in last week", "in next week", "in this month", "in last month", "in this quarter"),
    *("before now - 36 hours", "after today - 3 days", "between today - 3 days and now", "on or after tomorrow"),
    *("on 2024-03-31", "has anniversary in the next 7 days", "has anniversary today", "not in the last 2 days"),
)
OF_DATES: Final = (
    *("= today", "= tomorrow", "= yesterday", "before today", "on or after today", "before today - 1 month"),
    *("in the last 3 days", "in the next 7 days", "more than 2 weeks ago", "less than 3 days ago"),
    *("in this week", "in last month", "in next month", "between yesterday and tomorrow", "in the next 1 month"),
    *("has anniversary today", "has anniversary in the next 3 days", "has anniversary in the last 2 days"),
    *("has anniversary in this month", "has anniversary in next week", "is set"),
)
OF_ROWS: Final = (
    *("purchases(last 50 hours).count >= 1", "purchases(last 5 days).count = 1", "purchases(last 1 month).count < 2"),
    *("purchases(this week).count >= 1", "purchases(last month).count > purchases(this month).count"),
    *("purchases(last 5 days).sum(amount, EUR) > 10 EUR", "purchases(last 1 week).avg(amount, EUR) <= 8 EUR"),
    *("purchases(last 6 days).min(amount, EUR) < 0 EUR", "purchases(last 6 days).max(amount, EUR) >= 15 EUR"),
    *("purchases(last 2 weeks).count distinct(status) = 2", 'any purchases(last 3 days, status = "paid")'),
    *("no purchases(last 4 days)", 'last purchases.status = "paid"', "last purchases(last 3 days).amount > 5 EUR"),
    *("purchases.max(at) more than 3 days ago", "purchases.min(at) less than 1 month ago", "purchases.count >= 3"),
    *("items(last 5 days).sum(quantity) >= 2", 'any items(product_code = "X", last 3 days)'),
    *(
        "activities(next 3 days).count >= 1",
        'any activities(last 36 hours, kind = "call")',
        "activities(this week).count = 1",
    ),
    *("activities.max(at) in the next 2 days", 'last activities.kind = "call"', "activities(at after now).count >= 2"),
    *("did purchase at least 2 times in the last 5 days", "did not purchase in the last 80 hours"),
    *("(did purchase in the last 6 days where amount > 5 EUR)", 'did have activity "call" in the last 3 days'),
)

FORMS: Final = (
    *(f"contact.seen_at {each}" for each in OF_INSTANTS),
    *(f"contact.created_at {each}" for each in OF_INSTANTS[:14]),
    *(f"contact.renewed_on {each}" for each in OF_DATES),
    *(f"contact.birthday {each}" for each in OF_DATES if "anniversary" in each),
    *OF_ROWS,
)


@frozen
class Definition:
    """A segment of the month."""

    name: str
    rule: str
    leave: str | None = None
    days: int = 0
    type: SegmentType = SegmentType.DYNAMIC

    @property
    def is_ruled_alone(self) -> bool:
        """Tell whether its rule alone says who is in it."""
        return (self.type, self.leave, self.days) == (SegmentType.DYNAMIC, None, 0)


def definitions(random: Random, asked: Sequence[str] = FORMS) -> list[Definition]:
    """Return segments in which these forms occur: alone or two in a rule, and more in those that refer."""
    forms = random.sample(asked, len(asked))
    made: list[Definition] = []
    while forms:
        some = [
            f"{random.choice(('', '', 'not '))}({forms.pop()})"
            for _ in range(min(len(forms), random.choice((1, 1, 2))))
        ]
        made.append(Definition(f"plain {len(made)}", _in_zone(random.choice((" and ", " or ")).join(some), random)))
    plain = [each.rule for each in made]
    for number in range(len(asked) // 16):
        leave = random.choice((None, random.choice(plain)))
        made.append(
            Definition(f"kept {number}", random.choice(plain), leave, random.choice((0, 1, 2) if leave else (1, 2)))
        )
    made.append(Definition("hybrid", random.choice(plain), type=SegmentType.HYBRID))
    for number in range(len(asked) // 12):
        names = random.sample([each.name for each in made], 2)
        other = f"({random.choice(FORMS)})"
        parts = (f'in segment "{names[0]}"', f'not in segment "{names[1]}"', other)
        made.append(Definition(f"referring {number}", random.choice((" and ", " or ")).join(parts)))
    return made


def _in_zone(rule: str, random: Random) -> str:
    zone = random.choice(ZONES)
    return f'in zone "{zone}"\n{rule}' if zone else rule
