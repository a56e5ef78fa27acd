"""Who matches only because something is missing: a value behind a negation, or the time to have done anything.

``contact.country != "US"`` holds for contacts without a country, and ``did not purchase in the last 30 days`` for those
who came yesterday. Both are as the language defines them, and often not meant. That such a condition holds where the
value is missing is proved, or seen in a record; nothing is said where the conditions beside it are proved to exclude
that. For consent and other legal facts it is an error, unless it is proved that nobody matches that way.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.ports.rules import Edit, Fix, Problem
from kohorte.dsl.analysis import messages
from kohorte.dsl.analysis.answers import Refuted
from kohorte.dsl.analysis.formulas import Formula, Group, Literal, Variable, opposite
from kohorte.dsl.analysis.parts import Beside, Level, Part, given
from kohorte.dsl.analysis.questions import Range
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.checker.times import in_period
from kohorte.dsl.errors import Message
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.phrases import flat, path
from kohorte.dsl.typed import AggregateOf, FieldOf, Function

SINCE: Final = "created_at"
"""The field of the subject that tells since when it is known, where there is one."""
MOST_ASKED: Final = 40
"""Of how many conditions of one rule it is asked."""


@frozen
class Missing:
    """Finds what matches because something is missing."""

    reasoning: Reasoning
    source: str

    def findings(self, whole: Part) -> Iterator[Problem]:
        """Yield the findings about a whole rule."""
        asked = 0
        for place in _places(whole):
            if asked < MOST_ASKED and not self.reasoning.is_exhausted:
                asked += 1
                yield from self._of_values(place)
                yield from self._of_newcomers(place)

    # -- values --------------------------------------------------------------------------------------------------

    def _of_values(self, place: "_Place") -> Iterator[Problem]:
        for variable in negated_fields(place.effect):
            of = variable.subject
            if isinstance(of, FieldOf):
                yield from self._of_field(place, variable, of)

    def _of_field(self, place: "_Place", variable: Variable, of: FieldOf) -> Iterator[Problem]:
        missing = Literal(variable, None, positive=False)
        if self._is_excluded(place, missing):
            return
        if not (of.field.legal or self._follows(place, missing)):
            return
        message = messages.LEGAL_MISSING if of.field.legal else messages.MATCHES_MISSING
        field = path((of.owner, of.field.name))
        yield self._adding(message, place, field, f"{field} is set", f"{field} is empty")

    def _follows(self, place: "_Place", missing: Literal) -> bool:
        """Tell whether the condition holds for all that lack the value, or for one of them that was seen."""
        if self.reasoning.is_impossible(missing, opposite(place.effect)):
            return True
        return isinstance(self.reasoning.refute((*place.given, place.effect, missing), (True,)), Refuted)

    def _is_excluded(self, place: "_Place", other: Formula) -> bool:
        """Tell whether the conditions beside exclude that the condition and another one hold."""
        return self.reasoning.is_impossible(place.effect, other, *place.given)

    # -- newcomers -----------------------------------------------------------------------------------------------

    def _of_newcomers(self, place: "_Place") -> Iterator[Problem]:
        window, since = _window(place.part.node), _since(self.reasoning.catalogue)
        if window is None or since is None or not _asks_for_no_rows(place.effect):
            return
        if since.kind is Kind.DATE and window.unit in (ast.Unit.MINUTE, ast.Unit.HOUR):
            return
        of = FieldOf(self.reasoning.catalogue.subject, since)
        lately = self.reasoning.translation.formula(in_period(of, window, window.span))
        if self.reasoning.is_unproved(place.effect, lately, *place.given):
            field = path((of.owner, since.name))
            length = flat(ast.Duration(window.amount, window.unit))
            old = f"{field} more than {length} ago"
            yield self._adding(messages.NEW_MATCH_AS_WELL, place, field, old, f"not {old}")

    # -- fixes ---------------------------------------------------------------------------------------------------

    def _adding(self, message: Message, place: "_Place", field: str, condition: str, complement: str) -> Problem:
        text, edits = adding(place, condition, complement)
        fix = Fix("Add: {fix1}", edits)
        return message.at(self.source, place.part.span, fixes=[fix], field=field, fix1=text)


# -- places ------------------------------------------------------------------------------------------------------


@frozen
class _Place:
    """A single condition: what is given where it matters, and what it must be for the rule to hold there."""

    part: Part
    beside: Beside
    positive: bool
    around: tuple[Part, ...]
    """The groups around it, the outermost first."""

    @property
    def given(self) -> Sequence[Formula]:
        """Return what is given."""
        return given(self.beside)

    @property
    def effect(self) -> Formula:
        """Return what must hold of the condition."""
        return self.part.formula if self.positive else opposite(self.part.formula)


def _places(
    part: Part, beside: Beside = (), around: tuple[Part, ...] = (), *, positive: bool = True
) -> Iterator[_Place]:
    """Yield the single conditions of a rule in the order of the text."""
    if isinstance(part.node, ast.Not):
        yield from _places(part.parts[0], beside, (*around, part), positive=not positive)
    elif part.parts:
        level = Level.of(part)
        for number, each in enumerate(part.parts):
            yield from _places(each, (*beside, (level, number)), (*around, part), positive=positive)
    else:
        yield _Place(part, beside, positive, around)


def negated_fields(formula: Formula) -> list[Variable]:
    """Return the fields whose being missing can make a formula true, each once."""
    found: dict[Variable, None] = {}
    waiting = [formula]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, Group):
            waiting = [*each.parts, *waiting]
        elif isinstance(each, Literal) and not each.positive and each.test is not None:
            variables = each.variable.requires or (each.variable,)
            found |= dict.fromkeys(one for one in variables if one.initial.missing)
    return list(found)


def _asks_for_no_rows(formula: Formula) -> bool:
    if not isinstance(formula, Literal) or formula.positive or formula.test != Range(1, None):
        return False
    of = formula.variable.subject
    return isinstance(of, AggregateOf) and of.function is Function.COUNT


def _window(node: ast.Node) -> ast.Rolling | None:
    """Return the window in which nothing was done."""
    windows = [node.when] if isinstance(node, ast.Did) else node.windows if isinstance(node, ast.Exists) else ()
    return next((each for each in windows if isinstance(each, ast.Rolling) and not each.forward), None)


def _since(catalogue: Catalogue) -> Field | None:
    found = catalogue.owners[catalogue.subject].fields.get(SINCE)
    return found if found is not None and found.kind in (Kind.DATE, Kind.INSTANT) else None


# -- adding a condition ------------------------------------------------------------------------------------------


def adding(place: "_Place", condition: str, complement: str) -> tuple[str, tuple[Edit, ...]]:
    """Return what to add, and the edits, so that a condition of the text holds only where another one does.

    Where ``not`` stands before it, the other one is added outside; where it stands before a group around it, the other
    one's complement becomes an alternative inside, which ``not`` turns round.
    """
    part, around, positive = place.part, place.around, place.positive
    if around and isinstance(around[-1].node, ast.Not):
        part, around, positive = around[-1], around[:-1], not positive
    text, kind = (f"and {condition}", ast.And) if positive else (f"or {complement}", ast.Or)
    is_alone = not around or isinstance(around[-1].node, kind)
    return text, _joined(part.span, text, bracketed=not is_alone, inner=_is_open(part))


def _joined(span: Span, text: str, *, bracketed: bool, inner: bool = False) -> tuple[Edit, ...]:
    start = "(" * bracketed + "(" * inner
    end = ")" * inner + f" {text}" + ")" * bracketed
    begin = (Edit(span.start, span.start, start),) if start else ()
    return (*begin, Edit(span.end, span.end, end))


def _is_open(part: Part) -> bool:
    """Tell whether a condition ends with ``where``, which would take what follows for its own."""
    node = part.parts[0].node if isinstance(part.node, ast.Not) else part.node
    return isinstance(node, ast.Did) and node.where is not None
