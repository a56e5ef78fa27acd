"""``kohorte segment difference|restore``: what another rule would change, and the way back to an earlier one."""

import click

from kohorte.core.errors import InvalidInput
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.rules import rule_text
from kohorte.entrypoints.cli.segments import ONE_RULE, people_table
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.segments import difference_view, segment_view


@examples(
    ("kohorte segment difference lapsed --rule 'no purchases(last 120 days)'", "before saving it"),
    ("kohorte segment difference lapsed --version 2", "what going back would change"),
    ("kohorte segment difference lapsed --minimum-stay 7", "what another way to leave would change"),
)
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--rule", metavar="TEXT", help="The other rule.")
@option("--rule-file", type=FILE, metavar="FILE", help="Read the other rule from a file; - reads the standard input.")
@option("--version", type=click.IntRange(min=1), help="An earlier version of its own rule.")
@option("--leave-when", metavar="RULE", help="Members leave only where this rule selects them; empty removes it.")
@option("--minimum-stay", type=int, metavar="DAYS", help="Nobody leaves before so many days of 24 hours; 0: any time.")
@option("--sample", type=click.IntRange(0, 1000), default=5, show_default=True, help="How many contacts to show.")
@common(reading=True, evaluating=True)
def difference(
    session: Session,
    name: str,
    rule: str | None,
    rule_file: str | None,
    version: int | None,
    leave_when: str | None,
    minimum_stay: int | None,
    sample: int,
) -> None:
    """Say whom another rule would add and remove, exactly, and show some of them.

    What a calculation would make of the members by the one rule is compared with what it would by the other.
    """
    is_leaving, is_rule = (leave_when, minimum_stay) != (None, None), rule is not None or rule_file is not None
    if version is not None and (is_rule or is_leaving):
        raise InvalidInput("Give a version or a rule, not both.", hint=ONE_RULE)
    is_own = version is not None or (is_leaving and not is_rule)
    text = None if is_own else rule_text(rule, rule_file, hint=ONE_RULE)
    asked = CompareRule(name, text, version, session.at, sample, leave_when, minimum_stay)
    found = session.read(lambda ports: compare_rule(asked, ports))

    def people() -> None:
        session.output.say(
            "adds {adds}, removes {removes}",
            adds=session.output.cell(found.adds),
            removes=session.output.cell(found.removes),
        )
        if found.added:
            session.output.say("Added:")
            people_table(session, found.added)
        if found.removed:
            session.output.say("Removed:")
            people_table(session, found.removed)
        for each in found.failed:
            session.output.remark("It would fail the example {key}.", key=each.example.key)

    session.output.show(difference_view(found), people)


@examples(("kohorte segment restore lapsed 2 --note 'the old rule was right'", "as a new version"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("version", type=click.IntRange(min=1))
@option("--note", metavar="TEXT", help="What this is done for.")
@common(reading=True)
def restore(session: Session, name: str, version: int, note: str | None) -> None:
    """Let a segment follow an earlier version of its rule again.

    Members follow at the next calculation.
    """
    restored = session.run(RestoreRule(name, version, note))
    session.output.show(
        segment_view(restored),
        lambda: session.output.say(
            'The segment "{name}" follows the rule of version {version} again, as version {now}.',
            name=restored.name,
            version=version,
            now=restored.ruled.version,
        ),
    )
