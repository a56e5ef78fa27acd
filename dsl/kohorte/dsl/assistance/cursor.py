"""Where something is to be offered: the place, the word that is being written, and what the checker knows there."""

from collections.abc import Sequence
from functools import cached_property

from attrs import define

from kohorte.core.fields import Catalogue
from kohorte.core.ports.rules import References
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.meaning import operand_of, scope_of
from kohorte.dsl.assistance.operators import asked_of, rest
from kohorte.dsl.assistance.place import Inside, Place, kind_of
from kohorte.dsl.assistance.values import Wanted
from kohorte.dsl.assistance.word import Word
from kohorte.dsl.checker.scope import Scope
from kohorte.dsl.typed import Operand


@define(slots=False)  # cached properties
class Cursor:
    """A cursor in a rule that can be read up to there."""

    place: Place
    word: Word
    knowledge: Knowledge

    @property
    def catalogue(self) -> Catalogue:
        """Return what the reader may speak of."""
        return self.knowledge.catalogue

    @property
    def references(self) -> References:
        """Return what the rule may name."""
        return self.knowledge.references

    @cached_property
    def scope(self) -> Scope:
        """Return the checker's scope."""
        return scope_of(self.catalogue, self.references, self.place.row, self.place.lets)

    def left_alone(self) -> Operand | None:
        """Return the operand that stands there with nothing behind it."""
        if kind_of(self.place.items[0]) == "LET":
            return None
        settled = self.place.settled("EQUALS", "=")
        return operand_of(settled[0], self.scope) if len(settled) == 1 else None

    def left(self) -> Operand | None:
        """Return the operand that the condition begins with."""
        return operand_of(self.place.items[0], self.scope) if self.place.items else None

    def stands(self) -> tuple[str, ...]:
        """Return the terminals that stand behind that operand, a calculation among them being one value."""
        place = self.place
        whole = place.settled("AND", "and") if "BETWEEN" in place.kinds else ()
        return tuple(map(kind_of, whole if len(whole) > 1 else place.items))[1:]

    def wanted(self) -> Wanted | None:
        """Return the value that is asked for next; None where none is."""
        left, stands = self.left(), self.place.kinds[1:]
        if left is None or not stands or stands[-1] == "LIST":
            return None
        asked = stands[:-1] if stands[-1] == "EXACTLY" else stands
        if not any((rest(phrase, asked) or ("",))[0] == "*" for phrase in asked_of(left)):
            return None
        return self.value_of(left, stands)

    def entry(self) -> Wanted | None:
        """Return the value that is asked for as the next one of a list; None where no entry begins."""
        place = self.place
        if place.inside is not Inside.LIST or not place.before or place.items:
            return None
        left = operand_of(place.before[0], self.scope)
        asked = ("CONTAINS",) if kind_of(place.before[-1]) == "OF" else ("IN",)
        return None if left is None else self.value_of(left, asked)

    def value_of(self, left: Operand, asked: Sequence[str]) -> Wanted:
        """Return that a value is asked for, by the terminals before it."""
        return Wanted(left, tuple(asked), self.word.content, self.knowledge, self.scope, self.place.lets)
