"""German values and nouns. ``english_nouns`` has the same."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from kohorte.core.values import currency_scale
from kohorte.dsl.sentences.german_times import when
from kohorte.dsl.sentences.german_words import GERMAN_WORDS
from kohorte.dsl.sentences.numbers import between, digits
from kohorte.dsl.sentences.parts import Held, Holder, Rows, Topic, Value
from kohorte.dsl.sentences.vocabulary import Gender, Noun, Words
from kohorte.dsl.typed import Function

_M, _F, _N = Gender.MASCULINE, Gender.FEMININE, Gender.NEUTER
_SYMBOLS: Final[Mapping[str, str]] = {"EUR": "€", "USD": "$", "GBP": "£"}
ARTICLES: Final[Mapping[Gender, str]] = {_M: "der", _F: "die", _N: "das"}
_GENITIVES: Final[Mapping[Gender, str]] = {_M: "des", _F: "der", _N: "des"}
_POSSESSIVES: Final[Mapping[Gender, str]] = {_M: "sein", _F: "ihr", _N: "sein"}
ENDINGS: Final[Mapping[Gender, str]] = {_M: "", _F: "e", _N: ""}
_GENITIVE_ENDINGS: Final[Mapping[Gender, str]] = {_M: "es", _F: "er", _N: "es"}
ADJECTIVES: Final[Mapping[Gender, str]] = {_M: "er", _F: "e", _N: "es"}
"""Endings of adjectives without a definite article: erster Kauf."""
_FUNCTIONS: Final[Mapping[Function, str]] = {
    Function.AVG: "durchschnittliche",
    Function.MIN: "kleinste",
    Function.MAX: "größte",
}
_IN_TIME: Final[Mapping[Function, str]] = {Function.MIN: "früheste", Function.MAX: "späteste"}


@frozen
class GermanNouns:
    """How values are written, and whose things are."""

    words: Words = GERMAN_WORDS

    # -- values --

    def quoted(self, text: str) -> str:
        """Return „Text“."""
        return between("„", text, "“")

    def exactly(self, value: str) -> str:
        """Return genau „Text“."""
        return f"genau {value}"

    def number(self, number: Decimal) -> str:
        """Return 1.000,5."""
        return digits(number, ".", ",")

    def money(self, amount: Decimal, currency: str) -> str:
        """Return 1.000,50 €, with a blank where no line breaks."""
        figure = digits(amount, ".", ",", decimals=currency_scale(currency))
        return f"{figure}\N{NO-BREAK SPACE}{_SYMBOLS.get(currency, currency)}"

    def one_of(self, values: Sequence[str]) -> str:
        """Return „A“, „B“ oder „C“."""
        return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} oder {values[-1]}"

    # -- nouns --

    def called(self, name: str) -> Noun:
        """Return Wert in „score“."""
        quoted = self.quoted(name)
        return Noun(f"Wert in {quoted}", f"Werte in {quoted}", _M, f"Werts in {quoted}", f"Wert in {quoted}")

    def called_rows(self, name: str) -> Noun:
        """Return Eintrag in „visits“."""
        quoted = self.quoted(name)
        return Noun(f"Eintrag in {quoted}", f"Einträge in {quoted}", _M, f"Eintrags in {quoted}")

    def called_owner(self, name: str) -> Noun:
        """Return Eintrag in „company“."""
        return self.called_rows(name)

    def called_subject(self, name: str) -> Noun:  # noqa: ARG002 - nobody tells its gender
        """Return Datensatz."""
        return Noun("Datensatz", "Datensätze", _M, "Datensatzes")

    def field_of(self, noun: Noun, held: Held, topic: Topic) -> str:
        """Return sein Land, das Land des Kontakts, die Kategorie seines Kunden, der Betrag."""
        if held.holder is Holder.SUBJECT:
            return f"{self._possessive(topic)}{ENDINGS[noun.gender]} {noun.singular}"
        named = f"{ARTICLES[noun.gender]} {noun.singular}"
        subject = _of(topic.words.subject)
        match held.holder, held.noun:
            case Holder.SUBJECT_INSIDE, _:
                return f"{named} {subject}"
            case Holder.OWNER, Noun() as owner:
                return f"{named} {self._possessive(topic)}{_GENITIVE_ENDINGS[owner.gender]} {owner.genitive}"
            case Holder.OWNER_INSIDE, Noun() as owner:
                return f"{named} {_of(owner)} {subject}"
            case _:
                return named

    def value_of(self, value: Value, rows: Rows, topic: Topic) -> str:
        """Return die Summe der Beträge seiner Käufe, sein erster Kauf, der Betrag seines letzten Kaufs."""
        noun, function = value.noun, value.function
        article = ARTICLES[noun.gender]
        in_currency = f" in {value.currency}" if value.currency else ""
        if value.of_time and function in (Function.MIN, Function.MAX, Function.LAST):
            return self._single(rows, "erst" if function is Function.MIN else "letzt", topic)
        if function is Function.LAST:
            return f"{article} {noun.singular} {self._of_latest(rows, topic)}"
        if function is Function.COUNT_DISTINCT:
            return f"die Anzahl verschiedener {noun.plural} {self._of_all(rows, topic)}"
        if function is Function.SUM:
            return f"die Summe der {noun.plural}{in_currency} {self._of_all(rows, topic)}"
        named = (_IN_TIME if value.temporal else _FUNCTIONS)[function]
        return f"{article} {named} {noun.singular}{in_currency} {self._of_all(rows, topic)}"

    def count_of(self, rows: Rows, topic: Topic) -> str:
        """Return die Anzahl seiner Käufe."""
        return f"die Anzahl {self._of_all(rows, topic)}"

    def _of_all(self, rows: Rows, topic: Topic) -> str:
        plural, which = rows.words.noun.plural, self._which(rows, "nur solche")
        if rows.parent is not None:
            return f"der zugehörigen {plural}{which}"
        return f"{self._possessive(topic)}er {plural}{which}"

    def _of_latest(self, rows: Rows, topic: Topic) -> str:
        noun, which = rows.words.noun, self._which(rows, "unter denen")
        if rows.parent is not None:
            return f"{_GENITIVES[noun.gender]} letzten zugehörigen {noun.genitive}{which}"
        return f"{self._possessive(topic)}{_GENITIVE_ENDINGS[noun.gender]} letzten {noun.genitive}{which}"

    def _single(self, rows: Rows, adjective: str, topic: Topic) -> str:
        noun, which = rows.words.noun, self._which(rows, "unter denen")
        if rows.parent is not None:
            return f"{ARTICLES[noun.gender]} {adjective}e zugehörige {noun.singular}{which}"
        possessive = f"{self._possessive(topic)}{ENDINGS[noun.gender]}"
        return f"{possessive} {adjective}{ADJECTIVES[noun.gender]} {noun.singular}{which}"

    def _which(self, rows: Rows, those: str) -> str:
        """Return which of the rows, in brackets where it is more than an adverb."""
        attribute = f" {rows.attribute}" if rows.attribute else ""
        period = when(rows.when) if rows.when else ""
        if rows.done:
            period = f"({rows.done} {period})" if period else f"({rows.done})"
        filtered = f" ({those}, bei denen {rows.filter})" if rows.filter else ""
        return f"{attribute}{' ' if period else ''}{period}{filtered}"

    @staticmethod
    def _possessive(topic: Topic) -> str:
        return _POSSESSIVES[topic.words.subject.gender]


def _of(noun: Noun) -> str:
    """Return a noun in the genitive, with its article."""
    return f"{_GENITIVES[noun.gender]} {noun.genitive}"
