"""``kohorte segment performance``: members over time."""

from datetime import date
from typing import Final

import click

from kohorte.core.segments.performance import Period, segment_performance
from kohorte.core.values import parse_date
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import offering, segment_names
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.segments import performance_view

_PERCENT: Final = 100


@examples(
    ("kohorte segment performance lapsed", "the last 30 days"),
    ("kohorte segment performance lapsed --by month --from 2024-01-01", "month by month"),
)
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option(
    "--by",
    type=click.Choice([each.value for each in Period]),
    default=Period.DAY.value,
    show_default=True,
    help="What is counted together; weeks begin on Monday.",
)
@option("--from", "first", metavar="DAY", help="The first day; without it the latest periods are shown.")
@option("--to", "last", metavar="DAY", help="The last day; without it today.")
@common(reading=True)
def performance(session: Session, name: str, by: str, first: str | None, last: str | None) -> None:
    """Show a segment's members over time: how many, how many active, who came and went.

    Active are those who bought something, or with whom something took place, in the 30 days before.
    """
    _, found = session.read(
        lambda ports: segment_performance(ports, name, Period(by), first=_day(first), last=_day(last))
    )
    zone = session.tenant.zone_info
    session.output.show(
        [performance_view(each) for each in found],
        lambda: session.output.table(
            ("from", "members", "active", "entered", "left", "growth %"),
            [
                (
                    each.begin.astimezone(zone).date(),
                    each.members,
                    each.active,
                    each.entered,
                    each.left,
                    None if each.growth_rate is None else each.growth_rate * _PERCENT,
                )
                for each in found
            ],
        ),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else parse_date(text)
