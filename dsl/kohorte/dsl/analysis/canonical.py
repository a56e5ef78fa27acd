"""The canonical form of a rule, and the hash that is made of it.

Constants are folded, duplicates and absorbed parts taken out, and what may stand in any order is sorted. The form means
the same as the rule for every record and at every instant; equal forms, and so equal hashes, mean the same. The reverse
does not hold: two rules can mean the same and differ.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from attrs import evolve

from kohorte.core.values import UNICODE_VERSION
from kohorte.dsl.analysis.keys import condition_key
from kohorte.dsl.analysis.leaves import Place, opposite, plain_leaf
from kohorte.dsl.normal import push_negations
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Checked,
    CompareOperands,
    Condition,
    HasTags,
    InSample,
    InSegment,
    Leaf,
    Operand,
    SomeRow,
)

_VERSION: Final = "kohorte rule 1"
_ROUNDS: Final = 4


def canonical(checked: Checked, subject: str) -> Checked:
    """Return the rule in canonical form; ``subject`` is the owner whose records it selects.

    Referenced segments stay what they are: they are told apart by their ids.
    """
    return evolve(checked, condition=canonical_condition(checked.condition, Place(subject, checked.zone)))


def fingerprint(checked: Checked, subject: str) -> str:
    """Return the hash of a rule as 64 hexadecimal digits: equal hashes imply equal meaning, never the reverse.

    It covers the kinds of the fields, the ids of segments and lists, the values of parameters, the zone where a bound
    hangs on it, and the Unicode tables where text is folded. It is the same in every process and on every version of
    Python with the same Unicode tables; rules that fold nothing have the same one everywhere.
    """
    key = condition_key(canonical(checked, subject).condition, checked.zone)
    tables = UNICODE_VERSION if " folded" in key or "<text" in key else ""
    return sha256("\n".join((_VERSION, subject, tables, key)).encode()).hexdigest()


def canonical_condition(condition: Condition, place: Place) -> Condition:
    """Return a condition in canonical form."""
    for _ in range(_ROUNDS):  # a part that became plain may join others, which makes others plain
        found = push_negations(_simplified(push_negations(condition), place))
        if found == condition:
            break
        condition = found
    return condition


def _simplified(condition: Condition, place: Place) -> Condition:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            every = isinstance(condition, All)
            return _group([_simplified(part, place) for part in parts], place, every=every)
        case Always():
            return condition
        case _:
            return plain_leaf(with_plain_filters(condition, place), place)  # type: ignore[arg-type]


def with_plain_filters(leaf: Leaf, place: Place) -> Leaf:
    """Return a single condition in which the filters of rows and aggregates have their canonical form."""
    match leaf:
        case SomeRow(collection=collection, where=where):
            return evolve(leaf, where=canonical_condition(where, place.inside(collection.name)))
        case CompareOperands(left=left, right=right):
            return evolve(leaf, left=_plain_operand(left, place), right=_plain_operand(right, place))
        case InSegment() | InSample() | HasTags():
            return leaf
        case _ if isinstance(leaf.operand, AggregateOf):
            return evolve(leaf, operand=_plain_operand(leaf.operand, place))
        case _:
            return leaf


def _plain_operand(operand: Operand, place: Place) -> Operand:
    if not isinstance(operand, AggregateOf):
        return operand
    return evolve(operand, where=canonical_condition(operand.where, place.inside(operand.collection.name)))


# -- groups ------------------------------------------------------------------------------------------------------


def _group(parts: Sequence[Condition], place: Place, *, every: bool) -> Condition:
    """Return a group with each part once, none that another one absorbs, in the order of their keys."""
    kind = All if every else AnyOf
    keyed: dict[str, Condition] = {}
    for part in _flat(parts, kind):
        if isinstance(part, Always):
            if part.value is not every:
                return part
        else:
            keyed.setdefault(condition_key(part, place.zone), part)
    if any(_complement_key(part, place) in keyed for part in keyed.values()):
        return Always(not every)
    kept = [keyed[key] for key in sorted(keyed) if not _is_absorbed(keyed[key], keyed, place, every=every)]
    if len(kept) < 2:
        return kept[0] if kept else Always(every)
    return kind(tuple(kept))


def _complement_key(part: Condition, place: Place) -> str | None:
    if isinstance(part, All | AnyOf):
        return None
    return condition_key(plain_leaf(opposite(part), place), place.zone)  # type: ignore[arg-type]


def _flat(parts: Iterable[Condition], kind: type[All | AnyOf]) -> list[Condition]:
    found: list[Condition] = []
    for part in parts:
        if isinstance(part, kind):
            found += part.parts
        else:
            found.append(part)
    return found


def _is_absorbed(part: Condition, beside: dict[str, Condition], place: Place, *, every: bool) -> bool:
    """Tell whether a part holds one of its siblings among its own: ``a and (a or b)`` is ``a``."""
    if not isinstance(part, AnyOf if every else All):
        return False
    return any(condition_key(inner, place.zone) in beside for inner in part.parts)
