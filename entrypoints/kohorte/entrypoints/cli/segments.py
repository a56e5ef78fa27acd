"""``kohorte segment``: write, preview and show segments; ``_MORE`` names what else stands elsewhere."""

from collections.abc import Iterable
from shlex import quote
from typing import Final

import click

from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.ports.audiences import Person
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import (
    ChangeSegment,
    CreateSegment,
)
from kohorte.core.segments.model import Leaving, Segment, SegmentStatus, SegmentType
from kohorte.core.segments.queries import (
    PreviewRule,
    list_segments,
    preview_rule,
    show_segment,
)
from kohorte.entrypoints.cli.commands import (
    TranslatedCommand,
    TranslatedGroup,
    argument,
    examples,
    option,
)
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.kinds import counted
from kohorte.entrypoints.cli.rules import rule_text
from kohorte.entrypoints.cli.segment_examples import read_examples, told_examples, with_examples
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.schedules import read_every, written_every
from kohorte.entrypoints.views.segments import preview_view, segment_view, shown_segment_view

ONE_RULE: Final = "Write it as --rule 'contact.country = \"DE\"', or name a file with --rule-file (- reads the input)."


_MORE: Final = {
    "list": "kohorte.entrypoints.cli.segment_list:list_all",
    "calculate": "kohorte.entrypoints.cli.segment_calculation:calculate",
    "update": "kohorte.entrypoints.cli.segment_calculation:update",
    "explain": "kohorte.entrypoints.cli.explaining:explain_segment",
    "members": "kohorte.entrypoints.cli.segment_members:members",
    "export": "kohorte.entrypoints.cli.segment_members:export",
    "performance": "kohorte.entrypoints.cli.segment_performance:performance",
    "of": "kohorte.entrypoints.cli.segment_members:segments_of_contact",
    "overlap": "kohorte.entrypoints.cli.segment_members:overlap",
    "add": "kohorte.entrypoints.cli.segment_pins:add",
    "remove": "kohorte.entrypoints.cli.segment_pins:remove",
    "release": "kohorte.entrypoints.cli.segment_pins:release",
    "pins": "kohorte.entrypoints.cli.segment_pins:pins",
    "nodes": "kohorte.entrypoints.cli.segment_nodes:nodes",
    "node": "kohorte.entrypoints.cli.segment_nodes:node",
    "difference": "kohorte.entrypoints.cli.segment_versions:difference",
    "restore": "kohorte.entrypoints.cli.segment_versions:restore",
    "activate": "kohorte.entrypoints.cli.segment_lifecycle:activate",
    "deactivate": "kohorte.entrypoints.cli.segment_lifecycle:deactivate",
    "archive": "kohorte.entrypoints.cli.segment_lifecycle:archive",
    "delete": "kohorte.entrypoints.cli.segment_lifecycle:delete",
}


@click.group(cls=TranslatedGroup, later=_MORE)
def segment() -> None:
    """Write, calculate, read and export segments."""


@examples(
    ("kohorte segment create lapsed --rule 'purchases.count >= 3 and no purchases(last 90 days)'", "a new segment"),
    ("kohorte segment create wholesale --rule-file wholesale.kohorte", "the rule from a file"),
    (
        "kohorte segment create germans --rule 'contact.country = \"DE\"' --must-be-in C-17 --must-be-out C-18",
        "with examples that the rule must answer, now and whenever it changes",
    ),
    (
        "kohorte segment create warm --rule 'contact.score >= 80' --leave-when 'contact.score < 70' --minimum-stay 7",
        "who enters stays for a week, and until the score has clearly fallen",
    ),
    ("kohorte segment create guests --type static", "kept by hand"),
)
@segment.command(cls=TranslatedCommand)
@argument("name")
@option("--rule", metavar="TEXT", help="The rule.")
@option("--rule-file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@option("--description", metavar="TEXT", help="What it is for.")
@option("--tag", "tags", multiple=True, metavar="TAG", help="A tag, to find it by; can be given again.")
@option("--note", metavar="TEXT", help="What this version of the rule is for.")
@option("--every", metavar="TIME", help="Calculate all members so often, whatever has changed: 30m, 6h or 2d.")
@option(
    "--type",
    "kind",
    type=click.Choice([each.value for each in SegmentType]),
    default=SegmentType.DYNAMIC.value,
    show_default=True,
    help="By its rule alone, by hand alone (static), or both (hybrid).",
)
@option("--leave-when", metavar="RULE", help="Members leave only where this rule selects them.")
@option("--minimum-stay", type=int, default=0, metavar="DAYS", help="Nobody leaves before so many days of 24 hours.")
@with_examples
@common(reading=True)
def create(
    session: Session,
    name: str,
    rule: str | None,
    rule_file: str | None,
    description: str | None,
    tags: tuple[str, ...],
    note: str | None,
    every: str | None,
    kind: str,
    leave_when: str | None,
    minimum_stay: int,
    **examples_given: tuple[str, ...],
) -> None:
    """Make a segment from a rule, or one that is kept by hand."""
    type_ = SegmentType(kind)
    is_ruled = type_ is not SegmentType.STATIC or rule is not None or rule_file is not None
    text = rule_text(rule, rule_file, hint=ONE_RULE) if is_ruled else None
    given = read_examples(session, **examples_given)
    often = read_every(every) or None
    made = session.run(
        CreateSegment(name, text, description, tags, note, given, type_, often, leave_when or None, minimum_stay)
    )
    session.output.show(
        segment_view(made),
        lambda: session.output.say(
            'The segment "{name}" is made. Fill it with: kohorte segment calculate {argument}'
            if made.rule
            else 'The segment "{name}" is made. Fill it with: kohorte segment add {argument} KEY …',
            name=made.name,
            argument=quote(made.name),
        ),
    )


@examples(
    ("kohorte segment change lapsed --rule 'no purchases(last 120 days)' --note 'spring came late'", "another rule"),
    ("kohorte segment change lapsed --name 'lost buyers' --rewrite", "another name, in the rules of others too"),
    ("kohorte segment change lapsed --type hybrid", "people can be put in and kept out as well"),
)
@segment.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--rule", metavar="TEXT", help="The new rule.")
@option("--rule-file", type=FILE, metavar="FILE", help="Read the new rule from a file; - reads the standard input.")
@option("--name", "new_name", metavar="NAME", help="The new name.")
@option("--description", metavar="TEXT", help="What it is for; empty removes it.")
@option("--tag", "tags", multiple=True, metavar="TAG", help="A tag in the place of all that it has; empty: no tag.")
@option("--note", metavar="TEXT", help="What the new version of the rule is for.")
@option("--every", metavar="TIME", help="Calculate all members so often: 30m, 6h or 2d; never ends that.")
@option("--rewrite", is_flag=True, help="Let the rules of segments that name it follow a new name.")
@option("--no-examples", is_flag=True, help="Take its examples away.")
@option(
    "--type",
    "kind",
    type=click.Choice([each.value for each in SegmentType]),
    help="By its rule alone, by hand alone (static), or both (hybrid).",
)
@option("--leave-when", metavar="RULE", help="Members leave only where this rule selects them; empty removes it.")
@option("--minimum-stay", type=int, metavar="DAYS", help="Nobody leaves before so many days of 24 hours; 0: any time.")
@with_examples
@common(reading=True)
def change(
    session: Session,
    name: str,
    rule: str | None,
    rule_file: str | None,
    new_name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    note: str | None,
    every: str | None,
    *,
    kind: str | None,
    leave_when: str | None,
    minimum_stay: int | None,
    rewrite: bool,
    no_examples: bool,
    **examples_given: tuple[str, ...],
) -> None:
    """Change a segment's rule, type, name, description, tags or examples.

    Members follow a new rule at the next calculation. Examples that are given take the place of those that it has.
    """
    text = None if rule is None and rule_file is None else rule_text(rule, rule_file, hint=ONE_RULE)
    given = read_examples(session, **examples_given)
    if no_examples and given:
        raise InvalidInput("Give examples or take them away, not both.", hint="New examples replace those that it has.")
    changed = session.run(
        ChangeSegment(
            name,
            rule=text,
            new_name=new_name,
            description=description,
            tags=tags or None,
            note=note,
            examples=given if given or no_examples else None,
            rewrite=rewrite,
            type=None if kind is None else SegmentType(kind),
            every=read_every(every),
            leave_when=leave_when,
            minimum_stay_days=minimum_stay,
        )
    )

    is_ruled_anew = (text, leave_when, minimum_stay) != (None, None, None)
    session.output.show(segment_view(changed), lambda: _say_changed(session, changed, is_ruled_anew=is_ruled_anew))


def _say_changed(session: Session, changed: Segment, *, is_ruled_anew: bool) -> None:
    session.output.say('The segment "{name}" is changed.', name=changed.name)
    if is_ruled_anew:
        session.output.say(
            "Its members follow with: kohorte segment calculate {argument}", argument=quote(changed.name)
        )


@examples(("kohorte segment show lapsed", "its rule and how often it changed"))
@segment.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@common(reading=True)
def show(session: Session, name: str) -> None:
    """Show a segment: its rule, its members' number, its versions."""
    shown = session.read(lambda ports: show_segment(ports, name))
    told, found = shown_segment_view(shown), shown.segment

    def people() -> None:
        _say_state(session, found)
        if found.description:
            session.output.text(found.description)
        if found.tags:
            session.output.say("Tags: {tags}", tags=", ".join(found.tags))
        if found.rule is not None:
            session.output.text("\n" + found.rule.text + "\n")
            _say_leaving(session, found.rule.leaving)
        for line in told_examples(session, found.examples):
            session.output.text(line)
        if told.refers_to:
            session.output.say("Refers to: {segments}", segments=", ".join(told.refers_to))
        if told.referred_to_by:
            session.output.say("Referred to by: {segments}", segments=", ".join(told.referred_to_by))
        if shown.versions:
            session.output.table(
                ("version", "since", "by", "note", "rule"),
                # The rule in force stands above.
                [
                    (each.version, each.created_at, each.author, each.note, each.text if position else "")
                    for position, each in enumerate(shown.versions)
                ],
                sparse=("note", "rule"),
            )

    session.output.show(told, people)


def _say_leaving(session: Session, leaving: Leaving) -> None:
    if leaving.text is not None:
        session.output.say("Members leave when:")
        session.output.text("\n" + leaving.text + "\n")
    if leaving.minimum_stay_days:
        session.output.say(
            "Members stay for {days} day at least."
            if leaving.minimum_stay_days == 1
            else "Members stay for {days} days at least.",
            days=session.output.cell(leaving.minimum_stay_days),
        )


def _say_state(session: Session, found: Segment) -> None:
    if found.member_count is None:
        session.output.say(
            "{name}: not calculated yet" if found.rule else "{name}: nobody was put in yet", name=found.name
        )
    else:
        session.output.say(
            "{name}: {members} member" if found.member_count == 1 else "{name}: {members} members",
            name=found.name,
            members=session.output.cell(found.member_count),
        )
        if found.rule is not None and found.calculated_at is not None:
            session.output.say("Calculated for: {at}", at=session.output.cell(found.calculated_at))
        if found.rule is not None and found.stale:
            session.output.say("Its members follow with: kohorte segment update")
    if found.every is not None:
        session.output.say("All members are calculated every {time}.", time=written_every(found.every))
    if found.failure is not None:
        session.output.say(
            "The last calculation failed: {error} It is tried again at {at}.",
            error=found.failure.error.text(session.language),
            at=session.output.cell(found.failure.retry_at),
        )
    if found.type is SegmentType.STATIC:
        session.output.say("It is kept by hand.")
    if found.type is SegmentType.HYBRID:
        session.output.say("It is kept by its rule and by hand.")
    if found.status is SegmentStatus.ARCHIVED:
        session.output.say("It is archived.")


@examples(
    ("kohorte segment preview --rule 'purchases(last 90 days).count >= 3'", "before saving anything"),
    ("kohorte segment preview --rule 'did not purchase' --at 2011-12-10 --json", "at another time, for a program"),
)
@segment.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names), required=False)
@option("--rule", metavar="TEXT", help="The rule to try; a segment's name tries its stored rule.")
@option("--rule-file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@option(
    "--sample",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="How many contacts to show.",
)
@common(reading=True, evaluating=True)
def preview(session: Session, name: str | None, rule: str | None, rule_file: str | None, sample: int) -> None:
    """Count whom a rule selects, exactly, and show some of them."""
    if name is None:
        text = rule_text(rule, rule_file, hint=ONE_RULE)
    elif rule is not None or rule_file is not None:
        raise InvalidInput("Give a segment's name or a rule, not both.", hint=ONE_RULE)
    else:
        text = _stored_rule(session, name)
    found = session.read(lambda ports: preview_rule(PreviewRule(text, session.at, sample), ports))

    def people() -> None:
        session.output.text(counted(session.output, found.count, RecordKind.CONTACTS))
        if found.sample:
            people_table(session, found.sample)
        for warning in found.warnings:
            session.output.remark(
                "{line}:{column}: {text}", line=warning.line, column=warning.column, text=warning.text(session.language)
            )

    session.output.show(preview_view(found), people)


def _stored_rule(session: Session, name: str) -> str:
    known = {each.name for each in session.read(list_segments)}
    if name not in known and not name.replace(" ", "").replace("-", "").isalnum():  # a rule that nobody marked as one
        raise NotFound(
            'There is no segment "{name}".', hint="Try a rule with: kohorte segment preview --rule 'RULE'", name=name
        )
    return session.read(lambda ports: show_segment(ports, name)).segment.ruled.text


def people_table(session: Session, people: Iterable[Person]) -> None:
    """Print contacts."""
    session.output.table(("key", "name", "email"), [(each.key, each.name, each.email) for each in people])
