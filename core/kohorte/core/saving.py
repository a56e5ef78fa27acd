"""What the commands that save one record share: text in, a changed aggregate out."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import fields, frozen

from kohorte.core.bus import Ports
from kohorte.core.columns import REQUIRED, Reading, column_named, columns
from kohorte.core.errors import Conflict, InvalidValue, KohorteError, NotFound, Translate, as_written
from kohorte.core.ports.records import RecordKind

A = TypeVar("A")
Texts = Mapping[str, str | None]
"""Values by field as a form or an API sends them; empty ones and None clear the field."""


class InvalidFields(KohorteError, ValueError):
    """Some of the values do not fit their fields; ``problems`` says of each field what is wrong."""

    code = "invalid_fields"

    def __init__(self, problems: Mapping[str, KohorteError]) -> None:
        self.problems = dict(problems)
        super().__init__("{count} field(s) cannot be taken. {name}: {problem}")

    def text(self, translate: Translate = as_written) -> str:
        """Return how many fields are wrong, and what is wrong with the first one."""
        name, first = next(iter(self.problems.items()))
        return translate(self.template).format(count=len(self.problems), name=name, problem=first.text(translate))

    def advice(self, translate: Translate = as_written) -> str:
        """Return what to do about the first one."""
        return next(iter(self.problems.values())).advice(translate)


@frozen
class Saved:
    """What was saved: its id and key, its version from now on, whether it is new, and which fields have changed."""

    id: UUID
    key: str
    version: int
    created: bool
    fields: tuple[str, ...]


def read_fields(kind: RecordKind, texts: Texts, ports: Ports) -> dict[str, Any]:
    """Return the values of a record's fields, the tenant's own among them.

    Raise ``InvalidFields`` with everything that is wrong, ``InvalidInput`` for a field that the kind does not have.
    """
    known = columns(kind, ports.work.custom_fields.all(), Reading.of(ports.tenant))
    values: dict[str, Any] = {}
    problems: dict[str, KohorteError] = {}
    for name, text in texts.items():
        column = column_named(known, name)
        try:
            values[name] = column.parse(text or "")
        except InvalidValue as problem:
            problems[name] = problem
    if problems:
        raise InvalidFields(problems)
    return values


def refuse_incomplete(kind: RecordKind, values: Mapping[str, object]) -> None:
    """Raise ``InvalidFields`` where a new record lacks what its kind requires."""
    missing = [name for name in REQUIRED[kind] if values.get(name) is None]
    if missing:
        lacking = InvalidValue("It is missing.", hint="A new record needs it.")
        raise InvalidFields(dict.fromkeys(missing, lacking))


def found(by_key: Callable[[str], A], key: str) -> A | None:
    """Return a stored aggregate, or None."""
    try:
        return by_key(key)
    except NotFound:
        return None


def refuse_outdated(version: int | None, stored: int, key: str) -> None:
    """Raise ``Conflict`` where the caller has seen another version; None has seen none, and does not mind."""
    if version is not None and version != stored:
        raise Conflict(
            "{key} was changed by somebody else meanwhile.", hint="Read it again, and repeat the change.", key=key
        )


def change(aggregate: Any, values: Mapping[str, object]) -> tuple[str, ...]:
    """Set an aggregate's fields, its own and the tenant's; return the names of those that were different."""
    own = {each.name for each in fields(aggregate.__class__)} - {"custom"}
    custom = dict(aggregate.custom)
    before = {name: getattr(aggregate, name) if name in own else custom.get(name) for name in values}
    changed = [name for name, value in values.items() if value != before[name]]
    for name in changed:
        if name in own:
            setattr(aggregate, name, values[name])
        elif values[name] is None:
            del custom[name]
        else:
            custom[name] = values[name]
    aggregate.custom = custom
    return tuple(changed)
