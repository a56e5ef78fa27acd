"""Write what a rule says of related rows as Python functions: aggregates, and whether some row exists."""

from collections.abc import Callable
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Collection, Field, Kind
from kohorte.dsl.operands import order_of
from kohorte.dsl.predicates.source import SIGN, Code, Known, Names, Read, Scope, sign_of
from kohorte.dsl.records import Form, key_of
from kohorte.dsl.typed import AggregateOf, Always, Compare, Condition, FieldOf, Function, Order, SomeRow

WriteCondition = Callable[[Condition, Scope], Code]
ReadField = Callable[[FieldOf, Form, Scope, Known], Read]


@frozen
class RowsWriter:
    """Writes loops over rows; filters are written, and fields read, by the functions it is given."""

    names: Names
    write: WriteCondition
    read: ReadField

    def some_row(self, leaf: SomeRow, scope: Scope) -> str:
        """Return the expression that asks whether a row exists."""
        if leaf.where == Always(value=True):
            return f"(len({self.rows_of(leaf.collection, scope)}) {'==' if leaf.negated else '>'} 0)"
        name, is_new = self.names.name("f", (leaf.collection, leaf.where, scope))
        if is_new:
            loop = self._loop(leaf.collection, leaf.where, scope)
            self.names.define(name, scope.parameters, [*loop.over("return True"), "return False"])
        return f"({'not ' if leaf.negated else ''}{name}({scope.parameters}))"

    def value(self, operand: AggregateOf, scope: Scope) -> str:
        """Return the call of the function that computes an aggregate.

        An average is told in half units, rounded to the odd one between two whole units: exact enough to compare with
        whole units, and without fractions.
        """
        if operand.function is Function.LAST:
            return self.of_latest(self.latest(operand, scope), operand, Form.VALUE)
        name, is_new = self.names.name("f", (operand, scope))
        if is_new:
            loop = self._loop_over_values(operand, scope)
            before, step, result = _STEPS[operand.function]
            body = [before, *loop.over(*(line.format(loop.value) for line in step)), f"return {result}"]
            self.names.define(name, scope.parameters, body)
        return f"{name}({scope.parameters})"

    def counts(self, operand: AggregateOf, scope: Scope) -> tuple[str, str]:
        """Return the parameters and the expression of whether a row is one of those that an aggregate is made of."""
        is_latest = operand.function is Function.LAST
        loop = (
            self._loop(operand.collection, operand.where, scope)
            if is_latest
            else self._loop_over_values(operand, scope)
        )
        return loop.scope.parameters, " and ".join(loop.tests) or "True"

    def latest(self, operand: AggregateOf, scope: Scope) -> str:
        """Return the call of the function that finds the latest row; without one it yields a row that lacks all."""
        name, is_new = self.names.name("f", (operand, scope))
        if is_new:
            loop = self._loop(operand.collection, operand.where, scope)
            wanted = _wanted(operand)
            time, keys = order_of(operand.collection, wanted)
            instant = self.read(FieldOf(operand.collection.name, time), Form.VALUE, loop.scope, loop.known)
            for each in keys:
                self.names.source.reads.add_of_row(operand.collection.name, each, Form.VALUE)
            row = f"p{len(scope.rows)}"
            step = [
                f"x = {instant.first}",
                f"if t is None or x > t or (x == t and {self.names.later(keys)}({row}, n)):",
                "    t = x",
                f"    n = {row}",
            ]
            before = ["t = None", f"n = {self.names.nothing(wanted)}"]
            self.names.define(name, scope.parameters, [*before, *loop.over(*step), "return n"])
        return f"{name}({scope.parameters})"

    def of_latest(self, row: str, operand: AggregateOf, form: Form) -> str:
        """Return the wanted field of the latest row, which an expression yields, and note that it is read."""
        wanted = _wanted(operand)
        self.names.source.reads.add_of_row(operand.collection.name, wanted, form)
        return f"{row}[{self.names.constant(key_of(wanted.name, form))}]"

    def average(self, operand: AggregateOf, leaf: Compare, scope: Scope) -> str:
        """Return the call of a function that compares an average by whole numbers: the sum against value * count."""
        name, is_new = self.names.name("f", (leaf, scope))
        if is_new:
            loop = self._loop_over_values(operand, scope)
            no = "not " if leaf.negated else ""
            test = f"{no}(n > 0 and s {SIGN[leaf.order]} {self.names.constant(leaf.value)} * n)"
            step = loop.over("n += 1", f"s += {loop.value}")
            self.names.define(name, scope.parameters, ["n = s = 0", *step, f"return {test}"])
        return f"{name}({scope.parameters})"

    def threshold(self, operand: AggregateOf, leaf: Compare, scope: Scope) -> str:
        """Return the call of a function that counts rows no further than the comparison needs."""
        name, is_new = self.names.name("f", (leaf, scope))
        if is_new:
            loop = self._loop(operand.collection, operand.where, scope)
            decided = int(leaf.value) + (leaf.order in (Order.GREATER, Order.LESS_OR_EQUAL, Order.EQUAL))
            is_over = leaf.order in (Order.GREATER, Order.GREATER_OR_EQUAL)
            step = ["n += 1", f"if n == {self.names.constant(decided)}:", f"    return {is_over != leaf.negated}"]
            test = f"n {sign_of(leaf.order, negated=leaf.negated)} {self.names.constant(leaf.value)}"
            self.names.define(name, scope.parameters, ["n = 0", *loop.over(*step), f"return {test}"])
        return f"{name}({scope.parameters})"

    def rows_of(self, collection: Collection, scope: Scope) -> str:
        """Return where rows lie: in the parent's row in whose filter they are asked for, or in the record."""
        self.names.source.reads.add_rows(collection.name)
        holder = "r" if collection.parent is None else scope.variable(collection.parent)
        return f"{holder}[{self.names.constant(collection.name)}]"

    def _loop(self, collection: Collection, where: Condition, scope: Scope) -> "_Loop":
        row = f"p{len(scope.rows)}"
        inner = evolve(scope, rows=(*scope.rows, (collection.name, row)))
        code = self.write(where, inner)
        return _Loop(f"for {row} in {self.rows_of(collection, scope)}:", inner, code.if_true).asking(code.text)

    def _loop_over_values(self, operand: AggregateOf, scope: Scope) -> "_Loop":
        """Begin a loop over the rows whose field is set, in the wanted currency."""
        loop = self._loop(operand.collection, operand.where, scope)
        if operand.field is None:
            return loop
        wanted = FieldOf(operand.collection.name, operand.field)
        if operand.currency is not None:
            currency = self.read(wanted, Form.CURRENCY, loop.scope, loop.known)
            loop = loop.asking(f"{currency.first} == {self.names.constant(operand.currency)}")
        read = self.read(wanted, _compared_form(operand.field), loop.scope, loop.known)
        if not read.nullable:
            return evolve(loop, value=read.first)
        return evolve(loop.asking(f"{read.first} is not None"), value=read.variable)


def _wanted(operand: AggregateOf) -> Field:
    if operand.field is None:
        raise TypeError(operand)
    return operand.field


def _compared_form(wanted: Field) -> Form:
    return Form.FOLDED if wanted.kind is Kind.TEXT else Form.VALUE


@frozen
class _Loop:
    """A loop over rows: its head, what is known of a wanted row, what is asked, and how the row's value is read."""

    head: str
    scope: Scope
    known: Known
    tests: tuple[str, ...] = ()
    value: str = ""

    def asking(self, test: str) -> "_Loop":
        """Return a loop that asks more of each row."""
        return self if test == "True" else evolve(self, tests=(*self.tests, test))

    def over(self, *step: str) -> list[str]:
        """Return the lines of the loop with the step that is taken for each wanted row."""
        if not self.tests:
            return [self.head, *(f"    {line}" for line in step)]
        return [self.head, f"    if {' and '.join(self.tests)}:", *(f"        {line}" for line in step)]


_STEPS: Final[dict[Function, tuple[str, tuple[str, ...], str]]] = {
    Function.COUNT: ("n = 0", ("n += 1",), "n"),
    Function.COUNT_DISTINCT: ("s = set()", ("s.add({0})",), "len(s)"),
    Function.SUM: ("n = 0", ("n += {0}",), "n"),
    Function.AVG: ("n = s = 0", ("n += 1", "s += {0}"), "s // n * 2 + (s % n > 0) if n else None"),
    Function.MIN: ("n = None", ("x = {0}", "if n is None or x < n:", "    n = x"), "n"),
    Function.MAX: ("n = None", ("x = {0}", "if n is None or x > n:", "    n = x"), "n"),
}
