"""Write for how long what is said of related rows stays as it is: aggregates, and whether some row exists."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeGuard

from attrs import evolve, frozen

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.changes.stays import at_least, exactly, latest_first, of_first, of_sum
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.normal import push_negations
from kohorte.dsl.operands import order_of
from kohorte.dsl.passing import is_fixed, passing
from kohorte.dsl.predicates.source import SIGN, Scope
from kohorte.dsl.records import Form
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Among,
    Compare,
    CompareOperands,
    Condition,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    InList,
    Leaf,
    Missing,
    Order,
    SomeRow,
    Within,
)

if TYPE_CHECKING:
    from kohorte.dsl.changes.conditions import StayWriter

Lines = list[str]
_OfOneValue = Compare | Among | InList | Contains | Missing | Within | HasAnniversary


@frozen
class RowsWriter:
    """Writes loops over rows as statements that leave a stay in ``x``; filters are written by ``conditions``."""

    conditions: "StayWriter"

    def write(self, leaf: Leaf, scope: Scope) -> Lines:
        """Return the statements for a condition on rows, not negated."""
        match leaf:
            case SomeRow(collection=collection, where=where):
                return self._some_row(collection, where, scope)
            case CompareOperands():
                return self._compare_operands(leaf, scope)
            case Compare(operand=AggregateOf() as operand) | Among(operand=AggregateOf() as operand):
                match operand.function:
                    case Function.COUNT | Function.COUNT_DISTINCT:
                        return self._number(leaf, operand, scope)
                    case Function.SUM | Function.AVG:
                        return self._sum(leaf, operand, scope)
                    case _:
                        return self._first(leaf, operand, scope)
            case (
                InList(operand=AggregateOf() as operand)
                | Contains(operand=AggregateOf() as operand)
                | Missing(operand=AggregateOf() as operand)
                | Within(operand=AggregateOf() as operand)
                | HasAnniversary(operand=AggregateOf() as operand)
            ):
                return self._first(leaf, operand, scope)
            case _:
                raise TypeError(leaf)

    # -- loops ---------------------------------------------------------------------------------------------------

    def _inside(self, collection: Collection, scope: Scope) -> Scope:
        return evolve(scope, rows=(*scope.rows, (collection.name, f"p{len(scope.rows)}")))

    def _loop(self, collection: Collection, scope: Scope, body: Sequence[str]) -> Lines:
        row = self._inside(collection, scope).variable(collection.name)
        return [f"for {row} in {self.conditions.rows_of(collection, scope)}:", *(f"    {line}" for line in body)]

    def _stay_of_row(self, operand: AggregateOf, scope: Scope) -> Lines:
        return self.conditions.write(operand.where, self._inside(operand.collection, scope), "y")

    def _value(self, operand: AggregateOf, scope: Scope) -> Lines:
        """Read into ``z`` the value of a row, and go on to the next row where it is missing or in another currency."""
        inner, wanted = self._inside(operand.collection, scope), _field_of_row(operand)
        form = Form.FOLDED if wanted.field.kind is Kind.TEXT else Form.VALUE
        lines = [f"z = {self.conditions.place(wanted, inner, form)}", "if z is None: continue"]
        if operand.currency is not None:
            currency = self.conditions.place(wanted, inner, Form.CURRENCY)
            lines.append(f"if {currency} != {self._constant(operand.currency)}: continue")
        return lines

    def _constant(self, value: object) -> str:
        return self.conditions.names.constant(value)

    # -- existence and number ------------------------------------------------------------------------------------

    def _some_row(self, collection: Collection, where: Condition, scope: Scope) -> Lines:
        body = [*self.conditions.write(where, self._inside(collection, scope), "y"), "if y > x: x = y"]
        return [f"x = -{self.conditions.forever}", *self._loop(collection, scope, body)]

    def _number(self, leaf: Compare | Among, operand: AggregateOf, scope: Scope) -> Lines:
        """Write that so many rows hold, or rows with so many values."""
        never, stay = f"-{self.conditions.forever}", self._stay_of_row(operand, scope)
        if operand.function is Function.COUNT:
            lines = ["s = []", *self._loop(operand.collection, scope, [*stay, f"if y > {never}: s.append(y)"])]
        else:
            body = [*self._value(operand, scope), *stay, f"if y > s.get(z, {never}): s[z] = y"]
            lines = ["s = {}", *self._loop(operand.collection, scope, body), f"s = {self._constant(list)}(s.values())"]
        return [*lines, "s.sort(reverse=True)", f"x = {self._asked_of_number(leaf)}"]

    def _asked_of_number(self, leaf: Compare | Among) -> str:
        if isinstance(leaf, Among) or leaf.order is Order.EQUAL:
            values = leaf.values if isinstance(leaf, Among) else (leaf.value,)
            return f"{self._constant(exactly)}(s, {self._constant(values)})"
        least = int(leaf.value) + (leaf.order in (Order.GREATER, Order.LESS_OR_EQUAL))
        sign = "-" if leaf.order in (Order.LESS, Order.LESS_OR_EQUAL) else ""
        return f"{sign}{self._constant(at_least)}(s, {self._constant(least)})"

    # -- the value of one row ------------------------------------------------------------------------------------

    def _first(self, leaf: _OfOneValue, operand: AggregateOf, scope: Scope) -> Lines:
        """Write what is asked of the least, the greatest or the latest row's value; an average is missing as those are.

        Each row says how it ranks, how long it stays, and how long what is asked of its value does.
        """
        inner, wanted = self._inside(operand.collection, scope), _field_of_row(operand)
        if isinstance(leaf, HasAnniversary):
            asked = self.conditions.has_anniversary(leaf, wanted, inner, "u", aggregated=True)
        elif isinstance(leaf, Missing):
            asked = self.conditions.write(Missing(wanted, negated=True), inner, "u")
        else:
            asked = self.conditions.write(evolve(leaf, operand=wanted, negated=False), inner, "u")
        gone = f"if y == -{self.conditions.forever}: continue"
        body, candidates = [*self._stay_of_row(operand, scope), gone, *asked], "s"
        if operand.function is Function.LAST:
            time, keys = order_of(operand.collection, wanted.field)
            for key in keys:
                self.conditions.names.source.reads.add_of_row(operand.collection.name, key, Form.VALUE)
            place = self.conditions.place(FieldOf(operand.collection.name, time), inner)
            body += [f"w = {place}", f"s.append((w, {inner.variable(operand.collection.name)}, y, u))"]
            candidates = f"{self._constant(latest_first)}(s, {self.conditions.names.later(keys)})"
        else:
            rank = "-z" if operand.function is Function.MAX else "z"
            body = [*self._value(operand, scope), *body, f"s.append(({rank}, y, u))"]
        sign = "-" if isinstance(leaf, Missing) else ""
        answer = f"x = {sign}{self._constant(of_first)}({candidates})"
        return ["s = []", *self._loop(operand.collection, scope, body), answer]

    # -- sums ----------------------------------------------------------------------------------------------------

    def _sum(self, leaf: Compare | Among, operand: AggregateOf, scope: Scope) -> Lines:
        """Write rows as spans from when to when they count, which windows alone tell.

        Where other parts of the filter change too, spans are known until the first such change.
        """
        inner, now = self._inside(operand.collection, scope), self.conditions.now
        where = push_negations(operand.where)
        parts = where.parts if isinstance(where, All) else (where,)
        timeless = tuple(part for part in parts if is_timeless(part))
        windows = [part for part in parts if _is_window(part) and part not in timeless]
        others = tuple(part for part in parts if part not in timeless and part not in windows)
        body = [f"if not {self.conditions.plain(All(timeless), inner)}: continue"] if timeless else []
        body += [*self._value(operand, scope), f"a = {now}", f"b = {self.conditions.forever}"]
        for window in windows:
            body += self._narrowed(window, inner)
        body.append("if a >= b: continue")
        if others:
            body += [
                *self.conditions.write(All(others), inner, "y"),
                f"u = {now} + y if y > 0 else {now} - y",
                "if u < b and u < n: n = u",
                "if y < 0: continue",
            ]
        body.append("s.append((a, b, z))")
        return [
            f"n = {self.conditions.forever}",
            "s = []",
            *self._loop(operand.collection, scope, body),
            f"x = {self._constant(of_sum)}(s, {now}, n, {self._test(leaf, operand.function)})",
        ]

    def _narrowed(self, window: Within, inner: Scope) -> Lines:
        """Narrow the span from ``a`` to ``b`` to the time in which a value lies in a window."""
        names, zone = self.conditions.names, inner.zone
        if not isinstance(window.operand, FieldOf):
            raise TypeError(window)
        lines = [f"w = {self.conditions.place(window.operand, inner)}", "if w is None: continue"]
        if window.low is not None:
            lines.append(f"if w < {names.bound(window.low, zone)}: continue")
            if not is_fixed(window.low):
                lines += [f"y = {self._constant(passing(window.low, zone))}(w)", "if y < b: b = y"]
        if window.high is not None:
            lines.append(f"if w >= {names.bound(window.high, zone)}:")
            if is_fixed(window.high):
                lines.append("    continue")
            else:
                lines += [f"    y = {self._constant(passing(window.high, zone))}(w)", "    if y > a: a = y"]
        return lines

    def _test(self, leaf: Compare | Among, function: Function) -> str:
        """Return the name of the function that asks a sum ``s`` of ``n`` rows."""
        name, is_new = self.conditions.names.name("f", ("test", evolve(leaf, negated=False)))
        if is_new:
            values = self._constant(frozenset(leaf.values) if isinstance(leaf, Among) else leaf.value)
            sign = "in" if isinstance(leaf, Among) else SIGN[leaf.order]
            if function is Function.SUM:
                test = f"s {sign} {values}"
            elif isinstance(leaf, Among):  # whole numbers: the sum is value * n
                test = f"n > 0 and s % n == 0 and s // n in {values}"
            else:
                test = f"n > 0 and s {sign} {values} * n"
            self.conditions.names.define(name, "s, n", [f"return {test}"])
        return name

    # -- two operands --------------------------------------------------------------------------------------------

    def _compare_operands(self, leaf: CompareOperands, scope: Scope) -> Lines:
        """Write that nothing changes until some row of either side comes or goes."""
        lines = [f"x = {self.conditions.forever}"]
        for operand in (leaf.left, leaf.right):
            if isinstance(operand, AggregateOf):
                lines += self._first_change(operand, scope)
        return [*lines, f"if not {self.conditions.plain(leaf, scope)}: x = -x"]

    def until_some_row_changes(self, operand: AggregateOf, scope: Scope) -> Lines:
        """Return the statements that leave in ``x`` how long no row comes to an aggregate or goes."""
        return [f"x = {self.conditions.forever}", *self._first_change(operand, scope)]

    def _first_change(self, operand: AggregateOf, scope: Scope) -> Lines:
        body = [*self._stay_of_row(operand, scope), "if y < 0: y = -y", "if y < x: x = y"]
        return self._loop(operand.collection, scope, body)


def _is_window(part: Condition) -> TypeGuard[Within]:
    return isinstance(part, Within) and isinstance(part.operand, FieldOf) and not part.negated


def _field_of_row(operand: AggregateOf) -> FieldOf:
    """Return the field that an aggregate is about, as one of the row in whose filter this is."""
    if operand.field is None:
        raise TypeError(operand)
    return FieldOf(operand.collection.name, operand.field)
