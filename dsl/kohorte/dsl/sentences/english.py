"""English: its nouns, clauses and joints. ``german`` has the same, template by template."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.core.values import currency_scale
from kohorte.dsl.sentences.english_times import is_past, when
from kohorte.dsl.sentences.english_words import ENGLISH_WORDS
from kohorte.dsl.sentences.numbers import between, digits
from kohorte.dsl.sentences.parts import Clause, Held, Holder, Quantity, Rows, Topic, Unknown, Value
from kohorte.dsl.sentences.periods import FROM_NOW_ON, FUTURE, PAST, UP_TO_NOW, Period
from kohorte.dsl.sentences.vocabulary import Noun, Words
from kohorte.dsl.typed import Function, Look, Order

_SYMBOLS: Final[Mapping[str, str]] = {"EUR": "€", "USD": "$", "GBP": "£"}
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
_FUNCTIONS: Final[Mapping[Function, str]] = {
    Function.SUM: "the total",
    Function.AVG: "the average",
    Function.MIN: "the smallest",
    Function.MAX: "the largest",
}
_IN_TIME: Final[Mapping[Function, str]] = {Function.MIN: "the earliest", Function.MAX: "the latest"}
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
class English:
    """English (international: 3 May 2026, €1,000.50)."""

    words: Words = ENGLISH_WORDS
    alternatives: tuple[str, str, str] = ("either ", " or ", " (or both)")
    or_if: str = ", or if "
    elides_late: bool = False

    # -- values --

    def quoted(self, text: str) -> str:
        """Return “text”."""
        return between("“", text, "”")

    def exactly(self, value: str) -> str:
        """Return exactly “text”."""
        return f"exactly {value}"

    def number(self, number: Decimal) -> str:
        """Return 1,000.5."""
        return digits(number, ",", ".")

    def money(self, amount: Decimal, currency: str) -> str:
        """Return €1,000.50, or CHF 1,000.50 where the sign would not be plain."""
        figure = digits(abs(amount), ",", ".", decimals=currency_scale(currency))
        sign = "\N{MINUS SIGN}" if amount < 0 else ""
        symbol = _SYMBOLS.get(currency)
        return f"{sign}{symbol}{figure}" if symbol else f"{currency} {sign}{figure}"

    def percent(self, number: Decimal) -> str:
        """Return 12.5%."""
        return f"{self.number(number)}%"

    def one_of(self, values: Sequence[str]) -> str:
        """Return “A”, “B” or “C”."""
        return self._listed(values, "or")

    # -- nouns --

    def called(self, name: str) -> Noun:
        """Return “score”."""
        quoted = self.quoted(name)
        return Noun(quoted, f"values of {quoted}")

    def called_rows(self, name: str) -> Noun:
        """Return entry in “visits”."""
        quoted = self.quoted(name)
        return Noun(f"entry in {quoted}", f"entries in {quoted}")

    def called_owner(self, name: str) -> Noun:
        """Return “company”."""
        return Noun(self.quoted(name))

    def called_subject(self, name: str) -> Noun:
        """Return the name itself."""
        return Noun(name)

    def field_of(self, noun: Noun, held: Held, topic: Topic) -> str:
        """Return their country, the contact’s country, their customer’s country, the amount."""
        subject = topic.words.subject.singular
        other = held.noun.singular if held.noun else ""
        holders = {
            Holder.SUBJECT: "their",
            Holder.SUBJECT_INSIDE: f"the {subject}’s",
            Holder.OWNER: f"their {other}’s",
            Holder.OWNER_INSIDE: f"the {subject}’s {other}’s",
            Holder.ROW: "the",
        }
        return f"{holders[held.holder]} {noun.singular}"

    def value_of(self, value: Value, rows: Rows, topic: Topic) -> str:
        """Return the total amount of their purchases, their first purchase, the amount of their latest purchase."""
        if value.function is Function.LAST:
            return f"the {value.noun.singular} of {self._one_of(rows, 'latest', topic)}"
        if value.of_time and value.function in (Function.MIN, Function.MAX):
            return self._one_of(rows, "first" if value.function is Function.MIN else "most recent", topic)
        if value.function is Function.COUNT_DISTINCT:
            return f"the number of different {value.noun.plural} among {self._all_of(rows, topic)}"
        noun = f"{value.noun.singular} in {value.currency}" if value.currency else value.noun.singular
        named = (_IN_TIME if value.temporal else _FUNCTIONS)[value.function]
        return f"{named} {noun} of {self._all_of(rows, topic)}"

    def count_of(self, rows: Rows, topic: Topic) -> str:
        """Return the number of their purchases."""
        return f"the number of {self._all_of(rows, topic)}"

    def _all_of(self, rows: Rows, topic: Topic) -> str:
        return f"{self._whose(rows, topic)} {rows.words.noun.plural}{self._which(rows, 'only')}"

    def _one_of(self, rows: Rows, which: str, topic: Topic) -> str:
        return f"{self._whose(rows, topic)} {which} {rows.words.noun.singular}{self._which(rows, 'among')}"

    def _whose(self, rows: Rows, topic: Topic) -> str:
        if rows.parent is not None:
            return f"the {rows.parent.singular}’s"
        return f"the {topic.words.subject.singular}’s" if topic.inside else "their"

    def _which(self, rows: Rows, word: str) -> str:
        """Return which of the rows, in brackets where it is a clause."""
        done = f" {rows.done}" if rows.done else ""
        attribute = f" {rows.attribute}" if rows.attribute else ""
        period = f" {when(rows.when)}" if rows.when else ""
        filtered = f" ({word} those where {rows.filter})" if rows.filter else ""
        return f"{attribute}{done}{period}{filtered}"

    # -- clauses --

    def equals(self, subject: str, values: Sequence[str], *, negated: bool) -> Clause:
        """Return is “DE”, is neither “DE” nor “AT”."""
        if len(values) == 1:
            return Clause(subject, "is", f"not {values[0]}" if negated else values[0])
        return Clause(subject, "is", f"neither {' nor '.join(values)}" if negated else self.one_of(values))

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
        named = f"of the tags {self._listed(tags, 'and')}"
        if every:
            return Clause(subject, verb, f"{rest}all {named}")
        return Clause(subject, "contains", f"{'none' if negated else 'at least one'} {named}")

    def is_missing(self, subject: str, *, of_rows: bool, negated: bool) -> Clause:
        """Return is not known, or does not exist."""
        if of_rows:
            return Clause(subject, "exists" if negated else "does", "" if negated else "not exist")
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
        where = f"{'not ' if negated else ''}in the {self.percent(share)} sample {self.quoted(seed)}"
        return Clause(who, be, where, pronoun=not topic.inside)

    def compares(self, subject: str, order: Order, other: str, kind: Kind, *, negated: bool) -> Clause:
        """Return is more than the amount of their latest purchase."""
        together = _TOGETHER.get(kind)
        how = _BESIDE_IN_TIME[order].format(together) if together else _BESIDE[order]
        return Clause(subject, "is", f"{'not ' if negated else ''}{how} {other}")

    def lies(self, subject: str, period: Period, *, negated: bool, past: bool = False) -> Clause:
        """Return was more than 30 days ago."""
        where = _AROUND_NOW.get(period) or when(period)
        return Clause(subject, "was" if past or is_past(period) else "is", f"{'not ' if negated else ''}{where}")

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
        done = rows.done or rows.words.done
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
            span = f"fewer than {low:,} or more than {high:,}" if quantity.negated else f"{low:,} to {high:,}"
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
        return f"counting only those where {self.heading(every=every, leading=True)}"

    def in_zone(self, zone: str) -> str:
        """Return the zone in brackets."""
        return f"(days and times are those of {zone})"

    def _who(self, topic: Topic, plural: str, singular: str) -> tuple[str, str]:
        """Return the subject with its verb: a singular they takes the plural."""
        return (f"the {topic.words.subject.singular}", singular) if topic.inside else ("they", plural)

    @staticmethod
    def _listed(values: Sequence[str], word: str) -> str:
        return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {word} {values[-1]}"


def _article(noun: str) -> str:
    return "An" if noun[:1].lower() in {*"aeio"} else "A"  # a user, a unit: u mostly sounds like you
