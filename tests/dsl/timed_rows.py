"""Random rules over rows that say little but times, and records whose times lie near an instant."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner
from kohorte.dsl.testing.values import ZONES

LENGTHS = [timedelta(minutes=1), timedelta(hours=1), *(timedelta(days=each) for each in (1, 2, 7, 28, 30, 31, 90, 365))]
WINDOWS = ("last 1 day", "last 7 days", "last 1 month", "this month", "last week", "last 36 hours")
ASKED_OF_ROWS = (
    ("count", (">= 2", "= 1", "< 2", "<= 1", "> 1", "in (0, 2)", "!= 1")),
    ("count distinct(n)", (">= 2", "= 1", "not in (0, 2)")),
    ("sum(n)", ("> 2", "= 0", "<= 1", "between -1 and 2", "in (0, 3, 5)")),
    ("avg(n)", ("> 1", "= 0", "<= 1", "in (0, 3)", "is empty")),
    ("min(n)", ("> 0", "= -2", "< 3", "is empty", "!= 1")),
    ("max(n)", ("> 0", "= 3", "< 3", "is set", "in (1, 3)")),
    ("min(at)", ("in the last 3 days", "more than 1 day ago", "before today", "after tomorrow")),
    ("max(day)", ("in the last 3 days", "on today", "before today", "in next week", "has anniversary this month")),
    ("max(at)", ("has anniversary in the next 7 days", "not in this month", "is empty")),
)
ASKED_OF_THE_LATEST = ("n > 0", "n = -2", "n is empty", "n in (0, 3)", "day in the last 7 days", "until in next week")
ROWS = Catalogue.of(
    Owner("contact", (Field("at", Kind.INSTANT), Field("day", Kind.DATE))),
    collections=[
        Collection(
            name,
            (
                Field("at", Kind.INSTANT),
                Field("day", Kind.DATE),
                Field("n", Kind.INTEGER),
                Field("until", Kind.INSTANT),
            ),
            time="at",
            past_only=name == "past",
        )
        for name in ("past", "open")
    ],
)


@st.composite
def rules_of_rows(draw: st.DrawFn) -> str:
    """Draw a rule over rows whose filter hangs on time in one way or another."""
    filters = draw(
        st.lists(
            st.sampled_from(
                [
                    *("n > 0", "n is set", "day in the last 7 days", "until after now", "until in the next 30 days"),
                    *(
                        "not until before now",
                        "at in last week or until > now",
                        "day has anniversary in the next 9 days",
                    ),
                    "contact.at before now",
                ]
            ),
            max_size=2,
        )
    )
    called = ", ".join([*filters, *draw(st.sets(st.sampled_from(WINDOWS), max_size=2))])
    function, tests = draw(st.sampled_from(ASKED_OF_ROWS))
    rows = f"{draw(st.sampled_from(['past', 'open']))}({called})" if called else "past"
    asked = f"{rows}.{function} {draw(st.sampled_from(tests))}"
    if draw(st.integers(0, 4)) == 0:
        asked = f"last {rows}.{draw(st.sampled_from(ASKED_OF_THE_LATEST))}"
    beside = ("contact.at in the last 7 days", "contact.day in the next 2 days", "not contact.at on today")
    other = draw(st.sampled_from([None, None, f"any {rows}", f"{rows}.count > open.count", *beside]))
    if other is not None:
        asked = draw(st.sampled_from([" and ", " or not "])).join([f"({asked})", f"({other})"])
    zone = draw(st.sampled_from(ZONES))
    return f'in zone "{zone}"\n{draw(st.sampled_from(["", "not "]))}({asked})'


@st.composite
def records_near(draw: st.DrawFn, now: datetime) -> dict[str, Any]:
    """Draw a record with times around an instant."""
    lengths = st.builds(timedelta.__mul__, st.sampled_from(LENGTHS), st.sampled_from([-2, -1, -1, -1, 0, 1]))
    times = st.none() | st.builds(
        lambda length, hours: now + length + timedelta(hours=hours), lengths, st.integers(-2, 2)
    )
    days = times.map(lambda time: None if time is None else time.date())
    row = st.fixed_dictionaries({"at": times, "day": days, "until": times, "n": st.sampled_from([None, 0, 1, 3, -2])})
    rows = st.lists(row, max_size=5)
    return draw(st.fixed_dictionaries({"at": times, "day": days, "past": rows, "open": rows}))
