"""Clauses: what one condition says, in the words of a language."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from attrs import evolve, field, frozen

from kohorte.core.fields import Collection, Kind
from kohorte.core.values import currency_scale, from_units
from kohorte.dsl.sentences.missing import known_by, unknown_of
from kohorte.dsl.sentences.parts import Clause, Held, Holder, Rows, Topic, Value
from kohorte.dsl.sentences.periods import period_of
from kohorte.dsl.sentences.reading import (
    Choice,
    Part,
    Range,
    Selection,
    Single,
    kind_of,
    quantity_of,
    read,
    scale_of,
    selection,
)
from kohorte.dsl.sentences.tongue import Tongue
from kohorte.dsl.sentences.vocabulary import FieldWords, Noun, RowWords, Words
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
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
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)

_TEXTS: Final = frozenset({Kind.TEXT, Kind.CODE, Kind.ENUMERATION})
_TIMES: Final = frozenset({Kind.DATE, Kind.INSTANT})
_NONE_KNOWN: Final[frozenset[FieldOf]] = frozenset()


@frozen
class Place:
    """Where a clause stands: in the filter of a row or in none, and which fields have a value there anyhow."""

    row: Collection | None = None
    known: frozenset[FieldOf] = _NONE_KNOWN


OUTSIDE: Final = Place()


@frozen
class Teller:
    """A language, the words for a catalogue, and how texts were spelled where conditions keep them folded."""

    tongue: Tongue
    words: Words
    subject: str
    spelled: Mapping[str, str] = field(factory=dict[str, str])

    # -- clauses -------------------------------------------------------------------------------------------------

    def clause(self, leaf: Single, place: Place, *, filtered: bool = True) -> Clause:
        """Return what a condition says; without its filter over rows where that is said apart (``filtered``)."""
        said = self._counted(leaf, place, filtered=filtered) or self._plain(leaf, place, filtered=filtered)
        if isinstance(leaf, Always) or not leaf.negated:
            return said
        sure = frozenset({self.subject, place.row.name} if place.row else {self.subject})
        unknown = unknown_of(leaf, sure, place.known)
        return said if unknown is None else self.tongue.or_unknown(said, unknown)

    def _counted(self, leaf: Single, place: Place, *, filtered: bool) -> Clause | None:
        quantity = quantity_of(leaf)
        if quantity is None:
            return None
        of = leaf.operand if isinstance(leaf, Compare | Range) else leaf
        if not isinstance(of, AggregateOf | SomeRow):
            raise TypeError(leaf)
        rows = self._rows(of.collection, of.where, place, filtered=filtered)
        return self.tongue.counts(quantity, rows, self._topic(place))

    def _plain(self, leaf: Single, place: Place, *, filtered: bool) -> Clause:
        tongue = self.tongue
        match leaf:
            case Always(value=value):
                return tongue.always(value=value)
            case InSegment(segment=segment, negated=negated):
                return tongue.in_segment(self._topic(place), segment.name, negated=negated)
            case InSample(share=share, seed=seed, negated=negated):
                return tongue.in_sample(self._topic(place), Decimal(share) / 10_000, seed, negated=negated)
            case CompareOperands(left=left, order=order, right=right, negated=negated):
                one, other = self.noun(left, place, alone=True), self.noun(right, place, alone=True)
                return tongue.compares(one, order, other, kind_of(left), negated=negated)
            case Within():
                return self._within(leaf, place, filtered=filtered)
            case HasAnniversary():
                return self._returning(leaf, place, filtered=filtered)
            case SomeRow():
                raise TypeError(leaf)
            case Missing(operand=operand, negated=negated):
                subject = self.noun(operand, place, alone=True, filtered=filtered)
                return tongue.is_missing(subject, of_rows=isinstance(operand, AggregateOf), negated=negated)
            case _:
                return self._valued(leaf, self.noun(leaf.operand, place, filtered=filtered))

    def _valued(self, leaf: Compare | Among | Range | InList | Contains | HasTags, subject: str) -> Clause:
        tongue, negated = self.tongue, leaf.negated
        match leaf:
            case InList(name=name):
                return tongue.is_listed(subject, name, negated=negated)
            case Contains(look=look, needle=needle, folded=folded):
                return tongue.looks(subject, look, self._text(needle, leaf.operand, folded=folded), negated=negated)
            case HasTags(tags=tags, every=every, folded=folded):
                named = [self._text(tag, leaf.operand, folded=folded) for tag in tags]
                return tongue.has_tags(subject, named, every=every, negated=negated)
            case Range(operand=operand, low=low, high=high, currency=currency):
                ends = (self.value(each, operand, currency) for each in (low, high))
                return tongue.ranges(subject, *ends, negated=negated)
            case Compare(value=bool() as value):
                return tongue.truth(subject, value=value, negated=negated)
            case Compare(operand=operand, order=order, value=value):
                values: Sequence[str] = (self.value(value, operand, leaf.currency, folded=leaf.folded),)
            case Among(operand=operand, values=constants):
                order = Order.EQUAL
                values = [self.value(each, operand, leaf.currency, folded=leaf.folded) for each in constants]
        if kind_of(operand) in _TEXTS:
            return tongue.equals(subject, values, negated=negated)
        return tongue.measures(subject, order, values, negated=negated)

    def _within(self, leaf: Within, place: Place, *, filtered: bool) -> Clause:
        period = period_of(leaf.low, leaf.high)
        words = self.field_words(leaf.operand) if isinstance(leaf.operand, FieldOf) else None
        if words is not None and words.happened and self._is_subject(leaf.operand):
            return self.tongue.happened(self._topic(place), words.happened, period, negated=leaf.negated)
        past = isinstance(leaf.operand, AggregateOf) and leaf.operand.collection.past_only
        subject = self.noun(leaf.operand, place, filtered=filtered)
        return self.tongue.lies(subject, period, negated=leaf.negated, past=past)

    def _returning(self, leaf: HasAnniversary, place: Place, *, filtered: bool) -> Clause:
        period = period_of(leaf.low, leaf.high)
        words = self.field_words(leaf.operand) if isinstance(leaf.operand, FieldOf) else None
        if words is not None and words.anniversary is not None and isinstance(leaf.operand, FieldOf):
            named = self.tongue.field_of(words.anniversary, self._held(leaf.operand, place), self._topic(place))
            return self.tongue.lies(named, period, negated=leaf.negated)
        return self.tongue.returns(self.noun(leaf.operand, place, filtered=filtered), period, negated=leaf.negated)

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, value: Constant, operand: Operand, currency: str | None, *, folded: bool = False) -> str:
        """Return a constant as it is written beside an operand."""
        if isinstance(value, str):
            return self._text(value, operand, folded=folded)
        if kind_of(operand) is Kind.MONEY:
            known = currency or (operand.currency if isinstance(operand, AggregateOf) else None) or ""
            return self.tongue.money(from_units(value, currency_scale(known)), known)
        return self.tongue.number(from_units(value, scale_of(operand)))

    def _text(self, text: str, operand: Operand, *, folded: bool) -> str:
        if folded:
            return self.tongue.quoted(self.spelled.get(text, text))
        quoted = self.tongue.quoted(text)
        return self.tongue.exactly(quoted) if kind_of(operand) in (Kind.TEXT, Kind.TAGS) else quoted

    # -- nouns ---------------------------------------------------------------------------------------------------

    def noun(self, operand: Operand, place: Place, *, alone: bool = False, filtered: bool = True) -> str:
        """Return an operand as a noun; ``alone`` where no value beside it tells its currency."""
        if isinstance(operand, FieldOf):
            words = self.field_words(operand)
            return self.tongue.field_of(words.noun, self._held(operand, place), self._topic(place))
        rows = self._rows(operand.collection, operand.where, place, filtered=filtered)
        if operand.field is None or operand.function is Function.COUNT:
            return self.tongue.count_of(rows, self._topic(place))
        taken = FieldOf(operand.collection.name, operand.field)
        value = Value(
            operand.function,
            self.field_words(taken).noun,
            operand.currency if alone else None,
            temporal=operand.field.kind in _TIMES,
            of_time=operand.field.name == operand.collection.time,
        )
        return self.tongue.value_of(value, rows, self._topic(place))

    def field_words(self, operand: FieldOf) -> FieldWords:
        """Return what a field is called."""
        path = f"{operand.owner}.{operand.field.name}"
        if path in self.words.labels:
            return FieldWords(self.tongue.called(self.words.labels[path]))
        return self.words.fields.get(path) or FieldWords(self.tongue.called(operand.field.name))

    def row_words(self, rows: Collection) -> RowWords:
        """Return what the rows of a collection are called."""
        return self.words.rows.get(rows.name) or RowWords(self.tongue.called_rows(rows.name))

    def _held(self, operand: FieldOf, place: Place) -> Held:
        if place.row is not None and operand.owner == place.row.name:
            return Held(Holder.ROW)
        if operand.owner == self.subject:
            return Held(Holder.SUBJECT_INSIDE if place.row else Holder.SUBJECT)
        owner = self.words.owners.get(operand.owner) or self._row_noun(operand.owner)
        noun = owner or self.tongue.called_owner(operand.owner)
        return Held(Holder.OWNER_INSIDE if place.row else Holder.OWNER, noun)

    def _row_noun(self, name: str) -> Noun | None:
        rows = self.words.rows.get(name)
        return rows.noun if rows else None

    def _is_subject(self, operand: Operand) -> bool:
        return isinstance(operand, FieldOf) and operand.owner == self.subject

    def _topic(self, place: Place) -> Topic:
        return Topic(self.words, inside=place.row is not None)

    # -- rows ----------------------------------------------------------------------------------------------------

    def _rows(self, rows: Collection, where: Condition, place: Place, *, filtered: bool) -> Rows:
        chosen = self.chosen(rows, where)
        words = self.row_words(rows)
        parts = chosen.parts if filtered else ()
        attribute, rest = self._attribute(rows, parts)
        inner = read(All(rest)) if rest else None
        return Rows(
            words,
            period_of(chosen.window.low, chosen.window.high) if chosen.window else None,
            attribute,
            "" if inner is None else self.inline(inner, Place(rows), subordinate=True),
            several=isinstance(inner, Choice),
            parent=self.row_words(place.row).noun if place.row else None,
            done=self.words.done[f"{rows.name}.{chosen.done_at}"] if chosen.done_at else "",
        )

    def chosen(self, rows: Collection, where: Condition) -> Selection:
        """Return which rows a filter leaves."""
        prefix = f"{rows.name}."
        return selection(rows, where, [at.removeprefix(prefix) for at in self.words.done if at.startswith(prefix)])

    def _attribute(self, rows: Collection, parts: Sequence[Condition]) -> tuple[str, tuple[Condition, ...]]:
        """Return the first part that can follow the noun (with the status “paid”), and the others."""
        for place, part in enumerate(parts):
            if isinstance(part, Compare | Among) and not part.negated and isinstance(part.operand, FieldOf):
                template = self.field_words(part.operand).attribute
                of_row = part.operand.owner == rows.name and kind_of(part.operand) in _TEXTS
                if template and of_row:
                    values = part.values if isinstance(part, Among) else (part.value,)
                    named = [self.value(each, part.operand, None, folded=part.folded) for each in values]
                    said = template.replace("{}", self.tongue.one_of(named))
                    return said, (*parts[:place], *parts[place + 1 :])
        return "", tuple(parts)

    # -- conditions on one line ----------------------------------------------------------------------------------

    def inline(self, part: Part, place: Place, *, subordinate: bool) -> str:
        """Return a condition on one line; choices in choices stand in brackets."""
        if not isinstance(part, Choice):
            clause = self.clause(part, place)
            return self.tongue.subordinate(clause) if subordinate else self.tongue.main(clause)
        inner = evolve(place, known=place.known | known_by(part.parts)) if part.every else place
        links = self.tongue.chain(len(part.parts), every=part.every)
        clauses = self.clauses([None if isinstance(each, Choice) else each for each in part.parts], inner)
        said: list[str] = []
        for each, following, link in zip(part.parts, clauses, (*links, ""), strict=True):
            if following is None:
                said += [f"({self.inline(each, inner, subordinate=subordinate)})", link]
            else:
                text = self.tongue.subordinate(following) if subordinate else self.tongue.main(following)
                said += [text, linked(following, link)]
        return "".join(said)

    def clauses(self, leaves: Sequence[Single | None], place: Place) -> list[Clause | None]:
        """Return clauses that follow each other: what was the subject before, too, is no pronoun again.

        None keeps the place of what is no single clause.
        """
        said = [None if leaf is None else self.clause(leaf, place) for leaf in leaves]
        shared = all(clause is not None and clause.pronoun for clause in said) and not any(
            clause is not None and clause.after for clause in said[:-1]
        )
        if not shared and len(said) > 2 and not self.tongue.elides_late:
            return said
        return [*said[:1], *(_following(before, clause) for before, clause in pairwise(said))]


def _following(before: Clause | None, clause: Clause | None) -> Clause | None:
    if before is None or clause is None or before.after or not (before.pronoun and clause.pronoun):
        return clause
    return evolve(clause, subject="")


def linked(clause: Clause, link: str) -> str:
    """Return what stands behind a clause; one that ends in a clause of its own is closed by a comma."""
    return f",{link}" if clause.open and link and not link.startswith(",") else link
