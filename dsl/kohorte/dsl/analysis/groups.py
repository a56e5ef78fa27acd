"""Conditions in plain form: constants folded, duplicates and absorbed parts taken out, and the rest in one order."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Final

from attrs import evolve

from kohorte.dsl.analysis.keys import Keys
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
    return _plain(push_negations(condition), place)


def with_plain_filters(leaf: Leaf, place: Place) -> Leaf:
    """Return a single condition in which the filters of rows and aggregates have their plain form."""
    return _with_filters(leaf, place, plain_condition)


def _plain(condition: Condition, place: Place) -> Condition:
    """Return the plain form of what is in negation normal form, its filters too."""
    for _ in range(_ROUNDS):  # values that are joined once parts are plain may make others plain
        simplified = _simplified(condition, place, Keys(place.zone))
        condition = push_negations(simplified)
        if condition == simplified:
            break
    return condition


def _simplified(condition: Condition, place: Place, keys: Keys) -> Condition:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            every = isinstance(condition, All)
            return _group([_simplified(part, place, keys) for part in parts], keys, every=every)
        case Always():
            return condition
        case _:
            return plain_leaf(_with_filters(condition, place, _plain), place)  # type: ignore[arg-type]


# -- filters -----------------------------------------------------------------------------------------------------

_MakePlain = Callable[[Condition, Place], Condition]


def _with_filters(leaf: Leaf, place: Place, plain: _MakePlain) -> Leaf:
    match leaf:
        case SomeRow(collection=collection, where=where):
            inner = plain(where, place.inside(collection.name))
            return SomeRow(collection, inner, leaf.negated, span=leaf.span)
        case CompareOperands(left=left, right=right):
            return evolve(leaf, left=_plain_operand(left, place, plain), right=_plain_operand(right, place, plain))
        case InSegment() | InSample() | HasTags():
            return leaf
        case _ if isinstance(leaf.operand, AggregateOf):
            return evolve(leaf, operand=_plain_operand(leaf.operand, place, plain))
        case _:
            return leaf


def _plain_operand(operand: Operand, place: Place, plain: _MakePlain) -> Operand:
    if not isinstance(operand, AggregateOf):
        return operand
    where = plain(operand.where, place.inside(operand.collection.name))
    return AggregateOf(operand.collection, operand.function, where, operand.field, operand.currency)


# -- groups ------------------------------------------------------------------------------------------------------


def _group(parts: Sequence[Condition], keys: Keys, *, every: bool) -> Condition:
    """Return a group with each part once, none that another one absorbs, in the order of their keys."""
    kind = All if every else AnyOf
    keyed: dict[str, Condition] = {}
    for part in _flat(parts, kind):
        if isinstance(part, Always):
            if part.value is not every:
                return part
        else:
            keyed.setdefault(keys.of(part), part)
    if any(_complement_key(key) in keyed for key in keyed):
        return Always(not every)
    kept = [keyed[key] for key in sorted(keyed) if not _is_absorbed(keyed[key], keyed, keys, every=every)]
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


def _is_absorbed(part: Condition, beside: Container[str], keys: Keys, *, every: bool) -> bool:
    """Tell whether a part holds one of its siblings among its own: ``a and (a or b)`` is ``a``."""
    if not isinstance(part, AnyOf if every else All):
        return False
    return any(keys.of(inner) in beside for inner in part.parts)
