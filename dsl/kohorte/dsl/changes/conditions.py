"""Write for how long the conditions of a rule stay as they are, as Python statements (see ``stays``).

What says the same at every instant is written by the predicate's own writer, as one expression; the rest as statements
that leave a stay in a variable. The source contains nothing that anybody typed (see ``predicates.source``):

===== ====================================================================
name  what it stands for, besides those of predicates
===== ====================================================================
``c`` a constant, among them the functions of ``stays`` and of ``passing``
``t`` what is known at an instant: ``now``, bounds, yearly returns
``x`` the stay of a condition
``y`` ``z`` the stay of a row, and of what is asked of its value
``w`` a value
===== ====================================================================
"""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve

from kohorte.core.fields import Collection
from kohorte.dsl.changes.returns import looked_for_back, returning
from kohorte.dsl.changes.rows import RowsWriter
from kohorte.dsl.changes.stays import FOREVER
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.normal import push_negations
from kohorte.dsl.operands import is_of_dates
from kohorte.dsl.passing import is_fixed, passing
from kohorte.dsl.predicates.conditions import ConditionWriter
from kohorte.dsl.predicates.source import Scope
from kohorte.dsl.records import Form
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Bound,
    Checked,
    Condition,
    FieldOf,
    HasAnniversary,
    InSegment,
    Leaf,
    Negation,
    Within,
)

Lines = list[str]


class StayWriter:
    """Writes conditions as statements that leave the condition's stay in a variable."""

    def __init__(self, subject: str) -> None:
        self._plain: Final = ConditionWriter(subject)
        self.names: Final = self._plain.names
        self.now: Final = self.names.time("now", lambda now: now)
        self.forever: Final = self.names.constant(FOREVER)
        self._rows: Final = RowsWriter(self)

    def of_rule(self, checked: Checked) -> Lines:
        """Return the statements that leave in ``x`` the stay of a whole rule for the record ``r``."""
        return self.write(push_negations(checked.condition), Scope(checked.zone), "x")

    def of_rows(self, operand: AggregateOf, zone: ZoneInfo) -> Lines:
        """Return the statements that leave in ``x`` how long no row of ``r`` comes to an aggregate or goes."""
        return self._rows.until_some_row_changes(operand, Scope(zone))

    def write(self, condition: Condition, scope: Scope, into: str) -> Lines:
        """Return the statements that leave the stay of a condition in a variable."""
        if isinstance(condition, Always) or is_timeless(condition):
            return [f"{into} = {self.forever} if {self.plain(condition, scope)} else -{self.forever}"]
        match condition:
            case All(parts=parts):
                return self._group(parts, scope, into, every=True)
            case AnyOf(parts=parts):
                return self._group(parts, scope, into, every=False)
            case Negation():
                return self.write(push_negations(condition), scope, into)
            case Within(operand=FieldOf() as operand):
                return self._signed(condition, into, self._within(condition, operand, scope, into))
            case HasAnniversary(operand=FieldOf() as operand):
                lines = self.has_anniversary(condition, operand, scope, into, aggregated=False)
                return self._signed(condition, into, lines)
            case InSegment():
                return self._signed(condition, into, [f"{into} = {self._call_of_segment(condition)}"])
            case _:
                call = self._call(evolve(condition, negated=False), scope)
                return self._signed(condition, into, [f"{into} = {call}"])

    def plain(self, condition: Condition, scope: Scope) -> str:
        """Return the expression that tells whether a condition holds now."""
        return self._plain.write_filter(condition, scope).text

    def place(self, operand: FieldOf, scope: Scope, form: Form = Form.VALUE) -> str:
        """Return where a field's value lies."""
        return self._plain.place(operand, form, scope)

    def rows_of(self, collection: Collection, scope: Scope) -> str:
        """Return where the rows of a collection lie."""
        return self._plain.rows_of(collection, scope)

    # -- groups --------------------------------------------------------------------------------------------------

    def _group(self, parts: Sequence[Condition], scope: Scope, into: str, *, every: bool) -> Lines:
        """Write parts; those that no time changes decide by themselves whether the others are looked at."""
        timeless = tuple(part for part in parts if is_timeless(part))
        lines: Lines = []
        for part in parts:
            if not is_timeless(part):
                other = f"{into}_"
                sign = "<" if every else ">"
                further = [*self._part(part, scope, other), f"if {other} {sign} {into}: {into} = {other}"]
                lines += further if lines else self._part(part, scope, into)
        if not timeless:
            return lines
        test = self.plain(All(timeless) if every else AnyOf(timeless), scope)
        head, rest = ("if", f"-{self.forever}") if every else ("if not", self.forever)
        return [f"{head} {test}:", *indented(lines), "else:", f"    {into} = {rest}"]

    def _part(self, part: Condition, scope: Scope, into: str) -> Lines:
        """Write a part of a group; a group in it becomes a function of its own."""
        if not isinstance(part, All | AnyOf):
            return self.write(part, scope, into)
        return [f"{into} = {self._call(part, scope)}"]

    def _call(self, condition: All | AnyOf | Leaf, scope: Scope) -> str:
        """Return the call of the function that returns the stay of a group, or of what is said of rows."""
        name, is_new = self.names.name("f", ("stay", condition, scope))
        if is_new:
            if isinstance(condition, All | AnyOf):
                body = self.write(condition, scope, "x")
            else:
                body = self._rows.write(condition, scope)
            self.names.define(name, scope.parameters, [*body, "return x"])
        return f"{name}({scope.parameters})"

    def _signed(self, leaf: Leaf, into: str, lines: Lines) -> Lines:
        return [*lines, f"{into} = -{into}"] if leaf.negated else lines

    def _call_of_segment(self, leaf: InSegment) -> str:
        rule = leaf.segment.rule
        if rule is None:
            raise TypeError(leaf)  # stored membership is timeless
        name, is_new = self.names.name("f", ("stay", leaf.segment.id))
        if is_new:
            self.names.define(name, "r", [*self.of_rule(rule), "return x"])
        return f"{name}(r)"

    # -- times ---------------------------------------------------------------------------------------------------

    def _within(self, leaf: Within, operand: FieldOf, scope: Scope, into: str) -> Lines:
        """Write that a value waits for the upper bound, then lies inside until the lower one has passed it."""
        gone, inside = f"-{self.forever}", self.forever
        cases = [("w is None", gone)]
        if leaf.low is not None:
            cases.append((f"w < {self.names.bound(leaf.low, scope.zone)}", gone))
            inside = self._time_to(leaf.low, scope, otherwise=inside)
        if leaf.high is not None:
            waiting = self._time_to(leaf.high, scope, otherwise=self.forever)
            cases.append((f"w >= {self.names.bound(leaf.high, scope.zone)}", f"-({waiting})"))
        lines = [f"w = {self.place(operand, scope)}"]
        for place, (test, stay) in enumerate(cases):
            lines += [f"{'elif' if place else 'if'} {test}: {into} = {stay}"]
        return [*lines, f"else: {into} = {inside}"]

    def _time_to(self, bound: Bound, scope: Scope, *, otherwise: str) -> str:
        """Return the time after which a bound passes ``w``."""
        if is_fixed(bound):
            return otherwise
        return f"{self.names.constant(passing(bound, scope.zone))}(w) - {self.now}"

    def has_anniversary(
        self, leaf: HasAnniversary, operand: FieldOf, scope: Scope, into: str, *, aggregated: bool
    ) -> Lines:
        """Write the stay of a yearly return, not negated; ``aggregated`` values are looked for less far back."""
        of_dates = is_of_dates(leaf.operand)
        years = looked_for_back(of_dates=of_dates, aggregated=aggregated)
        meaning = ("returns", leaf.low, leaf.high, scope.zone, of_dates, years)
        stay = self.names.time(meaning, returning(leaf.low, leaf.high, scope.zone, of_dates=of_dates, years=years))
        return [f"w = {self.place(operand, scope)}", f"{into} = -{self.forever} if w is None else {stay}(w)"]


def indented(lines: Sequence[str]) -> Lines:
    """Return lines one step further in."""
    return [f"    {line}" for line in lines]
