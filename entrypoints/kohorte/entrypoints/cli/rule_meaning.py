"""``kohorte rule say``, ``analyse`` and ``compare``: what rules mean, without asking for any contact."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

import click

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rules import Problem, Severity
from kohorte.core.segments.queries import list_segments, show_segment
from kohorte.dsl.analysis.answers import Answer, Proved, Refuted, Witness
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.errors import render
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.failures import REFUSED_RULE
from kohorte.entrypoints.cli.output import plain
from kohorte.entrypoints.cli.rules import ONE_RULE, rule_text
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.views.rules import analysis_view, said_rule_view

# -- say ---------------------------------------------------------------------------------------------------------


@examples(
    ("kohorte rule say 'purchases(last 90 days).count >= 3'", "as one would say it"),
    ("kohorte rule say --file wholesale.kohorte --json", "both languages, and the label for lists"),
)
@click.command(cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True)
def say(session: Session, text: str | None, file: str | None) -> None:
    """Say in plain words whom a rule selects."""
    said = session.read(lambda ports: compiled_rule(rule_text(text, file, hint=ONE_RULE), ports))
    session.output.show(said_rule_view(said), lambda: session.output.text(said.say(session.language.code)))


# -- analyse -----------------------------------------------------------------------------------------------------


@examples(
    ('kohorte rule analyse \'contact.country = "DE" and contact.country = "AT"\'', "can it ever hold?"),
    ("kohorte rule analyse --file lapsed.kohorte --json", "for continuous integration"),
)
@click.command(cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True, evaluating=True)
@click.pass_context
def analyse(context: click.Context, session: Session, text: str | None, file: str | None) -> None:
    """Find what is wrong, superfluous or probably not meant.

    Contradictions, parts that change nothing, contacts that match only because a value is missing. What is said is
    proved. The exit code is 3 where a finding is an error. Segments that mean the same are named.
    """
    source = rule_text(text, file, hint=ONE_RULE)
    analysed, same = session.read(lambda ports: _analysed(source, ports))
    found = analysed.findings(session.at)
    told = analysis_view(found, analysed.fingerprint, same)
    session.output.show(told, lambda: _print_findings(session, found, source, same))
    if any(each.severity is Severity.ERROR for each in found):
        context.exit(REFUSED_RULE)


def _analysed(source: str, ports: Ports) -> tuple[CompiledRule, list[str]]:
    analysed = compiled_rule(source, ports)
    ruled = ((each.name, each.rule) for each in list_segments(ports))
    others = {name: compiled_rule(rule.text, ports) for name, rule in ruled if rule is not None}
    return analysed, [name for name, other in others.items() if other.fingerprint == analysed.fingerprint]


def _print_findings(session: Session, found: Sequence[Problem], source: str, same: Sequence[str]) -> None:
    for each in found:
        session.output.text(f"{_severity(session, each.severity)} {render(each, source, session.language)}")
    if not found:
        session.output.say("Nothing was found.")
    for name in same:
        session.output.say('The segment "{name}" means the same.', name=name)


def _severity(session: Session, severity: Severity) -> str:
    match severity:
        case Severity.ERROR:
            return session.language("Error:")
        case Severity.WARNING:
            return session.language("Warning:")
        case Severity.HINT:
            return session.language("Hint:")


# -- compare -----------------------------------------------------------------------------------------------------


@examples(
    ("kohorte rule compare 'purchases.count >= 3' 'purchases.count >= 5'", "is one part of the other?"),
    ("kohorte rule compare --segment lapsed 'contact.country = \"DE\"'", "with a segment's rule"),
)
@click.command(cls=TranslatedCommand)
@argument("texts", nargs=-1, metavar="[RULE] [RULE]")
@option(
    "--segment",
    "segments",
    metavar="NAME",
    multiple=True,
    shell_complete=offering(segment_names),
    help="Take the rule of a segment.",
)
@common(reading=True, evaluating=True)
def compare(session: Session, texts: Sequence[str], segments: Sequence[str]) -> None:
    """Tell how two rules relate: whether one is part of the other, or they share nobody.

    Answers are proved, refuted by a contact who shows it, or unknown. Segments come before the rules that are written.
    """
    one, other = session.read(lambda ports: _two(texts, segments, ports))
    found = one.compare(other, session.at)
    told = {"equal": found.equal, "within": found.within, "covers": found.covers, "apart": found.apart}
    named = {**_names(one), **_names(other)}
    session.output.show(
        {name: _told(answer, named) for name, answer in told.items()}, lambda: _print_answers(session, told, named)
    )


def _two(texts: Sequence[str], segments: Sequence[str], ports: Ports) -> list[CompiledRule]:
    sources = [*(show_segment(ports, name).segment.ruled.text for name in segments), *texts]
    if len(sources) != 2:
        raise InvalidInput("Give two rules.", hint="Write them in quotes, or name segments with --segment.")
    return [compiled_rule(source, ports) for source in sources]


def _names(rule: CompiledRule) -> dict[UUID, str]:
    """Return the names of the segments and lists that a rule refers to, by their ids."""
    return {number: name for name, number in (*rule.outcome.segments.items(), *rule.outcome.lists.items())}


def _told(answer: Answer, names: Mapping[UUID, str]) -> dict[str, object]:
    match answer:
        case Proved():
            return {"answer": "proved"}
        case Refuted(witness=witness):
            found = {"answer": "refuted", "witness": dict(witness.record), "at": witness.now}
            return found | _taken(witness, names)
        case _:
            return {"answer": "unknown"}


def _taken(witness: Witness, names: Mapping[UUID, str]) -> dict[str, object]:
    """Return to which static segments a witness was taken to belong, and what was taken to stand in lists."""
    segments = sorted(names.get(each, str(each)) for each in witness.segments)
    lists = {names.get(each, str(each)): sorted(listed) for each, listed in witness.entries.items() if listed}
    return {**({"segments": segments} if segments else {}), **({"lists": lists} if lists else {})}


def _print_answers(session: Session, told: Mapping[str, Answer], names: Mapping[UUID, str]) -> None:
    say = session.language
    claims = {
        "equal": (
            say("Both select the same contacts."),
            say("They select different contacts."),
            say("It is not known whether both select the same contacts."),
        ),
        "within": (
            say("Whoever the first selects, the second selects."),
            say("The first selects some that the second does not."),
            say("It is not known whether the second selects all of the first."),
        ),
        "covers": (
            say("Whoever the second selects, the first selects."),
            say("The second selects some that the first does not."),
            say("It is not known whether the first selects all of the second."),
        ),
        "apart": (
            say("Nobody is selected by both."),
            say("Some are selected by both."),
            say("It is not known whether they share contacts."),
        ),
    }
    for name, (proved, refuted, unknown) in claims.items():
        match told[name]:
            case Proved():
                session.output.text(proved)
            case Refuted() if name == "equal":  # who shows it shows one of the following, too
                session.output.text(refuted)
            case Refuted(witness=witness):
                session.output.text(refuted)
                record = {field: value for field, value in witness.record.items() if value not in (None, [], {})}
                shown = json.dumps(record, ensure_ascii=False, default=plain)
                session.output.say("  For example at {at}: {record}", at=session.output.cell(witness.now), record=shown)
                if taken := _taken(witness, names):
                    assumed = json.dumps(taken, ensure_ascii=False)
                    session.output.say("  Where these are the members and entries: {assumed}", assumed=assumed)
            case _:
                session.output.text(unknown)
