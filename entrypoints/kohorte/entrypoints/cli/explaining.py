"""``kohorte rule explain`` and ``kohorte segment explain``: why a contact is in or not, and until when."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import click
from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.ports.audiences import Member
from kohorte.core.segments.model import SegmentRule
from kohorte.core.segments.queries import show_segment
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.explaining.model import Explanation, SeenCondition
from kohorte.dsl.explaining.telling import sentences
from kohorte.dsl.sentences import clause, spellings
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.rule_meaning import compiled_rule
from kohorte.entrypoints.cli.rules import ONE_RULE, rule_text
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.languages import LANGUAGES, Code


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
    explained = session.read(lambda ports: _explained(compiled_rule(source, ports), ports, contact, session.at))
    session.output.show(explained.told, lambda: _print(session, explained))


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
    explained, version, stay = session.read(lambda ports: _in_segment(ports, name, contact, session))
    told = explained.told | {
        "rule_version": version.version,
        "rule": version.text,
        "member": None if stay is None else {"entered_at": stay.entered_at, "left_at": stay.left_at},
    }

    def people() -> None:
        _print_stay(session, stay)
        if session.is_past:
            existed = version.created_at <= session.at
            session.output.say(
                "What follows asks version {version} of the rule, in force then, about the data of today."
                if existed
                else "What follows asks version {version} of the rule, the first one, about the data of today.",
                version=version.version,
            )
        _print(session, explained)

    session.output.show(told, people)


def _print_stay(session: Session, stay: Member | None) -> None:
    """Print whether the contact was a member, as the history has it."""
    if stay is None:
        session.output.say(
            "Not a member at that instant, as the history has it."
            if session.is_past
            else "Not a member at the last calculation."
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


@frozen
class Explained:
    """An explanation with the rule that it explains."""

    rule: CompiledRule
    explanation: Explanation

    def sentences(self, language: Code) -> tuple[str, ...]:
        """Return it in words."""
        spelled = spellings(self.rule.syntax)
        return sentences(self.explanation, language, catalogue=self.rule.catalogue, spelled=spelled)

    def clause(self, seen: SeenCondition, language: Code) -> str:
        """Return a condition in words: those of referenced segments stand in no text of this rule."""
        spelled = spellings(self.rule.syntax)
        return clause(seen.condition, language, catalogue=self.rule.catalogue, spelled=spelled)

    @property
    def told(self) -> dict[str, object]:
        """Return it as programs read it."""
        until, change = self.explanation.until, self.explanation.change
        return {
            "verdict": self.explanation.verdict,
            "at": self.explanation.now,
            "conditions": [self._condition(each) for each in self.explanation.conditions],
            "reasons": list(self.explanation.reasons),
            "changeability": self.explanation.changeability.value,
            "change": None if change is None else list(change.conditions),
            "until": None if until is None else until.at,
            "not_before": None if until is None else until.not_before,
            "sentences": {code: list(self.sentences(code)) for code in LANGUAGES},
        }

    def _condition(self, seen: SeenCondition) -> Mapping[str, object]:
        return {
            "number": seen.number,
            "condition": {code: self.clause(seen, code) for code in LANGUAGES},
            "verdict": seen.verdict,
            "values": [each.value for each in seen.values],
            "rows": [{"counted": each.rows.counted, "of": each.rows.of} for each in seen.values if each.rows],
        }


def _explained(rule: CompiledRule, ports: Ports, contact: str, at: datetime) -> Explained:
    return Explained(rule, rule.explain_facts(ports.work.audiences.facts(rule, contact, at), at))


def _in_segment(
    ports: Ports, name: str, contact: str, session: Session
) -> tuple[Explained, SegmentRule, Member | None]:
    """Return the explanation by the rule that was in force at the instant, and the stay that contains it."""
    shown = show_segment(ports, name)
    in_force = next((each for each in shown.versions if each.created_at <= session.at), shown.versions[-1])
    rule = compiled_rule(in_force.text, ports)
    facts = ports.work.audiences.facts(rule, contact, session.at)
    before = UUID(int=facts.contact_id.int - 1)
    at = None if session.at_text is None else session.at
    stays = ports.work.audiences.members(shown.segment.id, at=at, after=before, limit=1)
    stay = next((each for each in stays if each.person.contact_id == facts.contact_id), None)
    return Explained(rule, rule.explain_facts(facts, session.at)), in_force, stay


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
