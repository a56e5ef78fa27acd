"""``kohorte events``: what happened, for programs that follow it."""

import click

from kohorte.core.event_feed import MOST, START, Cursor, ForgetEvents, read_events
from kohorte.core.values import parse_instant
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, examples, option
from kohorte.entrypoints.cli.session import Session, common, with_time
from kohorte.entrypoints.views.events import ForgottenEventsView, events_view


@click.group(cls=TranslatedGroup)
def events() -> None:
    """Follow what happened, and forget what is old."""


@examples(
    ("kohorte events list --limit 10", "the first that are kept"),
    ("kohorte events list --after 00000000000000000042 --json", "those after one, as CloudEvents"),
)
@events.command("list", cls=TranslatedCommand)
@option("--after", metavar="CURSOR", help="Go on after this event: its sequence, or the cursor of the page before.")
@option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True, help="How many to show.")
@common(reading=True)
def list_all(session: Session, after: str | None, limit: int) -> None:
    """List events in the order in which they happened.

    Members that entered or left a segment are events of their own. With --json each is a CloudEvent, whose sequence is
    the cursor to go on with; its id tells whether it was seen before.
    """
    begin = START if after is None else Cursor.of(after)
    page = session.read(lambda ports: read_events(ports, begin, limit))

    def people() -> None:
        session.output.table(
            ("time", "event", "about", "sequence"),
            [(each.at, each.type, each.about, str(each.cursor)) for each in page.events],
        )
        if len(page.events) == limit:
            session.output.remark("Go on with: --after {id}", id=str(page.after))

    session.output.show(events_view(page, session.tenant.id), people)


@examples(("kohorte events forget --before 2024-01-01", "nobody needs them any more"))
@events.command(cls=TranslatedCommand)
@option("--before", metavar="INSTANT", required=True, help="Forget what was recorded before this instant.")
@common(reading=True)
def forget(session: Session, before: str) -> None:
    """Forget old events.

    A program that has not read them is told so, and where to go on.
    """
    count = session.run(ForgetEvents(parse_instant(with_time(before), session.tenant.zone_info)))
    session.output.show(
        ForgottenEventsView(count),
        lambda: session.output.say(
            "{count} event forgotten" if count == 1 else "{count} events forgotten", count=session.output.cell(count)
        ),
    )
