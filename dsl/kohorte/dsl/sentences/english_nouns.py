"""English values and nouns. ``german_nouns`` has the same."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from kohorte.core.values import currency_scale
from kohorte.dsl.sentences.english_times import when
from kohorte.dsl.sentences.english_words import ENGLISH_WORDS
from kohorte.dsl.sentences.numbers import between, digits
from kohorte.dsl.sentences.parts import Held, Holder, Rows, Topic, Value
from kohorte.dsl.sentences.vocabulary import Noun, Words
from kohorte.dsl.typed import Function

_SYMBOLS: Final[Mapping[str, str]] = {"EUR": "€", "USD": "$", "GBP": "£"}
_FUNCTIONS: Final[Mapping[Function, str]] = {
    Function.SUM: "the total",
    Function.AVG: "the average",
    Function.MIN: "the smallest",
    Function.MAX: "the largest",
}
_IN_TIME: Final[Mapping[Function, str]] = {Function.MIN: "the earliest", Function.MAX: "the latest"}


@frozen
class EnglishNouns:
    """How values are written, and whose things are."""

    words: Words = ENGLISH_WORDS

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

    def one_of(self, values: Sequence[str]) -> str:
        """Return “A”, “B” or “C”."""
        return self.listed(values, "or")

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
        if value.of_time and value.function in (Function.MIN, Function.MAX, Function.LAST):
            return self._one_of(rows, "first" if value.function is Function.MIN else "latest", topic)
        if value.function is Function.LAST:
            return f"the {value.noun.singular} of {self._one_of(rows, 'latest', topic)}"
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

    @staticmethod
    def listed(values: Sequence[str], word: str) -> str:
        """Return values with a word before the last."""
        return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {word} {values[-1]}"
