"""What a language must be able to say: the same templates in each."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from kohorte.core.fields import Kind
from kohorte.dsl.sentences.parts import Clause, Held, Quantity, Rows, Topic, Unknown, Value
from kohorte.dsl.sentences.periods import Period
from kohorte.dsl.sentences.vocabulary import Noun, Words
from kohorte.dsl.typed import Look, Order


class Tongue(Protocol):
    """A language: the same templates in each."""

    @property
    def words(self) -> Words:
        """Return the words for Kohorte's own catalogue."""
        ...

    # -- values --

    def quoted(self, text: str) -> str:
        """Return a text in quotation marks, so that its end cannot be mistaken."""
        ...

    def exactly(self, value: str) -> str:
        """Return a value that is meant as it is written, capitals and all."""
        ...

    def number(self, number: Decimal) -> str:
        """Return a number."""
        ...

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount of money."""
        ...

    def one_of(self, values: Sequence[str]) -> str:
        """Return one or several values, of which one is meant."""
        ...

    # -- nouns --

    def called(self, name: str) -> Noun:
        """Return the noun for a field that has no words."""
        ...

    def called_rows(self, name: str) -> Noun:
        """Return the noun for rows that have no words."""
        ...

    def called_owner(self, name: str) -> Noun:
        """Return the noun for an owner that has no words."""
        ...

    def called_subject(self, name: str) -> Noun:
        """Return the noun for a subject that has no words."""
        ...

    def field_of(self, noun: Noun, held: Held, topic: Topic) -> str:
        """Return whose field it is: their country."""
        ...

    def value_of(self, value: Value, rows: Rows, topic: Topic) -> str:
        """Return what is calculated over rows: the total amount of their purchases."""
        ...

    def count_of(self, rows: Rows, topic: Topic) -> str:
        """Return the number of rows, as a noun."""
        ...

    # -- clauses --

    def equals(self, subject: str, values: Sequence[str], *, negated: bool) -> Clause:
        """Return that it is one of the values (texts)."""
        ...

    def measures(self, subject: str, order: Order, values: Sequence[str], *, negated: bool) -> Clause:
        """Return that it is more, less or just as much; several values stand for one of them."""
        ...

    def ranges(self, subject: str, low: str, high: str, *, negated: bool) -> Clause:
        """Return that it lies from low to high, both included."""
        ...

    def truth(self, subject: str, *, value: bool, negated: bool) -> Clause:
        """Return that it is set to yes or no."""
        ...

    def looks(self, subject: str, look: Look, needle: str, *, negated: bool) -> Clause:
        """Return that it contains, starts with, ends with or matches a text."""
        ...

    def has_tags(self, subject: str, tags: Sequence[str], *, every: bool, negated: bool) -> Clause:
        """Return that a tag set has one or all of the tags."""
        ...

    def is_missing(self, subject: str, *, of_rows: bool, negated: bool) -> Clause:
        """Return that it is not known; ``of_rows``: that there is none."""
        ...

    def is_listed(self, subject: str, name: str, *, negated: bool) -> Clause:
        """Return that it is an entry of a stored list."""
        ...

    def in_segment(self, topic: Topic, name: str, *, negated: bool) -> Clause:
        """Return that the subject is in a segment."""
        ...

    def in_sample(self, topic: Topic, share: Decimal, seed: str, *, negated: bool) -> Clause:
        """Return that the subject is in a sample of so many per cent."""
        ...

    def compares(self, subject: str, order: Order, other: str, kind: Kind, *, negated: bool) -> Clause:
        """Return how it compares with something else that varies."""
        ...

    def lies(self, subject: str, period: Period, *, negated: bool, past: bool = False) -> Clause:
        """Return that a day or instant lies in a period; ``past``: it surely lies behind us."""
        ...

    def happened(self, topic: Topic, participle: str, period: Period, *, negated: bool) -> Clause:
        """Return that something happened to the subject in a period."""
        ...

    def returns(self, subject: str, period: Period, *, negated: bool) -> Clause:
        """Return that it has its anniversary in a period."""
        ...

    def counts(self, quantity: Quantity, rows: Rows, topic: Topic) -> Clause:
        """Return that there are so many rows."""
        ...

    def always(self, *, value: bool) -> Clause:
        """Return that something holds always, or never."""
        ...

    def or_unknown(self, clause: Clause, unknown: Unknown) -> Clause:
        """Return a clause with the note that it holds of what is not known, too."""
        ...

    # -- joining --

    def main(self, clause: Clause) -> str:
        """Return a clause that stands by itself, without capital or full stop."""
        ...

    def subordinate(self, clause: Clause) -> str:
        """Return a clause as it stands after "if"."""
        ...

    def chain(self, length: int, *, every: bool) -> Sequence[str]:
        """Return what stands between so many clauses: commas, and "and" or "or" before the last."""
        ...

    def lead(self, words: Words) -> str:
        """Return the beginning of a sentence, which ends in "if"."""
        ...

    def heading(self, *, every: bool, leading: bool) -> str:
        """Return what stands before a list of conditions, of which all or some are true; ``leading`` after "if"."""
        ...

    def where_heading(self, *, every: bool) -> str:
        """Return what follows a clause about rows, before the list of conditions on them."""
        ...

    def in_zone(self, zone: str) -> str:
        """Return in which zone days and times are meant, in brackets."""
        ...

    @property
    def alternatives(self) -> tuple[str, str, str]:
        """Return what stands before, between and behind two clauses of which one or both hold."""
        ...

    @property
    def elides_late(self) -> bool:
        """Tell whether a pronoun is left out behind a clause with the same one, even if others came before."""
        ...

    @property
    def or_if(self) -> str:
        """Return what stands between alternatives, each of which may be several conditions."""
        ...

    def whole(self, words: Words, *, everybody: bool) -> str:
        """Return the sentence for a rule that selects everybody or nobody."""
        ...
