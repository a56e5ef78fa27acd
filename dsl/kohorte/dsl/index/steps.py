"""What is asked of a record at an instant, made ready as it is first needed."""

from collections.abc import Callable, Iterable

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Moving
from kohorte.dsl.index.operands import Column, Computation, Name, Value
from kohorte.dsl.index.sources import Source, does_time_change
from kohorte.dsl.index.tables import Failing
from kohorte.dsl.index.watching import Watching
from kohorte.dsl.predicates.functions import Entries, Members
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf


@frozen
class Instant:
    """An instant (µs), with what is bound to it."""

    now: int
    members: Members
    entries: Entries
    _cuts: dict[Moving, int] = field(factory=dict[Moving, int])

    def place(self, cut: Moving) -> int:
        """Return where a cut lies."""
        if cut not in self._cuts:
            self._cuts[cut] = cut.bound.at(self.now, cut.zone)
        return self._cuts[cut]


@frozen
class Rows:
    """The rows of which an aggregate is made: those of a collection that count."""

    collection: str
    besides: frozenset[Name]
    """What else the aggregate hangs on."""
    counts: Callable[[Prepared, Prepared], bool]


@define(eq=False)
class Step:
    """An operand at an instant: what it yields of a record, and which clauses fail for that.

    ``value`` and ``failing`` are None until somebody needs them and calls ``bound`` and ``settled``, which return them.
    """

    operand: Column | Computation
    _instant: Instant
    clauses: int = 0
    """Those that look at it."""
    value: Value | None = None
    failing: Failing | None = None
    rows: Rows | None = None
    """What an aggregate is made of; known once the value is bound."""
    _version: int = 0

    def heed_changes(self) -> None:
        """Look at the clauses that there are now."""
        table = self.operand.table
        if self._version != table.version:
            self._version, self.clauses, self.failing = table.version, table.clauses, None

    def bound(self) -> Value:
        """Return what yields the operand's value."""
        if isinstance(self.operand, Column):
            self.value = self.operand.value
            return self.value
        bound = self.operand.bound(self._instant.now, self._instant.members, self._instant.entries)
        what = self.operand.identity.what
        if isinstance(what, AggregateOf) and bound.counts is not None:
            name = what.collection.name
            self.rows = Rows(name, self.operand.names - {name}, bound.counts)
        self.value = bound.value
        return bound.value

    def settled(self) -> Failing:
        """Return what tells which clauses fail for a value."""
        self.failing = self.operand.table.failing(self._instant.place)
        return self.failing

    @property
    def may_change_by_time(self) -> bool:
        """Tell whether time alone may change which clauses fail."""
        if any(side.clauses for side in self.operand.table.moving):
            return True
        return isinstance(self.operand, Computation) and does_time_change(self.operand)


@define(eq=False)
class Steps:
    """All that the rules of a sheet ask of a record: fields, then what is computed of them, then of rows."""

    _instant: Instant
    columns: list[Step] = field(factory=list[Step])
    stages: tuple[list[Step], list[Step]] = field(factory=lambda: (list[Step](), list[Step]()))
    _hanging: dict[Name, list[Step]] = field(factory=dict[Name, list[Step]])
    _known: dict[Column | Computation, Step] = field(factory=dict["Column | Computation", Step])

    def heed_changes(self, columns: Iterable[Column], computations: Iterable[Computation]) -> None:
        """Ask of these operands as their tables are now."""
        self.columns = [self._step(column) for column in columns]
        computed = [self._step(computation) for computation in computations]
        self._known = {step.operand: step for step in (*self.columns, *computed)}
        self.stages, self._hanging = ([], []), {}
        for step in computed:
            self.stages[bool(step.operand.reads.rows)].append(step)
            for name in step.operand.names:
                self._hanging.setdefault(name, []).append(step)

    def hanging_on(self, names: Iterable[Name]) -> Iterable[Step]:
        """Return what is computed that hangs on one of the names."""
        return dict.fromkeys([step for name in names for step in self._hanging.get(name, ())])

    def watching(self, sources: Iterable[Source], until: int) -> Watching:
        """Return what tells what may change until an instant (µs)."""
        instant = self._instant
        return Watching(instant.now, until, instant.members, instant.entries).begin(sources)

    def _step(self, operand: Column | Computation) -> Step:
        step = self._known.get(operand) or Step(operand, self._instant)
        step.heed_changes()
        return step
