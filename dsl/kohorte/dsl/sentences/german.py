"""German: its clauses and joints. ``english`` has the same, template by template.

Clauses stand with the verb second by themselves (sein Land ist „DE“) and with the verb last after *wenn*, *weil* and
*bei denen* (wenn sein Land „DE“ ist).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.dsl.sentences.german_nouns import ADJECTIVES, ARTICLES, ENDINGS, GermanNouns
from kohorte.dsl.sentences.german_times import point, units, when, where
from kohorte.dsl.sentences.parts import Clause, Quantity, Rows, Topic, Unknown
from kohorte.dsl.sentences.periods import FROM_NOW_ON, FUTURE, PAST, UP_TO_NOW, LongAgo, OnDay, Period, is_past
from kohorte.dsl.sentences.vocabulary import Gender, Noun, Words
from kohorte.dsl.typed import Look, Order

_M, _F, _N = Gender.MASCULINE, Gender.FEMININE, Gender.NEUTER
_DATIVES: Final[Mapping[Gender, str]] = {_M: "dem", _F: "der", _N: "dem"}
_PRONOUNS: Final[Mapping[Gender, str]] = {_M: "er", _F: "sie", _N: "es"}
_ONE: Final[Mapping[Gender, str]] = {_M: "einen", _F: "eine", _N: "ein"}
_LOOKS: Final[Mapping[Look, tuple[str, str]]] = {
    Look.STARTS: ("beginnt", "mit"),
    Look.ENDS: ("endet", "mit"),
    Look.GLOB: ("entspricht", "dem Muster"),
}
_ORDERS: Final[Mapping[Order, tuple[str, str]]] = {
    Order.EQUAL: ("beträgt", ""),
    Order.LESS: ("liegt", "unter "),
    Order.LESS_OR_EQUAL: ("beträgt", "höchstens "),
    Order.GREATER: ("liegt", "über "),
    Order.GREATER_OR_EQUAL: ("beträgt", "mindestens "),
}
_BESIDE: Final[Mapping[Order, tuple[str, str]]] = {
    Order.EQUAL: ("genauso groß", "wie"),
    Order.LESS: ("kleiner", "als"),
    Order.LESS_OR_EQUAL: ("höchstens so groß", "wie"),
    Order.GREATER: ("größer", "als"),
    Order.GREATER_OR_EQUAL: ("mindestens so groß", "wie"),
}
_BESIDE_IN_TIME: Final[Mapping[Order, tuple[str, str]]] = {
    Order.EQUAL: ("{}", "wie"),
    Order.LESS: ("früher", "als"),
    Order.LESS_OR_EQUAL: ("spätestens {}", "wie"),
    Order.GREATER: ("später", "als"),
    Order.GREATER_OR_EQUAL: ("frühestens {}", "wie"),
}
_TOGETHER: Final[Mapping[Kind, str]] = {Kind.DATE: "am selben Tag", Kind.INSTANT: "zum selben Zeitpunkt"}
_AMOUNTS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_AROUND_NOW: Final[Mapping[Period, tuple[str, str]]] = {
    UP_TO_NOW: ("ist", "jetzt oder früher"),
    FROM_NOW_ON: ("ist", "jetzt oder später"),
    PAST: ("liegt", "in der Vergangenheit"),
    FUTURE: ("liegt", "in der Zukunft"),
}
_UNKNOWN: Final[Mapping[Unknown, tuple[str, str]]] = {
    Unknown.VALUE: ("(oder ist unbekannt)", "(oder unbekannt ist)"),
    Unknown.EITHER: ("(oder einer der beiden Werte ist unbekannt)", "(oder einer der beiden Werte unbekannt ist)"),
    Unknown.NONE: ("(oder fehlt)", "(oder fehlt)"),
    Unknown.CURRENCY: ("(oder lautet auf eine andere Währung)", "(oder auf eine andere Währung lautet)"),
    Unknown.VALUE_OR_CURRENCY: (
        "(oder lautet auf eine andere Währung oder ist unbekannt)",
        "(oder auf eine andere Währung lautet oder unbekannt ist)",
    ),
    Unknown.CURRENCIES: (
        "(oder die Währungen sind verschieden oder einer der Beträge ist unbekannt)",
        "(oder die Währungen verschieden sind oder einer der Beträge unbekannt ist)",
    ),
}


@frozen
class German(GermanNouns):
    """German (3. Mai 2026, 1.000,50 €)."""

    alternatives: tuple[str, str, str] = ("entweder ", " oder ", " (oder beides)")
    or_if: str = " oder wenn "
    elides_late: bool = True

    # -- clauses --

    def equals(self, subject: str, values: Sequence[str], *, negated: bool) -> Clause:
        """Return ist „DE“, ist weder „DE“ noch „AT“."""
        value = self._value(values, negated=negated)
        if subject.endswith("“") and not (negated and len(values) > 1):
            value = f"{_not(negated)}gleich {self.one_of(values)}"  # else one text stands right behind another
        return Clause(subject, "ist", value)

    def measures(self, subject: str, order: Order, values: Sequence[str], *, negated: bool) -> Clause:
        """Return liegt über 5, beträgt mindestens 5."""
        if len(values) > 1:
            return Clause(subject, "beträgt", self._value(values, negated=negated))
        verb, how = _ORDERS[order]
        return Clause(subject, verb, f"{_not(negated)}{how}{values[0]}")

    def ranges(self, subject: str, low: str, high: str, *, negated: bool) -> Clause:
        """Return liegt im Bereich von 3 bis 5."""
        return Clause(subject, "liegt", f"{_not(negated)}im Bereich von {low} bis {high}")

    def truth(self, subject: str, *, value: bool, negated: bool) -> Clause:
        """Return steht auf Ja."""
        return Clause(subject, "steht", f"{_not(negated)}auf {'Ja' if value else 'Nein'}")

    def looks(self, subject: str, look: Look, needle: str, *, negated: bool) -> Clause:
        """Return beginnt mit „Mc“."""
        if look is Look.CONTAINS:
            text = f"den Text {needle}" if subject.endswith("“") else needle
            return Clause(subject, "enthält", f"{text} nicht" if negated else text)
        verb, preposition = _LOOKS[look]
        return Clause(subject, verb, f"{_not(negated)}{preposition} {needle}")

    def has_tags(self, subject: str, tags: Sequence[str], *, every: bool, negated: bool) -> Clause:
        """Return enthält mindestens eines der Schlagwörter „a“ und „b“."""
        if len(tags) == 1:
            return Clause(subject, "enthält", f"das Schlagwort {tags[0]}{' nicht' if negated else ''}")
        named = f"Schlagwörter {', '.join(tags[:-1])} und {tags[-1]}"
        if every:
            return Clause(subject, "enthält", f"{_not(negated)}alle {named}")
        return Clause(subject, "enthält", f"{'keines' if negated else 'mindestens eines'} der {named}")

    def is_missing(self, subject: str, *, of_rows: bool, negated: bool) -> Clause:
        """Return ist unbekannt, or fehlt."""
        if of_rows:
            return Clause(subject, "ist", "vorhanden") if negated else Clause(subject, "fehlt", "")
        return Clause(subject, "ist", "bekannt" if negated else "unbekannt")

    def is_listed(self, subject: str, name: str, *, negated: bool) -> Clause:
        """Return steht auf der Liste „vip“."""
        return Clause(subject, "steht", f"{_not(negated)}auf der Liste {self.quoted(name)}")

    def in_segment(self, topic: Topic, name: str, *, negated: bool) -> Clause:
        """Return er ist im Segment „vip“."""
        where = f"{_not(negated)}im Segment {self.quoted(name)}"
        return Clause(self._who(topic), "ist", where, pronoun=not topic.inside)

    def in_sample(self, topic: Topic, share: Decimal, seed: str, *, negated: bool) -> Clause:
        """Return er gehört zur 10-%-Stichprobe „seed“."""
        sample = f"zur {self.number(share)}-%-Stichprobe {self.quoted(seed)}"
        return Clause(self._who(topic), "gehört", f"{_not(negated)}{sample}", pronoun=not topic.inside)

    def compares(self, subject: str, order: Order, other: str, kind: Kind, *, negated: bool) -> Clause:
        """Return ist größer als der Betrag seines letzten Kaufs."""
        together = _TOGETHER.get(kind)
        if together:
            how, than = _BESIDE_IN_TIME[order]
            return Clause(subject, "liegt", f"{_not(negated)}{how.format(together)}", after=f" {than} {other}")
        if kind not in _AMOUNTS:
            return Clause(subject, "lautet", f"{_not(negated)}genauso", after=f" wie {other}")
        how, than = _BESIDE[order]
        return Clause(subject, "ist", f"{_not(negated)}{how}", after=f" {than} {other}")

    def lies(self, subject: str, period: Period, *, negated: bool, past: bool = False) -> Clause:  # noqa: ARG002
        """Return liegt in den letzten 90 Tagen, liegt mehr als 30 Tage zurück."""
        if isinstance(period, LongAgo):
            ago = f"{_not(negated)}mehr als {units(period.amount, period.unit)}"
            return Clause(subject, "liegt", ago, "zurück", joined=True)
        if period in _AROUND_NOW:
            verb, around = _AROUND_NOW[period]
            return Clause(subject, verb, f"{_not(negated)}{around}")
        if isinstance(period, OnDay):
            day = point(period.day)
            verb, on_day = ("fällt", f"auf den {day[4:]}") if day.startswith("dem ") else ("ist", day)
            return Clause(subject, verb, f"{_not(negated)}{on_day}")
        return Clause(subject, "liegt", f"{_not(negated)}{where(period)}")

    def happened(self, topic: Topic, participle: str, period: Period, *, negated: bool) -> Clause:
        """Return er wurde in den letzten 90 Tagen angelegt."""
        what = f"{_not(negated)}{when(period)}"
        return Clause(self._who(topic), "wurde", what, participle, pronoun=not topic.inside)

    def returns(self, subject: str, period: Period, *, negated: bool) -> Clause:
        """Return jährt sich in den nächsten 7 Tagen."""
        return Clause(subject, "jährt", f"{_not(negated)}{when(period)}", reflexive="sich")

    def counts(self, quantity: Quantity, rows: Rows, topic: Topic) -> Clause:
        """Return er hat in den letzten 90 Tagen mindestens 3 Käufe getätigt."""
        period = f"{when(rows.when)} " if rows.when else ""
        attribute = f" {rows.attribute}" if rows.attribute else ""
        number, one = self._how_many(quantity, rows.words.noun)
        what = f"{period}{number}{attribute}"
        after, is_open = "", False
        if rows.filter:
            whom = _DATIVES[rows.words.noun.gender] if one and not rows.several else "denen"
            is_open = not rows.several
            after = f", bei {whom} {rows.filter}" if is_open else f" (nur solche, bei {whom} {rows.filter})"
        if rows.parent is not None:
            return Clause("es", "gibt", what, after=after, open=is_open)
        done = rows.done or rows.words.done
        verb = "hatte" if not done and rows.when and is_past(rows.when) else "hat"
        return Clause(self._who(topic), verb, what, done, after=after, open=is_open, pronoun=not topic.inside)

    def _how_many(self, quantity: Quantity, noun: Noun) -> tuple[str, bool]:
        """Return the number with its noun in the accusative, and whether it is one."""
        low, high = quantity.low, quantity.high
        if high == 0 and not quantity.negated:
            return f"keine {noun.plural}", False
        if low is not None and high is not None and low != high:
            least, most = self.number(Decimal(low)), self.number(Decimal(high))
            fewer = "keine" if low == 1 else f"weniger als {least}"
            span = f"{fewer} oder mehr als {most}" if quantity.negated else f"{least} bis {most}"
            return f"{span} {noun.plural}", False
        number = low if low is not None else high or 0
        how = "genau" if low == high else "mindestens" if high is None else "höchstens"
        one = f"{_ONE[noun.gender]} {noun.singular}"
        counted = one if number == 1 else f"{self.number(Decimal(number))} {noun.plural}"
        return f"{_not(quantity.negated)}{how} {counted}", number == 1

    def always(self, *, value: bool) -> Clause:
        """Return dies gilt immer."""
        return Clause("dies", "gilt", "immer" if value else "nie")

    def or_unknown(self, clause: Clause, unknown: Unknown) -> Clause:
        """Return ist nicht „US“ (oder ist unbekannt)."""
        note, subordinate = _UNKNOWN[unknown]
        return evolve(clause, note=f" {note}", subordinate_note=f" {subordinate}")

    # -- joining --

    def main(self, clause: Clause) -> str:
        """Return sein Land ist „DE“."""
        words = (clause.subject, clause.verb, clause.reflexive, clause.rest, clause.particle)
        return f"{' '.join(filter(None, words))}{clause.after}{clause.note}"

    def subordinate(self, clause: Clause) -> str:
        """Return sein Land „DE“ ist."""
        ending = clause.particle + clause.verb if clause.joined else f"{clause.particle} {clause.verb}".strip()
        words = (clause.reflexive, clause.subject, clause.rest, ending)
        return f"{' '.join(filter(None, words))}{clause.after}{clause.subordinate_note}"

    def chain(self, length: int, *, every: bool) -> Sequence[str]:
        """Return commas, and the last one a word: A, B und C."""
        return [", "] * (length - 2) + [" und " if every else " oder "]

    def lead(self, words: Words) -> str:
        """Return the beginning of the sentence."""
        subject = words.subject
        return f"Ein{ENDINGS[subject.gender]} {subject.singular} wird ausgewählt, wenn"

    def whole(self, words: Words, *, everybody: bool) -> str:
        """Return a sentence about everybody or nobody."""
        gender, noun = words.subject.gender, words.subject.singular
        every = f"Jed{ADJECTIVES[gender]}" if everybody else f"Kein{ENDINGS[gender]}"
        return f"{every} {noun} wird ausgewählt."

    def heading(self, *, every: bool, leading: bool) -> str:
        """Return what stands before a list."""
        if every:
            return f"alle folgenden Bedingungen {'zutreffen' if leading else 'treffen zu'}:"
        return f"mindestens eine der folgenden Bedingungen {'zutrifft' if leading else 'trifft zu'}:"

    def where_heading(self, *, every: bool) -> str:
        """Return what stands before a list of conditions on rows."""
        return f"; gezählt werden nur solche, bei denen {self.heading(every=every, leading=True)}"

    def in_zone(self, zone: str) -> str:
        """Return the zone in brackets."""
        return f"(es gelten die Tage und Uhrzeiten in {zone})"

    @staticmethod
    def _who(topic: Topic) -> str:
        subject = topic.words.subject
        return f"{ARTICLES[subject.gender]} {subject.singular}" if topic.inside else _PRONOUNS[subject.gender]

    def _value(self, values: Sequence[str], *, negated: bool) -> str:
        if negated and len(values) > 1:
            return f"weder {' noch '.join(values)}"
        return f"{_not(negated)}{self.one_of(values)}"


def _not(negated: bool) -> str:
    return "nicht " if negated else ""
