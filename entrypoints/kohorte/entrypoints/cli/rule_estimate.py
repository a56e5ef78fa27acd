"""``kohorte rule estimate``: how many contacts a rule selects, in time."""

import click

from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.estimating import BUDGET_MS, LEAST_MS, MOST_MS, Estimate, EstimateRule, estimate_rule
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.kinds import counted
from kohorte.entrypoints.cli.rules import ONE_RULE, rule_text
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.rules import estimate_view


@examples(
    ("kohorte rule estimate 'purchases(last 90 days).count >= 3'", "how many are they?"),
    ("kohorte rule estimate --file lapsed.kohorte --budget 50 --json", "in at most 50 milliseconds, for an editor"),
)
@click.command(cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@option(
    "--budget",
    type=click.IntRange(LEAST_MS, MOST_MS),
    default=BUDGET_MS,
    show_default=True,
    help="How many milliseconds counting may take.",
)
@common(reading=True, evaluating=True)
def estimate(session: Session, text: str | None, file: str | None, budget: int) -> None:
    """Tell how many contacts a rule selects, within a time.

    The count is exact where the time suffices. Otherwise contacts are drawn at random, and the count is told with the
    interval in which it lies.
    """
    query = EstimateRule(rule_text(text, file, hint=ONE_RULE), session.at, budget)
    found = session.read(lambda ports: estimate_rule(query, ports))
    session.output.show(estimate_view(found, session.language), lambda: _print(session, found))


def _print(session: Session, found: Estimate) -> None:
    _print_count(session, found)
    for warning in found.warnings:
        session.output.remark(
            "{line}:{column}: {text}", line=warning.line, column=warning.column, text=warning.text(session.language)
        )


def _print_count(session: Session, found: Estimate) -> None:
    output = session.output
    if found.count is not None and found.is_exact:
        output.text(counted(output, found.count, RecordKind.CONTACTS))
    elif found.count is None or found.sample is None:
        output.say("The time did not suffice for asking anybody.")
    else:
        output.say(
            "About {count}: from {low} to {high}, with a confidence of {percent} %.",
            count=counted(output, found.count, RecordKind.CONTACTS),
            low=output.cell(found.interval.low),
            high=output.cell(found.interval.high),
            percent=round(100 * found.confidence),
        )
        output.say(
            "{drawn} of {population} contacts were asked.",
            drawn=output.cell(found.sample.drawn),
            population=output.cell(found.sample.population.size),
        )
