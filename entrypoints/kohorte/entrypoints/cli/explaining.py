"""``kohorte rule explain`` and ``kohorte segment explain``: why a contact is in or not, and until when."""

import click

from kohorte.core.ports.audiences import Member
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.model import Cause, Leaving, SegmentRule
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.rules import ONE_RULE, rule_text
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.explaining import explain, explain_membership, membership_view
from kohorte.entrypoints.views.explanations import Explained, explanation_view


@examples(
    ("kohorte rule explain --contact 12347 'purchases(last 90 days).count >= 3'", "why, and what would change it")
)
@click.command("explain", cls=TranslatedCommand)
@argument("text", required=False)
@option("--contact", metavar="KEY", required=True, help="The contact's key.")
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True, evaluating=True)
def explain_rule(session: Session, text: str | None, contact: str, file: str | None) -> None:
    """Explain why a rule selects a contact or not.

    Every condition with what it saw, the fewest reasons that suffice, the smallest change that would flip the answer,
    and until when it holds.
    """
    source = rule_text(text, file, hint=ONE_RULE)
    explained = session.read(lambda ports: explain(compiled_rule(source, ports), ports, contact, session.at))
    session.output.show(explanation_view(explained), lambda: _print(session, explained))


@examples(
    ("kohorte segment explain lapsed --contact 12347", "why, and what would change it"),
    ("kohorte segment explain lapsed --contact 12347 --at 2024-01-31", "at a past instant, by the rule of that time"),
)
@click.command("explain", cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--contact", metavar="KEY", required=True, help="The contact's key.")
@common(reading=True, evaluating=True)
def explain_segment(session: Session, name: str, contact: str) -> None:
    """Explain why a contact is in a segment or not.

    At a past instant the history tells whether the contact was a member; the rule of that time is asked about the
    data of today.
    """
    at = None if session.at_text is None else session.at
    found = session.read(lambda ports: explain_membership(ports, name, contact, at))

    def people() -> None:
        _print_stay(session, found.stay, is_ruled=found.version is not None)
        if found.pin is not None:
            _print_pin(session, found.pin)
        if found.pin is not None or (found.version is not None and found.version.leaving != Leaving()):
            session.output.say("By its rule alone:")
        if found.explained is not None and found.version is not None:
            _print_ruled(session, found.explained, found.version)

    session.output.show(membership_view(found), people)


def _print_ruled(session: Session, explained: Explained, version: SegmentRule) -> None:
    if session.is_past:
        existed = version.created_at <= session.at
        session.output.say(
            "What follows asks version {version} of the rule, in force then, about the data of today."
            if existed
            else "What follows asks version {version} of the rule, the first one, about the data of today.",
            version=version.version,
        )
    _print(session, explained)


def _print_pin(session: Session, pin: Pin) -> None:
    session.output.say(
        "Put in by {by} on {at}, whatever the rule says."
        if pin.side is Side.IN
        else "Kept out by {by} since {at}, whatever the rule says.",
        by=pin.by,
        at=session.output.cell(pin.at),
    )


def _print_stay(session: Session, stay: Member | None, *, is_ruled: bool) -> None:
    """Print whether the contact was a member, as the history has it."""
    if stay is None:
        session.output.say(
            "Not a member at that instant, as the history has it."
            if session.is_past
            else "Not a member at the last calculation."
            if is_ruled
            else "Not a member."
        )
        return
    if stay.cause in (Cause.HAND, Cause.IMPORT):
        session.output.say(
            "Member since {entered}, put in by {by}."
            if stay.left_at is None
            else "Member from {entered} to {left}, put in by {by}.",
            entered=session.output.cell(stay.entered_at),
            left=session.output.cell(stay.left_at),
            by=stay.added_by,
        )
        return
    session.output.say(
        "Member since {entered}, by version {version} of the rule."
        if stay.left_at is None
        else "Member from {entered} to {left}, by version {version} of the rule.",
        entered=session.output.cell(stay.entered_at),
        left=session.output.cell(stay.left_at),
        version=stay.rule_version,
    )


def _print(session: Session, explained: Explained) -> None:
    for line in explained.sentences(session.language.code):
        session.output.text(line)
    session.output.say("")
    reasons = set(explained.explanation.reasons)
    session.output.table(
        ("condition", "holds", "value", "reason"),
        [
            (
                explained.clause(each, session.language.code),
                each.verdict,
                ", ".join(session.output.cell(value.value) for value in each.values),
                each.number in reasons,
            )
            for each in explained.explanation.conditions
        ],
    )
