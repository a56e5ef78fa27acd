"""What a rule answers about the examples of its file."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from attrs import frozen

from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.values import resolve_local
from kohorte.dsl.compiled import CompiledRule, Entries, Members
from kohorte.dsl.rule_files.records import record_of
from kohorte.dsl.rule_files.text import Example

AskContact = Callable[[str, datetime], bool]
"""Tells whether the rule selects the contact with a key at an instant; raises ``NotFound``."""


@frozen
class Tried:
    """An example and what the rule answered about it; ``error`` is set where it could not answer."""

    example: Example
    answer: bool | None
    error: KohorteError | None = None

    @property
    def passed(self) -> bool:
        """Tell whether the rule answered as expected."""
        return self.answer is self.example.expected


def try_examples(
    rule: CompiledRule,
    examples: Iterable[Example],
    *,
    ask: AskContact | None = None,
    members: Members | None = None,
    entries: Entries | None = None,
) -> Iterator[Tried]:
    """Yield what the rule answers about each example; a wrong example never stops the others.

    ``ask`` answers for contacts of a database; ``members`` and ``entries`` are those of ``CompiledRule.predicate``.
    """
    for example in examples:
        try:
            at = _instant(example, rule)
            if example.contact is None:
                matches = rule.predicate(at, members=members, entries=entries)
                answer = matches(record_of(example.record or {}, rule.catalogue, rule.compiled.reads.names))
            elif ask is None:
                raise InvalidInput("This example needs a database.", hint="Name one with --database.")
            else:
                answer = ask(example.contact, at)
        except KohorteError as wrong:
            yield Tried(example, None, wrong)
        else:
            yield Tried(example, answer)


def _instant(example: Example, rule: CompiledRule) -> datetime:
    """Return the instant of an example, told in the rule's zone where it has no offset."""
    if example.at.tzinfo is not None:
        return example.at
    try:
        return resolve_local(example.at, rule.checked.zone)
    except OverflowError:
        raise InvalidInput("{at} is beyond the times that there are.", at=example.at) from None
