"""English: its clauses and joints. ``german`` has the same, template by template."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.dsl.sentences.english_nouns import EnglishNouns
from kohorte.dsl.sentences.english_times import when
from kohorte.dsl.sentences.parts import Clause, Quantity, Rows, Topic, Unknown
from kohorte.dsl.sentences.periods import FROM_NOW_ON, FUTURE, PAST, UP_TO_NOW, Period, is_past
from kohorte.dsl.sentences.vocabulary import Noun, Words
from kohorte.dsl.typed import Look, Order

_LOOKS: Final[Mapping[Look, tuple[str, str]]] = {
    Look.CONTAINS: ("contains", "contain"),
    Look.STARTS: ("starts with", "start with"),
    Look.ENDS: ("ends with", "end with"),
    Look.GLOB: ("matches the pattern", "match the pattern"),
}
_ORDERS: Final[Mapping[Order, str]] = {
    Order.EQUAL: "",
    Order.LESS: "less than ",
    Order.LESS_OR_EQUAL: "at most ",
    Order.GREATER: "more than ",
    Order.GREATER_OR_EQUAL: "at least ",
}
_BESIDE: Final[Mapping[Order, str]] = {
    Order.EQUAL: "the same as",
    Order.LESS: "less than",
    Order.LESS_OR_EQUAL: "at most equal to",
    Order.GREATER: "more than",
    Order.GREATER_OR_EQUAL: "at least equal to",
}
_BESIDE_IN_TIME: Final[Mapping[Order, str]] = {
    Order.EQUAL: "{} as",
    Order.LESS: "earlier than",
    Order.LESS_OR_EQUAL: "earlier than or {} as",
    Order.GREATER: "later than",
    Order.GREATER_OR_EQUAL: "later than or {} as",
}
_TOGETHER: Final[Mapping[Kind, str]] = {Kind.DATE: "on the same day", Kind.INSTANT: "at the same time"}
_AROUND_NOW: Final[Mapping[Period, str]] = {
    UP_TO_NOW: "now or earlier",
    FROM_NOW_ON: "now or later",
    PAST: "in the past",
    FUTURE: "in the future",
}
_UNKNOWN: Final[Mapping[Unknown, str]] = {
    Unknown.VALUE: "(or is not known)",
    Unknown.EITHER: "(or one of them is not known)",
    Unknown.NONE: "(or there is none)",
    Unknown.CURRENCY: "(or is in another currency)",
    Unknown.VALUE_OR_CURRENCY: "(or is in another currency or not known)",
    Unknown.CURRENCIES: "(or their currencies differ, or one of them is not known)",
}


@frozen
class English(EnglishNouns):
    """English (international: 3 May 2026, €1,000.50)."""

    alternatives: tuple[str, str, str] = ("either ", " or ", " (or both)")
    or_if: str = ", or if "
    elides_late: bool = False

    # -- clauses --

    def equals(self, subject: str, values: Sequence[str], *, negated: bool) -> Clause:
        """Return is “DE”, is either “DE” or “AT”, is neither “DE” nor “AT”: what follows cannot belong to it."""
        if len(values) == 1:
            return Clause(subject, "is", f"not {values[0]}" if negated else values[0])
        one = f"{'either' if len(values) == 2 else 'one of'} {self.one_of(values)}"
        return Clause(subject, "is", f"neither {' nor '.join(values)}" if negated else one)

    def measures(self, subject: str, order: Order, values: Sequence[str], *, negated: bool) -> Clause:
        """Return is more than 5."""
        if len(values) > 1:
            return self.equals(subject, values, negated=negated)
        return Clause(subject, "is", f"{'not ' if negated else ''}{_ORDERS[order]}{values[0]}")

    def ranges(self, subject: str, low: str, high: str, *, negated: bool) -> Clause:
        """Return is in the range from 3 to 5."""
        return Clause(subject, "is", f"{'not ' if negated else ''}in the range from {low} to {high}")

    def truth(self, subject: str, *, value: bool, negated: bool) -> Clause:
        """Return is set to yes."""
        return Clause(subject, "is", f"{'not ' if negated else ''}set to {'yes' if value else 'no'}")

    def looks(self, subject: str, look: Look, needle: str, *, negated: bool) -> Clause:
        """Return starts with “Mc”."""
        finite, infinitive = _LOOKS[look]
        return Clause(subject, "does" if negated else finite, f"not {infinitive} {needle}" if negated else needle)

    def has_tags(self, subject: str, tags: Sequence[str], *, every: bool, negated: bool) -> Clause:
        """Return contains at least one of the tags “a” and “b”."""
        verb, rest = ("does", "not contain ") if negated else ("contains", "")
        if len(tags) == 1:
            return Clause(subject, verb, f"{rest}the tag {tags[0]}")
        named = f"of the tags {self.listed(tags, 'and')}"
        if every:
            return Clause(subject, verb, f"{rest}all {named}")
        return Clause(subject, "contains", f"{'none' if negated else 'at least one'} {named}")

    def is_missing(self, subject: str, *, of_rows: bool, negated: bool) -> Clause:
        """Return is not known, or is missing."""
        if of_rows:
            return Clause(subject, "exists", "") if negated else Clause(subject, "is", "missing")
        return Clause(subject, "is", "known" if negated else "not known")

    def is_listed(self, subject: str, name: str, *, negated: bool) -> Clause:
        """Return is on the list “vip”."""
        return Clause(subject, "is", f"{'not ' if negated else ''}on the list {self.quoted(name)}")

    def in_segment(self, topic: Topic, name: str, *, negated: bool) -> Clause:
        """Return they are in the segment “vip”."""
        who, be = self._who(topic, "are", "is")
        where = f"{'not ' if negated else ''}in the segment {self.quoted(name)}"
        return Clause(who, be, where, pronoun=not topic.inside)

    def in_sample(self, topic: Topic, share: Decimal, seed: str, *, negated: bool) -> Clause:
        """Return they are in the 10% sample “seed”."""
        who, be = self._who(topic, "are", "is")
        where = f"{'not ' if negated else ''}in the {self.number(share)}% sample {self.quoted(seed)}"
        return Clause(who, be, where, pronoun=not topic.inside)

    def compares(self, subject: str, order: Order, other: str, kind: Kind, *, negated: bool) -> Clause:
        """Return is more than the amount of their latest purchase."""
        together = _TOGETHER.get(kind)
        how = _BESIDE_IN_TIME[order].format(together) if together else _BESIDE[order]
        return Clause(subject, "is", f"{'not ' if negated else ''}{how} {other}")

    def lies(self, subject: str, period: Period, *, negated: bool, past: bool = False) -> Clause:
        """Return was more than 30 days ago."""
        around = _AROUND_NOW.get(period)
        is_over = past or (around is None and is_past(period))
        return Clause(subject, "was" if is_over else "is", f"{'not ' if negated else ''}{around or when(period)}")

    def happened(self, topic: Topic, participle: str, period: Period, *, negated: bool) -> Clause:
        """Return they were added in the last 90 days."""
        who, be = self._who(topic, "were", "was")
        what = f"{'not ' if negated else ''}{participle} {when(period)}"
        return Clause(who, be, what, pronoun=not topic.inside)

    def returns(self, subject: str, period: Period, *, negated: bool) -> Clause:
        """Return has its anniversary in the next 7 days."""
        return Clause(subject, "has", f"{'no' if negated else 'its'} anniversary {when(period)}")

    def counts(self, quantity: Quantity, rows: Rows, topic: Topic) -> Clause:
        """Return they have made at least 3 purchases in the last 90 days."""
        period = f" {when(rows.when)}" if rows.when else ""
        attribute = f" {rows.attribute}" if rows.attribute else ""
        after = f" where {rows.filter}" if rows.filter else ""
        if rows.filter and rows.several:
            after = f" (counting only those where {rows.filter})"
        what = f"{self._how_many(quantity, rows.words.noun)}{attribute}{period}"
        if rows.parent is not None:
            one = quantity.high == 1 or (quantity.high is None and quantity.low == 1)
            negation = "not " if quantity.negated and quantity.low == quantity.high else ""
            return Clause("there", "is" if one else "are", f"{negation}{what}", after=after)
        done = rows.done or rows.words.done or ("had" if rows.when and is_past(rows.when) else "")
        forms = ("do", "does") if quantity.negated and not done and quantity.low == quantity.high else ("have", "has")
        who, have = self._who(topic, *forms)
        done = done if forms[0] == "have" else "have"
        negation = "not " if quantity.negated and quantity.low == quantity.high else ""
        is_open = bool(rows.filter) and not rows.several
        said = " ".join(filter(None, (f"{negation}{done}".strip(), what)))
        return Clause(who, have, said, after=after, pronoun=not topic.inside, open=is_open)

    def _how_many(self, quantity: Quantity, noun: Noun) -> str:
        low, high = quantity.low, quantity.high
        if high == 0 and not quantity.negated:
            return f"no {noun.plural}"
        if low is not None and high is not None and low != high:
            fewer = "no" if low == 1 else f"fewer than {low:,}"
            span = f"{fewer} or more than {high:,}" if quantity.negated else f"{low:,} to {high:,}"
            return f"{span} {noun.plural}"
        number = low if low is not None else high or 0
        how = "exactly" if low == high else "at least" if high is None else "at most"
        counted = f"one {noun.singular}" if number == 1 else f"{number:,} {noun.plural}"
        return f"{how} {counted}"

    def always(self, *, value: bool) -> Clause:
        """Return this always holds."""
        return Clause("this", "always" if value else "never", "holds")

    def or_unknown(self, clause: Clause, unknown: Unknown) -> Clause:
        """Return is not “US” (or is not known)."""
        return evolve(clause, note=f" {_UNKNOWN[unknown]}")

    # -- joining --

    def main(self, clause: Clause) -> str:
        """Return their country is “DE”."""
        words = (clause.subject, clause.verb, clause.rest)
        return f"{' '.join(filter(None, words))}{clause.after}{clause.note}"

    def subordinate(self, clause: Clause) -> str:
        """Return the same: English keeps its word order."""
        return self.main(clause)

    def chain(self, length: int, *, every: bool) -> Sequence[str]:
        """Return commas, and the last one with a word: A, B, and C."""
        word = "and" if every else "or"
        return [f" {word} "] if length == 2 else [", "] * (length - 2) + [f", {word} "]

    def lead(self, words: Words) -> str:
        """Return the beginning of the sentence."""
        return f"{_article(words.subject.singular)} {words.subject.singular} is selected if"

    def whole(self, words: Words, *, everybody: bool) -> str:
        """Return a sentence about everybody or nobody."""
        return f"{'Every' if everybody else 'No'} {words.subject.singular} is selected."

    def heading(self, *, every: bool, leading: bool) -> str:  # noqa: ARG002 - English keeps its word order
        """Return what stands before a list."""
        return "all of the following are true:" if every else "at least one of the following is true:"

    def where_heading(self, *, every: bool) -> str:
        """Return what stands before a list of conditions on rows."""
        return f", counting only those where {self.heading(every=every, leading=True)}"

    def in_zone(self, zone: str) -> str:
        """Return the zone in brackets."""
        return f"(days and times are those of {zone})"

    def _who(self, topic: Topic, plural: str, singular: str) -> tuple[str, str]:
        """Return the subject with its verb: a singular they takes the plural."""
        return (f"the {topic.words.subject.singular}", singular) if topic.inside else ("they", plural)


def _article(noun: str) -> str:
    return "An" if noun[:1].lower() in {*"aeio"} else "A"  # a user, a unit: u mostly sounds like you
