"""Conditions in plain form: constants folded, duplicates and absorbed parts taken out, and the rest in one order."""

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve

from kohorte.dsl.analysis.keys import condition_key
from kohorte.dsl.analysis.leaves import Place, plain_leaf
from kohorte.dsl.normal import push_negations
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    CompareOperands,
    Condition,
    HasTags,
    InSample,
    InSegment,
    Leaf,
    Operand,
    SomeRow,
)

_ROUNDS: Final = 4


def plain_condition(condition: Condition, place: Place) -> Condition:
    """Return a condition in plain form."""
    for _ in range(_ROUNDS):  # values that are joined once parts are plain may make others plain
        simplified = _simplified(push_negations(condition), place)
        condition = push_negations(simplified)
        if condition == simplified:
            break
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
    """Return a single condition in which the filters of rows and aggregates have their plain form."""
    match leaf:
        case SomeRow(collection=collection, where=where):
            return evolve(leaf, where=plain_condition(where, place.inside(collection.name)))
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
    return evolve(operand, where=plain_condition(operand.where, place.inside(operand.collection.name)))


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
    if any(_complement_key(key) in keyed for key in keyed):
        return Always(not every)
    kept = [keyed[key] for key in sorted(keyed) if not _is_absorbed(keyed[key], keyed, place, every=every)]
    if len(kept) < 2:
        return kept[0] if kept else Always(every)
    return kind(tuple(kept))


def _complement_key(key: str) -> str:
    """Return the key of the complement of a single condition, but where turning it round would change it."""
    return key[5:-1] if key.startswith("(not ") else f"(not {key})"


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
