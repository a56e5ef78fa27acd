"""What analysis asks of a rule, whatever else can be made of the rule."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol
from uuid import UUID

from kohorte.core.fields import Catalogue
from kohorte.core.ports.rules import Problem
from kohorte.dsl.checker.rule import Outcome
from kohorte.dsl.predicates.functions import Predicate
from kohorte.dsl.syntax import ast
from kohorte.dsl.typed import Checked


class Analysed(Protocol):
    """A rule that was understood, over a catalogue; ``compiled.CompiledRule`` is one."""

    @property
    def syntax(self) -> ast.Rule:
        """Return the rule as its author sees it."""
        ...

    @property
    def outcome(self) -> Outcome:
        """Return what the checker made of it, with its source."""
        ...

    @property
    def checked(self) -> Checked:
        """Return the typed tree."""
        ...

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Return what the checker warned of."""
        ...

    @property
    def compiled(self) -> Predicate:
        """Return the predicate, which decides whether a record is a witness."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """Return what it is about."""
        ...

    @property
    def key(self) -> str | None:
        """Return the field by which records are found among members."""
        ...

    @property
    def members(self) -> Mapping[UUID, Collection[Any]]:
        """Return the keys that are known to belong to segments without a rule."""
        ...

    @property
    def entries(self) -> Mapping[UUID, Collection[str]]:
        """Return what is known to stand in stored lists."""
        ...
