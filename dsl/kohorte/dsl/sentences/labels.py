"""Labels for lists: what a rule is about, as short as can be.

Values of text stand alone, everything else with its noun; ``≥ 3 purchases in 90 days`` instead of a clause. Notes on
missing values and the zone are left out, so that labels of different rules may be alike.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.normal import push_negations
from kohorte.dsl.sentences.clauses import Teller
from kohorte.dsl.sentences.english_labels import ENGLISH_LABELS
from kohorte.dsl.sentences.german_labels import GERMAN_LABELS
from kohorte.dsl.sentences.parts import Quantity
from kohorte.dsl.sentences.periods import period_of
from kohorte.dsl.sentences.reading import Choice, Part, Range, Single, kind_of, quantity_of, read
from kohorte.dsl.sentences.shorthand import Shorthand
from kohorte.dsl.sentences.vocabulary import Noun
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    Checked,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Look,
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)

_SHORTHANDS: Final[Mapping[str, Shorthand]] = {"en": ENGLISH_LABELS, "de": GERMAN_LABELS}
_BETWEEN: Final = " · "
_CUT: Final = "…"
_MOST_VALUES: Final = 3
_SIGNS: Final = {
    Order.EQUAL: ("=", "≠"),
    Order.LESS: ("<", "≥"),
    Order.LESS_OR_EQUAL: ("≤", ">"),
    Order.GREATER: (">", "≤"),
    Order.GREATER_OR_EQUAL: ("≥", "<"),
}
_LOOKS: Final = {Look.CONTAINS: "…{}…", Look.STARTS: "{}…", Look.ENDS: "…{}", Look.GLOB: "{}"}


def label_of(checked: Checked, language: str, teller: Teller, length: int) -> str:
    """Return the label of a rule, in at most so many characters (at least one)."""
    part = read(push_negations(checked.condition))
    writer = _Writer(_SHORTHANDS[language], teller)
    if isinstance(part, Choice) and part.every:
        return _fitted([writer.part(each) for each in part.parts], length)
    return _cut(writer.whole(part), length)


def _fitted(parts: Sequence[str], length: int) -> str:
    """Return as many of the parts as there is room for, and how many more there are."""
    taken = parts[0]
    for count, part in enumerate(parts[1:], start=1):
        left = len(parts) - count - 1
        longer = f"{taken}{_BETWEEN}{part}"
        if len(longer) + (len(f"{_BETWEEN}+{left}") if left else 0) > length:
            more = f"{_BETWEEN}+{len(parts) - count}"
            room = length - len(more)
            return _cut(taken, room) + more if room > 1 else _cut(taken, length)
        taken = longer
    return _cut(taken, length)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}{_CUT}"


@frozen
class _Writer:
    words: Shorthand
    teller: Teller

    def whole(self, part: Part) -> str:
        """Return a whole condition; alternatives need no brackets."""
        if isinstance(part, Choice) and not part.every:
            return self.words.either.join(map(self.part, part.parts))
        return self.part(part)

    def part(self, part: Part) -> str:
        if not isinstance(part, Choice):
            return self._single(part)
        inner = map(self.part, part.parts)
        return f"({(_BETWEEN if part.every else self.words.either).join(inner)})"

    def _single(self, leaf: Single) -> str:
        words = self.words
        if (quantity := quantity_of(leaf)) is not None:
            of = leaf.operand if isinstance(leaf, Compare | Range) else leaf
            return self._counted(quantity, of) if isinstance(of, AggregateOf | SomeRow) else ""
        match leaf:
            case Always(value=value):
                return words.everybody if value else words.nobody
            case Compare() | Among() | Range():
                return self._valued(leaf)
            case CompareOperands(left=left, order=order, right=right, negated=negated):
                return f"{self._noun(left)} {_SIGNS[order][negated]} {self._noun(right)}"
            case Missing(operand=operand, negated=negated):
                if isinstance(operand, AggregateOf):
                    return (words.present if negated else words.absent).format(self._noun(operand))
                return (words.known if negated else words.missing).format(self._named(operand).dative)
            case _:
                about, said = self._positive(leaf)
                return " ".join(filter(None, (about, words.negation if leaf.negated else "", said)))

    def _positive(self, leaf: Single) -> tuple[str, str]:
        """Return what a condition is about, and what it says of that."""
        words, teller = self.words, self.teller
        match leaf:
            case InSegment(segment=segment):
                return "", words.in_segment.format(teller.tongue.quoted(segment.name))
            case InSample(share=share, seed=seed):
                number = teller.tongue.number(Decimal(share) / 10_000)
                return "", words.in_sample.format(number, teller.tongue.quoted(seed))
            case InList(operand=operand, name=name):
                return self._noun(operand), words.on_list.format(teller.tongue.quoted(name))
            case Contains(operand=operand, look=look, needle=needle, folded=folded):
                return self._noun(operand), _LOOKS[look].format(self._text(needle, folded=folded))
            case HasTags(tags=tags, every=every, folded=folded):
                return "", (" + " if every else "/").join(f"#{self._text(tag, folded=folded)}" for tag in tags)
            case Within(operand=operand, low=low, high=high):
                period = words.lies(period_of(low, high))
                happened = self._happened(operand)
                return ("", f"{happened} {period}") if happened else (self._noun(operand), period)
            case HasAnniversary(operand=operand, low=low, high=high):
                return self._return(operand), words.lies(period_of(low, high))
            case _:
                raise TypeError(leaf)

    # -- values --------------------------------------------------------------------------------------------------

    def _valued(self, leaf: Compare | Among | Range) -> str:
        kind, noun = kind_of(leaf.operand), self._noun(leaf.operand)
        if isinstance(leaf, Range):
            negation = f" {self.words.negation}" if leaf.negated else ""
            return f"{noun}{negation} {self._value(leaf, leaf.low)}–{self._value(leaf, leaf.high)}"
        if kind is Kind.BOOLEAN and isinstance(leaf, Compare):
            return f"{self.words.negation} {noun}" if leaf.negated is bool(leaf.value) else noun
        order = leaf.order if isinstance(leaf, Compare) else Order.EQUAL
        values = self._values(leaf)
        if kind is Kind.TEXT and isinstance(leaf.operand, FieldOf):
            return f"{self.words.negation} {values}" if leaf.negated else values
        sign = _SIGNS[order][leaf.negated]
        plain = kind in (Kind.CODE, Kind.ENUMERATION, Kind.TEXT) and not leaf.negated
        return f"{noun} {values}" if plain else f"{noun} {sign} {values}"

    def _values(self, leaf: Compare | Among) -> str:
        values = leaf.values if isinstance(leaf, Among) else (leaf.value,)
        more = f" +{len(values) - _MOST_VALUES}" if len(values) > _MOST_VALUES else ""
        return "/".join(self._value(leaf, each) for each in values[:_MOST_VALUES]) + more

    def _value(self, leaf: Compare | Among | Range, value: Constant) -> str:
        if isinstance(value, str):
            return self._text(value, folded=not isinstance(leaf, Range) and leaf.folded)
        return self.teller.value(value, leaf.operand, leaf.currency)

    def _text(self, text: str, *, folded: bool) -> str:
        return " ".join((self.teller.spelled.get(text, text) if folded else text).split())

    # -- nouns ---------------------------------------------------------------------------------------------------

    def _noun(self, operand: Operand) -> str:
        if isinstance(operand, FieldOf):
            return self._named(operand).singular
        when = self._when(operand.collection, operand.where)
        rows = self.teller.row_words(operand.collection).noun
        if operand.field is None or operand.function is Function.COUNT:
            return f"{rows.plural}{when}"
        function = operand.function
        if operand.field.name == operand.collection.time and function in (Function.MIN, Function.MAX, Function.LAST):
            which = self.words.first if function is Function.MIN else self.words.latest
            return f"{which(rows)}{when}"
        taken = FieldOf(operand.collection.name, operand.field)
        noun = self._named(taken)
        if function is Function.LAST and self._has_words(taken):
            return f"{self.words.latest(noun)}{when}"
        named = noun.plural if function is Function.COUNT_DISTINCT else noun.singular
        return f"{self.words.functions[function].format(named)}{when}"

    def _named(self, operand: FieldOf) -> Noun:
        """Return what a field is called; those without words go by their names alone."""
        path = f"{operand.owner}.{operand.field.name}"
        words = self.teller.words
        name = words.labels.get(path, operand.field.name)
        noun = words.fields[path].noun if self._has_words(operand) else Noun(name, name)
        owner = words.owners.get(operand.owner)
        of = f" ({owner.singular})" if owner else ""
        return evolve(noun, singular=f"{noun.singular}{of}", dative=f"{noun.dative or noun.singular}{of}")

    def _has_words(self, operand: FieldOf) -> bool:
        path, words = f"{operand.owner}.{operand.field.name}", self.teller.words
        return path in words.fields and path not in words.labels

    def _happened(self, operand: Operand) -> str:
        if isinstance(operand, FieldOf) and operand.owner == self.teller.subject:
            return self.teller.field_words(operand).happened
        return ""

    def _return(self, operand: Operand) -> str:
        special = self.teller.field_words(operand).anniversary if isinstance(operand, FieldOf) else None
        return special.singular if special else self.words.returns.format(self._noun(operand))

    # -- rows ----------------------------------------------------------------------------------------------------

    def _counted(self, quantity: Quantity, of: AggregateOf | SomeRow) -> str:
        noun = self.teller.row_words(of.collection).noun
        when = self._when(of.collection, of.where)
        low, high = quantity.low, quantity.high
        if high == 0 and not quantity.negated:
            return f"{self.words.none.format(noun.plural)}{when}"
        number = self.teller.tongue.number
        if low is not None and high is not None and low != high:
            negation = f"{self.words.negation} " if quantity.negated else ""
            return f"{negation}{number(Decimal(low))}–{number(Decimal(high))} {noun.plural}{when}"
        count = low if low is not None else high or 0
        said = f"{number(Decimal(count))} {noun.singular if count == 1 else noun.plural}{when}"
        if low == high:
            return f"≠ {said}" if quantity.negated else self.words.exactly.format(said)
        return f"{'≥' if high is None else '≤'} {said}"

    def _when(self, rows: Collection, where: Condition) -> str:
        """Return which rows are meant: their filter in brackets, and when."""
        chosen = self.teller.chosen(rows, where)
        inner = read(All(chosen.parts)) if chosen.parts else None
        if isinstance(inner, Choice) and inner.every:
            filtered = f" ({', '.join(map(self.part, inner.parts))})"
        else:
            filtered = f" ({self.whole(inner)})" if inner is not None else ""
        done = f" {self.teller.words.done[f'{rows.name}.{chosen.done_at}']}" if chosen.done_at else ""
        window = chosen.window
        when = f" {self.words.when(period_of(window.low, window.high))}" if window else ""
        return f"{filtered}{done}{when}"
