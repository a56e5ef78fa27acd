"""Write the conditions of a rule as Python expressions (see ``source``)."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.normal import push_negations
from kohorte.dsl.operands import is_of_dates, is_of_money, scale_factors
from kohorte.dsl.predicates.rows import RowsWriter
from kohorte.dsl.predicates.source import SIGN, Code, Known, Names, Read, Scope, sign_of, without_idle_variables
from kohorte.dsl.records import KEY, Form, key_of
from kohorte.dsl.timed import returning_before, returning_between, returning_on
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Checked,
    Compare,
    CompareOperands,
    Condition,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Leaf,
    Look,
    Missing,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)

DEEPEST: Final = 12
"""Groups nested deeper than this become functions of their own: Python's parser gives up above 100 brackets."""


class ConditionWriter:
    """Writes conditions as expressions that are exactly true or false."""

    def __init__(self, subject: str) -> None:
        self.names = Names()
        self._subject = subject
        self._rows = RowsWriter(self.names, self.write_filter, self._read_field)
        self._repeated: set[AggregateOf] = set()
        self._results: _Results | None = None
        self._writers: dict[type[Leaf], Callable[[Any, Scope, Known], Code]] = {
            Compare: self._compare,
            CompareOperands: self._compare_operands,
            Among: self._among,
            InList: self._in_list,
            Contains: self._contains,
            HasTags: self._has_tags,
            Missing: self._missing,
            Within: self._within,
            HasAnniversary: self._has_anniversary,
            InSegment: self._in_segment,
            InSample: self._in_sample,
            SomeRow: self._some_row,
        }

    def of_rule(self, checked: Checked) -> str:
        """Return the expression of a whole rule over the record ``r``."""
        condition = push_negations(checked.condition)
        self._repeated |= {each for each, uses in Counter(_compared_aggregates(condition)).items() if uses > 1}
        with self._holding_results(_Results()) as results:
            text = self._write(condition, Scope(checked.zone), Known(), 0).text
        for variable in sorted(results.uncertain):
            text = f"(({variable} := None) is None and {text})"
        return without_idle_variables(text)

    def of_aggregate(self, operand: AggregateOf, zone: ZoneInfo) -> str:
        """Return the expression of what an aggregate yields for the record ``r`` (see ``RowsWriter.value``)."""
        return self._rows.value(operand, Scope(zone))

    def of_counting(self, operand: AggregateOf, zone: ZoneInfo) -> tuple[str, str]:
        """Return parameters and expression of whether a row belongs to an aggregate (see ``RowsWriter.counts``)."""
        return self._rows.counts(operand, Scope(zone))

    @contextmanager
    def _holding_results(self, results: "_Results | None") -> Generator["_Results"]:
        """Hold results of calls between the branches of a record's condition; in loops they would be the last row's."""
        before, self._results = self._results, results
        yield results or _Results()
        self._results = before

    # -- groups --------------------------------------------------------------------------------------------------

    def write_filter(self, condition: Condition, scope: Scope) -> Code:
        """Return a condition that stands by itself, such as a row's."""
        with self._holding_results(None):
            return self._write(push_negations(condition), scope, Known(), 0)

    def _write(self, condition: Condition, scope: Scope, known: Known, depth: int) -> Code:
        match condition:
            case Always(value=value):
                return Code(str(value), known, known)
            case All(parts=parts) | AnyOf(parts=parts):
                if depth > DEEPEST:
                    return Code(self._function_of(condition, scope), known, known)
                return self._group(parts, scope, known, depth, every=isinstance(condition, All))
            case Negation():
                return self._write(push_negations(condition), scope, known, depth)
            case _:
                return self._writers[type(condition)](condition, scope, known)

    def _group(self, parts: Sequence[Condition], scope: Scope, known: Known, depth: int, *, every: bool) -> Code:
        texts: list[str] = []
        early: Known | None = None
        for part in sorted(parts, key=_cost):
            code = self._write(part, scope, known, depth + 1)
            texts.append(code.text)
            known, leaving = (code.if_true, code.if_false) if every else (code.if_false, code.if_true)
            early = leaving if early is None else early.both(leaving)
        text = f"({(' and ' if every else ' or ').join(texts)})"
        early = early or known
        return Code(text, known, early) if every else Code(text, early, known)

    def _function_of(self, condition: Condition, scope: Scope) -> str:
        name, is_new = self.names.name("f", (condition, scope))
        if is_new:
            self.names.define(name, scope.parameters, [f"return {self.write_filter(condition, scope).text}"])
        return f"{name}({scope.parameters})"

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self, operand: Operand, form: Form, scope: Scope, known: Known) -> Read:
        if isinstance(operand, FieldOf):
            return self._read_field(operand, form, scope, known)
        if operand.function is Function.LAST:
            return self._read_latest(operand, form, scope, known)
        nullable = operand.function in (Function.MIN, Function.MAX)
        return self._held_call(self._rows.value(operand, scope), scope, known, nullable=nullable)

    def _read_latest(self, operand: AggregateOf, form: Form, scope: Scope, known: Known) -> Read:
        """Read a field of the latest row, which is held too, for its other forms."""
        row = self._held_call(self._rows.latest(operand, scope), scope, known, nullable=False)
        variable, _ = self.names.name("v", (scope.parameters, row.variable, form))
        is_held = variable in row.known.held
        first = variable if is_held else f"({variable} := {self._rows.of_latest(row.first, operand, form)})"
        return Read(first, variable, variable not in known.filled, row.known.holding(variable))

    def _read_field(self, operand: FieldOf, form: Form, scope: Scope, known: Known) -> Read:
        of_present_record = operand.owner == self._subject or scope.is_row(operand.owner)
        nullable = operand.field.nullable or not of_present_record
        return self._held(self.place(operand, form, scope), scope, known, nullable=nullable)

    def _held(self, text: str, scope: Scope, known: Known, *, nullable: bool) -> Read:
        """Hold what an expression yields in a variable, for whoever reads it again."""
        variable, _ = self.names.name("v", (scope.parameters, text))
        first = variable if variable in known.held else f"({variable} := {text})"
        return Read(first, variable, nullable and variable not in known.filled, known.holding(variable))

    def _held_call(self, call: str, scope: Scope, known: Known, *, nullable: bool) -> Read:
        """Hold what a function returns; where another branch perhaps called it already, ask the variable first."""
        read = self._held(call, scope, known, nullable=nullable)
        if self._results is None or read.variable in known.held:
            return read
        if read.variable not in self._results.called:
            self._results.called.add(read.variable)
            return read
        self._results.uncertain.add(read.variable)
        return evolve(read, first=f"({read.variable} if {read.variable} is not None else {read.first})")

    def rows_of(self, collection: Collection, scope: Scope) -> str:
        """Return where the rows of a collection lie, and note that they are read."""
        return self._rows.rows_of(collection, scope)

    def place(self, operand: FieldOf, form: Form, scope: Scope) -> str:
        """Return where a field's value lies, and note that it is read."""
        owner, wanted, reads = operand.owner, operand.field, self.names.source.reads
        if scope.is_row(owner):
            reads.add_of_row(owner, wanted, form)
            name = wanted.name
        else:
            reads.add(owner, wanted, form)
            name = wanted.name if owner == self._subject else f"{owner}.{wanted.name}"
        return f"{scope.variable(owner)}[{self.names.constant(key_of(name, form))}]"

    def _unguarded(self, read: Read, sign: str, right: str, *, negated: bool) -> Code:
        """Write a test that None does not pass, so that it needs no guard."""
        text = f"({read.first} {_OPPOSITE[sign] if negated else sign} {right})"
        passed = read.known.filling(read.variable)
        return Code(text, read.known, passed) if negated else Code(text, passed, read.known)

    def _guarded(self, read: Read, test: Callable[[str], str], *, negated: bool) -> Code:
        """Write a test of a value that may be None; ``test`` writes it, already negated where it is."""
        filled = read.known.filling(read.variable)
        if not read.nullable:
            return Code(f"({test(read.first)})", filled, filled)
        if negated:
            return Code(f"({read.first} is None or {test(read.variable)})", read.known, filled)
        return Code(f"({read.first} is not None and {test(read.variable)})", filled, read.known)

    # -- comparisons ---------------------------------------------------------------------------------------------

    def _compare(self, leaf: Compare, scope: Scope, known: Known) -> Code:
        operand = leaf.operand
        if isinstance(operand, AggregateOf):
            if operand.function is Function.AVG:
                return Code(self._rows.average(operand, leaf, scope), known, known)
            if operand.function is Function.COUNT and operand not in self._repeated:
                return Code(self._rows.threshold(operand, leaf, scope), known, known)
        if leaf.currency is not None:
            return self._in_currency(leaf, scope, known)
        read = self._read(operand, _form(leaf.folded), scope, known)
        if isinstance(leaf.value, bool):
            return self._unguarded(read, "is", str(leaf.value), negated=leaf.negated)
        value = self.names.constant(leaf.value)
        if leaf.order is Order.EQUAL:
            return self._unguarded(read, "==", value, negated=leaf.negated)
        sign = sign_of(leaf.order, negated=leaf.negated)
        return self._guarded(read, lambda name: f"{name} {sign} {value}", negated=leaf.negated)

    def _in_currency(self, leaf: Compare | Among, scope: Scope, known: Known) -> Code:
        """Write a test of an amount that only one in the wanted currency passes."""
        currency = self._read(leaf.operand, Form.CURRENCY, scope, known)
        same = self._unguarded(currency, "==", self.names.constant(leaf.currency), negated=leaf.negated)
        amount = partial(self._write, evolve(leaf, currency=None), scope, depth=0)
        if leaf.negated:
            code = amount(known=same.if_false)
            return Code(f"({same.text} or {code.text})", same.if_true.both(code.if_true), code.if_false)
        code = amount(known=same.if_true)
        return Code(f"({same.text} and {code.text})", code.if_true, same.if_false.both(code.if_false))

    def _compare_operands(self, leaf: CompareOperands, scope: Scope, known: Known) -> Code:
        form = _form(leaf.folded)
        left = self._read(leaf.left, form, scope, known)
        right = self._read(leaf.right, form, scope, left.known)
        tests = [f"{each.first} is not None" for each in (left, right) if each.nullable]
        names = [each.variable if each.nullable else each.first for each in (left, right)]
        factors = scale_factors(leaf.left, leaf.right)
        sides = [name if factor == 1 else f"{name} * {factor}" for name, factor in zip(names, factors, strict=True)]
        tests += self._same_currency(leaf, scope, right.known)
        tests.append(f" {SIGN[leaf.order]} ".join(sides))
        # Nothing is known afterwards: where one side is missing, the other was perhaps not read.
        return Code(f"({'not ' if leaf.negated else ''}({' and '.join(tests)}))", known, known)

    def _same_currency(self, leaf: CompareOperands, scope: Scope, known: Known) -> list[str]:
        sides: list[str] = []
        for operand in (leaf.left, leaf.right):
            if isinstance(operand, AggregateOf):
                if operand.currency is not None:
                    sides.append(self.names.constant(operand.currency))
                elif operand.function is Function.LAST and is_of_money(operand):
                    sides.append(self._read(operand, Form.CURRENCY, scope, known).first)
            elif operand.field.kind is Kind.MONEY:
                sides.append(self.place(operand, Form.CURRENCY, scope))
        return [" == ".join(sides)] if len(sides) == 2 else []

    def _among(self, leaf: Among, scope: Scope, known: Known) -> Code:
        if leaf.currency is not None:
            return self._in_currency(leaf, scope, known)
        if isinstance(leaf.operand, AggregateOf) and leaf.operand.function is Function.AVG:
            each = [Compare(leaf.operand, Order.EQUAL, value, negated=leaf.negated) for value in leaf.values]
            return self._group(each, scope, known, 0, every=leaf.negated)
        read = self._read(leaf.operand, _form(leaf.folded), scope, known)
        return self._unguarded(read, "in", self.names.constant(frozenset(leaf.values)), negated=leaf.negated)

    def _in_list(self, leaf: InList, scope: Scope, known: Known) -> Code:
        read = self._read(leaf.operand, _form(leaf.folded), scope, known)
        entries = self.names.entries(leaf.list_id, folded=leaf.folded)
        return self._unguarded(read, "in", entries, negated=leaf.negated)

    def _missing(self, leaf: Missing, scope: Scope, known: Known) -> Code:
        operand = leaf.operand
        if isinstance(operand, AggregateOf):
            if operand.function is Function.AVG:  # an average is missing exactly where the least value is
                operand = evolve(operand, function=Function.MIN)
            elif operand.function not in (Function.MIN, Function.MAX, Function.LAST):
                return Code(str(leaf.negated), known, known)
        read = self._read(operand, Form.VALUE, scope, known)
        filled = read.known.filling(read.variable)
        if leaf.negated:
            return Code(f"({read.first} is not None)", filled, read.known)
        return Code(f"({read.first} is None)", read.known, filled)

    # -- text and tags -------------------------------------------------------------------------------------------

    def _contains(self, leaf: Contains, scope: Scope, known: Known) -> Code:
        read = self._read(leaf.operand, _form(leaf.folded), scope, known)
        is_glob = leaf.look is Look.GLOB
        needle = self.names.glob(leaf.needle) if is_glob else self.names.constant(leaf.needle)
        no, yes = ("not ", "") if leaf.negated else ("", "not ")

        def test(name: str) -> str:
            match leaf.look:
                case Look.CONTAINS:
                    return f"{needle} {no}in {name}"
                case Look.STARTS:
                    return f"{no}{name}.startswith({needle})"
                case Look.ENDS:
                    return f"{no}{name}.endswith({needle})"
                case Look.GLOB:
                    return f"{needle}({name}) is {yes}None"

        return self._guarded(read, test, negated=leaf.negated)

    def _has_tags(self, leaf: HasTags, scope: Scope, known: Known) -> Code:
        read = self._read(leaf.operand, _form(leaf.folded), scope, known)
        tags = self.names.constant(frozenset(leaf.tags))
        method, inverted = ("issubset", leaf.negated) if leaf.every else ("isdisjoint", not leaf.negated)
        no = "not " if inverted else ""
        return self._guarded(read, lambda name: f"{no}{tags}.{method}({name})", negated=leaf.negated)

    # -- time ----------------------------------------------------------------------------------------------------

    def _within(self, leaf: Within, scope: Scope, known: Known) -> Code:
        read = self._read(leaf.operand, Form.VALUE, scope, known)
        low = None if leaf.low is None else self.names.bound(leaf.low, scope.zone)
        high = None if leaf.high is None else self.names.bound(leaf.high, scope.zone)
        no, yes = ("not ", "") if leaf.negated else ("", "not ")

        def test(name: str) -> str:
            if low is None:
                return f"{no}{name} < {high}" if high is not None else f"{name} is {yes}None"
            return f"{no}{low} <= {name} < {high}" if high is not None else f"{no}{name} >= {low}"

        return self._guarded(read, test, negated=leaf.negated)

    def _has_anniversary(self, leaf: HasAnniversary, scope: Scope, known: Known) -> Code:
        operand, days, no = leaf.operand, (leaf.low, leaf.high, scope.zone), "not " if leaf.negated else ""
        read = self._read(operand, Form.VALUE, scope, known)
        of_dates = is_of_dates(operand)
        if of_dates and isinstance(operand, FieldOf):
            month_day = self.place(operand, Form.MONTH_DAY, scope)
            ends = [self.names.time((*days, place, "end"), returning_before(*days, place)) for place in (0, 1)]
            sets = [self.names.time((*days, place, "days"), _as_set(returning_on(*days, place))) for place in (0, 1)]

            def test(name: str) -> str:
                return (
                    f"{no}(({name} < {ends[0]} and {month_day} in {sets[0]})"
                    f" or ({read.variable} < {ends[1]} and {month_day} in {sets[1]}))"
                )
        else:
            boundaries = self.names.time((*days, of_dates), returning_between(*days, of_dates=of_dates))

            def test(name: str) -> str:
                return f"bisect({boundaries}, {name}) % 2 == {0 if leaf.negated else 1}"

        return self._guarded(read, test, negated=leaf.negated)

    # -- segments and rows ---------------------------------------------------------------------------------------

    def _in_segment(self, leaf: InSegment, scope: Scope, known: Known) -> Code:
        segment = leaf.segment
        if segment.rule is None:
            self.names.source.reads.by_key = True
            sign = "not in" if leaf.negated else "in"
            text = f"(r[{self.names.constant(KEY)}] {sign} {self.names.members(segment.id)})"
            return Code(text, known, known)
        name, is_new = self.names.name("f", segment.id)
        if is_new:
            self.names.define(name, "r", [f"return {self.of_rule(segment.rule)}"])
        read = self._held_call(f"{name}(r)", scope, known, nullable=False)
        return Code(f"(not {read.first})" if leaf.negated else read.first, read.known, read.known)

    def _in_sample(self, leaf: InSample, scope: Scope, known: Known) -> Code:  # noqa: ARG002 - an entry of a table
        self.names.source.reads.by_key = True
        no = "not " if leaf.negated else ""
        text = f"({no}{self.names.sampler(leaf.seed, leaf.share)}(r[{self.names.constant(KEY)}]))"
        return Code(text, known, known)

    def _some_row(self, leaf: SomeRow, scope: Scope, known: Known) -> Code:
        return Code(self._rows.some_row(leaf, scope), known, known)


@frozen
class _Results:
    """Variables that hold results of calls; the uncertain ones are asked before they surely hold one."""

    called: set[str] = field(factory=set[str])
    uncertain: set[str] = field(factory=set[str])


_OPPOSITE: Final = {"==": "!=", "in": "not in", "is": "is not"}


def _as_set(values: Callable[[int], Iterable[int]]) -> Callable[[int], frozenset[int]]:
    return lambda now: frozenset(values(now))


def _form(folded: bool) -> Form:
    return Form.FOLDED if folded else Form.VALUE


def _cost(condition: Condition) -> int:
    """Return how much work a condition is: fields, then searches in text, then referenced segments, then rows."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            return max(map(_cost, parts))
        case Always() | Negation():
            return 0
        case InSample():
            return 2
        case SomeRow():
            return 3
        case InSegment(segment=segment):
            return 0 if segment.rule is None else 2
        case CompareOperands(left=left, right=right):
            return 3 if isinstance(left, AggregateOf) or isinstance(right, AggregateOf) else 1
        case Contains() | HasTags() | HasAnniversary():
            return 3 if isinstance(condition.operand, AggregateOf) else 1
        case _:
            return 3 if isinstance(condition.operand, AggregateOf) else 0


def _compared_aggregates(condition: Condition) -> Iterator[AggregateOf]:
    """Yield the aggregates that are compared with constants, as often as they are."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _compared_aggregates(part)
        case Compare(operand=AggregateOf() as operand):
            yield operand
        case _:
            pass
