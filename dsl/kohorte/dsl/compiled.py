"""A rule that was understood, and all that can be made of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import evolve, field, frozen

from kohorte.core.fields import Catalogue
from kohorte.core.ports.rules import Facts, Problem
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.checker.rule import Outcome
from kohorte.dsl.json_tree.tree import to_json
from kohorte.dsl.moments import evaluation_instant
from kohorte.dsl.normal import push_negations
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.reading import fields_read
from kohorte.dsl.records import Prepared, preparation
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.printer import format_rule
from kohorte.dsl.typed import Checked, Negation

if TYPE_CHECKING:  # SQLAlchemy is needed by those alone who ask for conditions
    from sqlalchemy import ColumnElement

    from kohorte.dsl.analysis.comparison import Comparison
    from kohorte.dsl.changes.foreseen import NextChange
    from kohorte.dsl.changes.functions import Changes
    from kohorte.dsl.explaining.model import Explanation
    from kohorte.dsl.sentences import Language, Words
    from kohorte.dsl.sql import Binding

Record = TypeVar("Record")
Members = Mapping[UUID, Collection[Any]]
Entries = Mapping[UUID, Collection[str]]


@frozen
class CompiledRule:
    """A checked rule over a catalogue; it is bound to an instant at each run.

    What can be made of it is made when it is first asked for. ``key`` names the field by which records are found in
    ``members``, the keys that belong to each segment without a rule; ``entries`` are those of stored lists. A rule
    language for embedders fills these in; elsewhere they are given at each run.
    """

    syntax: ast.Rule = field(repr=False)
    outcome: Outcome = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    key: str | None = None
    members: Members = field(factory=dict[UUID, Collection[Any]], repr=False)
    entries: Entries = field(factory=dict[UUID, Collection[str]], repr=False)

    # -- what it says --

    @cached_property
    def text(self) -> str:
        """Return the canonical text, comments kept."""
        return format_rule(self.syntax)

    @cached_property
    def tree(self) -> Mapping[str, object]:
        """Return the syntax as JSON values (see ``json_tree``).

        Segments and lists stand in it as ``{"id": "0192…", "name": "vip"}``: the id says which one is meant, the name
        what the text says. A tree whose names have changed since is read by its ids.
        """
        return to_json(self.syntax, segment_ids=_texts(self.outcome.segments), list_ids=_texts(self.outcome.lists))

    @property
    def checked(self) -> Checked:
        """Return the typed tree, which every back end reads."""
        return self.outcome.rule

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Return what may be meant otherwise."""
        return self.outcome.warnings

    @cached_property
    def segments(self) -> frozenset[UUID]:
        """Return the segments it refers to directly."""
        return frozenset(self.outcome.segments.values())

    @cached_property
    def lists(self) -> frozenset[UUID]:
        """Return the stored lists it reads."""
        return frozenset(self.outcome.lists.values())

    @cached_property
    def fields(self) -> frozenset[str]:
        """Return the fields it reads itself, as rules write them outside filters: ``items.quantity``."""
        return fields_read(self.checked.condition)

    def say(self, language: "Language", *, words: "Words | None" = None) -> str:
        """Return what the rule selects in plain words: a sentence, or for a large rule a nested list, line by line.

        ``words`` name what a catalogue other than Kohorte's has (see ``sentences``). A zone that the rule states is
        named where days or times hang on it.
        """
        from kohorte.dsl.sentences import sentence, spellings  # noqa: PLC0415 - few rules are ever said

        home = self.checked.zone.key if self.syntax.zone is None else None
        spelled = spellings(self.syntax)
        return sentence(self.checked, language, words=words, catalogue=self.catalogue, spelled=spelled, home=home)

    def label(self, language: "Language", length: int = 60, *, words: "Words | None" = None) -> str:
        """Return a label for lists in at most so many characters: wholesale · ≥ 3 purchases in 90 days."""
        from kohorte.dsl.sentences import label, spellings  # noqa: PLC0415 - as above

        spelled = spellings(self.syntax)
        return label(self.checked, language, length, words=words, catalogue=self.catalogue, spelled=spelled)

    # -- what is known of it without a record --

    @cached_property
    def fingerprint(self) -> str:
        """Return the hash of its canonical form: rules with equal hashes mean the same (see ``analysis``)."""
        from kohorte.dsl.analysis.fingerprints import fingerprint  # noqa: PLC0415 - loaded at first use

        return fingerprint(self.checked, self.catalogue.subject)

    def findings(self, now: datetime) -> tuple[Problem, ...]:
        """Return what is wrong, superfluous or probably not meant from an instant (aware) on, warnings among it."""
        from kohorte.dsl.analysis.linting import findings  # noqa: PLC0415 - loaded at first use

        return findings(self, now)

    def compare(self, other: "CompiledRule", now: datetime) -> "Comparison":
        """Return whether it lies within another rule over the same catalogue, covers it, or overlaps with it.

        Answers are proved from an instant (aware) on, refuted by a record, or unknown.
        """
        from kohorte.dsl.analysis.comparison import compare  # noqa: PLC0415 - loaded at first use

        return compare(self, other, now)

    @cached_property
    def negation(self) -> "CompiledRule":
        """Return the rule that selects exactly the records that this one does not, over the same names."""
        condition = Negation(self.checked.condition, span=self.checked.condition.span)
        return evolve(self, outcome=evolve(self.outcome, rule=evolve(self.checked, condition=condition)))

    # -- in memory --

    @property
    def compiled(self) -> Predicate:
        """Return the predicate over prepared records, for those who prepare their records once (see ``records``)."""
        return self._compiled

    @cached_property
    def _compiled(self) -> Predicate:
        return compile_predicate(self.checked, self.catalogue.subject)

    @cached_property
    def _prepare(self) -> Callable[[object], dict[str, Any]]:
        return preparation(self.compiled.reads, self.catalogue, key=self.key)

    def predicate(
        self, now: datetime, *, members: Members | None = None, entries: Entries | None = None
    ) -> Callable[[object], bool]:
        """Return the rule at an instant (aware) as a function of one record: a mapping, or an object with attributes.

        Only the fields that the rule reads are looked at. Raise ``InvalidInput`` for an instant without an offset or
        outside the years 300 to 9799, or where the rule refers to a segment or list of which nothing is known.
        """
        matches = self.compiled.at(
            evaluation_instant(now),
            members={**self.members, **(members or {})},
            entries={**self.entries, **(entries or {})},
        ).matches
        prepare = self._prepare
        return lambda record: matches(prepare(record))

    def select(
        self,
        records: Iterable[Record],
        now: datetime,
        *,
        members: Members | None = None,
        entries: Entries | None = None,
    ) -> Iterator[Record]:
        """Yield the records for which the rule holds at an instant, one after the other; see ``predicate``."""
        matches = self.predicate(now, members=members, entries=entries)
        return (record for record in records if matches(record))

    # -- by time alone --

    @cached_property
    def is_timeless(self) -> bool:
        """Tell whether it answers the same at every instant, for the same data."""
        return is_timeless(push_negations(self.checked.condition))

    @cached_property
    def changes(self) -> "Changes":
        """Return what foresees changes for prepared records, for those who prepare their records once."""
        from kohorte.dsl.changes.functions import compile_changes  # noqa: PLC0415 - loaded at first use

        return compile_changes(self.checked, self.catalogue.subject)

    def next_change(
        self, record: object, now: datetime, *, members: Members | None = None, entries: Entries | None = None
    ) -> "NextChange":
        """Return whether the rule holds for a record at an instant (aware), and when this next changes by time alone.

        The record's data, the members of segments and the entries of lists stay as they are. Changes are looked for as
        far as ten years ahead. Raise ``InvalidInput`` as ``predicate`` does.
        """
        from kohorte.dsl.changes.foreseen import next_change  # noqa: PLC0415 - the same

        bind = partial(
            self.changes.at, members={**self.members, **(members or {})}, entries={**self.entries, **(entries or {})}
        )
        return next_change(bind, self._prepare(record), evaluation_instant(now))

    # -- why --

    def explain(
        self, record: object, now: datetime, *, members: Members | None = None, entries: Entries | None = None
    ) -> "Explanation":
        """Return why a record is in or not at an instant (aware), what would change that, and until when it holds.

        The record is what ``predicate`` takes; ``explaining.telling.sentences`` says an explanation in words. Raise
        ``InvalidInput`` as ``predicate`` does.
        """
        return self._explained(
            self._prepare(record),
            now,
            members={**self.members, **(members or {})},
            entries={**self.entries, **(entries or {})},
        )

    def explain_facts(self, facts: Facts, now: datetime) -> "Explanation":
        """Return the explanation of the contact of facts that a storage found for this rule, at an instant (aware)."""
        return self._explained(dict(facts.record), now, members=facts.members, entries=facts.entries)

    def _explained(self, record: Prepared, now: datetime, *, members: Members, entries: Entries) -> "Explanation":
        from kohorte.dsl.explaining.explain import explain  # noqa: PLC0415 - loaded at first use
        from kohorte.dsl.sentences.telling import spellings  # noqa: PLC0415 - the same

        return explain(
            self.checked,
            self.catalogue.subject,
            record,
            evaluation_instant(now),
            members=members,
            entries=entries,
            changes=self.changes,
            spelled=spellings(self.syntax),
        )

    def holds_for(self, facts: Facts, at: datetime) -> bool:
        """Tell whether the rule selects the contact of facts that a storage found for it, at an instant (aware)."""
        bound = self.compiled.at(evaluation_instant(at), members=facts.members, entries=facts.entries)
        return bound.matches(dict(facts.record))

    # -- in a database --

    def condition(self, binding: "Binding", *, of_few: bool = False) -> "ColumnElement[bool]":
        """Return the rule as a SQLAlchemy condition over the tables of ``binding``; its text hangs on no time.

        ``of_few`` says that the statement asks it of few records: it means the same, and looks at each by itself. Raise
        ``InvalidInput`` where the rule reads what the binding does not have.
        """
        from kohorte.dsl.sql import condition  # noqa: PLC0415 - needs SQLAlchemy

        return condition(self.checked, self._known(binding), self.catalogue.subject, of_few=of_few)

    def _known(self, binding: "Binding") -> "Binding":
        """Return the binding with the members and entries that the rule brings along."""
        segments, lists = binding.segments, binding.lists
        if not callable(segments):
            segments = {**self.members, **segments}
        if not callable(lists):
            lists = {**self.entries, **lists}
        return evolve(binding, segments=segments, lists=lists)

    def parameters(self, now: datetime) -> dict[str, object]:
        """Return the values of the condition's parameters at an instant (aware)."""
        from kohorte.dsl.sql import parameters  # noqa: PLC0415 - needs SQLAlchemy

        return parameters(self.checked, evaluation_instant(now))

    def recheck_at(self, binding: "Binding") -> "ColumnElement[int]":
        """Return, for all records of ``binding``, the instant (µs) before which no time changes the answer.

        NULL stands where none ever does. It is a bound, at which the rule is asked anew (see ``sql.changes``). Raise
        ``InvalidInput`` as ``condition`` does.
        """
        from kohorte.dsl.sql.changes import recheck_at  # noqa: PLC0415 - needs SQLAlchemy

        return recheck_at(self.checked, self._known(binding), self.catalogue.subject)

    def recheck_parameters(self, now: datetime) -> dict[str, object]:
        """Return the values of the parameters of ``recheck_at`` at an instant (aware), the condition's among them."""
        from kohorte.dsl.sql.changes import recheck_parameters  # noqa: PLC0415 - needs SQLAlchemy

        return recheck_parameters(self.checked, evaluation_instant(now))

    def is_due(self, binding: "Binding") -> "ColumnElement[bool]":
        """Return the condition that a record of ``binding`` has its bound not later than an instant, for WHERE.

        It finds in one pass over all records and rows what is due soon, where ``recheck_at`` is computed for one after
        the other. Raise ``InvalidInput`` as ``condition`` does.
        """
        from kohorte.dsl.sql.changes import is_due  # noqa: PLC0415 - needs SQLAlchemy

        return is_due(self.checked, self._known(binding), self.catalogue.subject)

    def due_parameters(self, now: datetime, until: datetime) -> dict[str, object]:
        """Return the parameters of ``is_due`` at an instant, for what is due until a later one (both aware)."""
        from kohorte.dsl.sql.changes import due_parameters  # noqa: PLC0415 - needs SQLAlchemy

        return due_parameters(self.checked, evaluation_instant(now), evaluation_instant(until))


def _texts(ids: Mapping[str, UUID]) -> dict[str, str]:
    return {name: str(each) for name, each in ids.items()}
