"""``kohorte rule explain`` and ``kohorte segment explain``: why a contact is in or not, and until when."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import click
from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.ports.audiences import Member
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.model import Cause, Leaving, Segment, SegmentRule, SegmentType
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
    kept, ruled = session.read(lambda ports: _in_segment(ports, name, contact, session))
    stay, pin = kept
    told: dict[str, object] = {"rule_version": None, "rule": None}
    if ruled is not None:
        told = ruled[0].told | {"rule_version": ruled[1].version, "rule": ruled[1].text}
    told["member"] = None if stay is None else {"entered_at": stay.entered_at, "left_at": stay.left_at}
    told["pin"] = None if pin is None else {"side": pin.side, "by": pin.by, "at": pin.at}

    def people() -> None:
        _print_stay(session, stay, is_ruled=ruled is not None)
        if pin is not None:
            _print_pin(session, pin)
        if pin is not None or (ruled is not None and ruled[1].leaving != Leaving()):
            session.output.say("By its rule alone:")
        if ruled is not None:
            _print_ruled(session, *ruled)

    session.output.show(told, people)


def _print_ruled(session: Session, explained: "Explained", version: SegmentRule) -> None:
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


Kept = tuple[Member | None, Pin | None]
Ruled = tuple[Explained, SegmentRule]


def _explained(rule: CompiledRule, ports: Ports, contact: str, at: datetime) -> Explained:
    return Explained(rule, rule.explain_facts(ports.work.audiences.facts(rule, contact, at), at))


def _in_segment(ports: Ports, name: str, contact: str, session: Session) -> tuple[Kept, Ruled | None]:
    """Return the stay that contains the instant, the pin, and the explanation by the rule that was in force then."""
    shown = show_segment(ports, name)
    kept = _kept(shown.segment, contact, ports, None if session.at_text is None else session.at)
    if not shown.versions:
        return kept, None
    in_force = next((each for each in shown.versions if each.created_at <= session.at), shown.versions[-1])
    return kept, (_explained(compiled_rule(in_force.text, ports), ports, contact, session.at), in_force)


def _kept(segment: Segment, contact: str, ports: Ports, at: datetime | None) -> Kept:
    contact_id = ports.work.pins.find([contact]).get(contact)
    if contact_id is None:
        raise NotFound(
            'There is no contact "{key}".', hint="Contacts go by the keys of their import.", key=contact[:80]
        )
    before = UUID(int=contact_id.int - 1)
    stays = ports.work.audiences.members(segment.id, at=at, after=before, limit=1)
    pins = ports.work.pins.page(segment.id, after=before, limit=1) if segment.type is SegmentType.HYBRID else ()
    stay = next((each for each in stays if each.person.contact_id == contact_id), None)
    return stay, next((each for each in pins if each.person.contact_id == contact_id), None)


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
