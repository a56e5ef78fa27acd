"""Text tests, tag sets, and stored lists."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve

from kohorte.core.fields import Field, Kind
from kohorte.core.values import fold
from kohorte.dsl import typed
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import single
from kohorte.dsl.checker.fixes import unknown
from kohorte.dsl.checker.lists import listed_values
from kohorte.dsl.checker.literals import cleaned, needle, wrong_type
from kohorte.dsl.checker.scope import Scope, Value, about
from kohorte.dsl.checker.times import subject
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Match
from kohorte.dsl.syntax.phrases import literal
from kohorte.dsl.typed import All, Always, AnyOf, Condition, Contains, FieldOf, HasTags, InList, Look, Missing, Operand

_LOOKS: Final[Mapping[Match, Look]] = MappingProxyType({match: Look(match.value) for match in Match})


# -- text tests --------------------------------------------------------------------------------------------------


def text_match(node: ast.TextMatch, scope: Scope) -> Condition:
    """Check ``operand [does not] contain "x"`` and its kin."""
    scope.count()
    if node.regex:
        raise Refusal(messages.RESERVED_REGEX, node.span)
    operand = subject(node.operand, scope)
    look_into = _TESTED.get((ast.TextMatch, about(operand).kind))
    if look_into is None:
        raise Refusal(messages.NOT_TEXT, node.span, name=scope.quote(node.operand.span), test=node.match.value)
    value = scope.operand(node.needle, about(operand))
    if isinstance(value, typed.FieldOf | typed.AggregateOf):
        raise Refusal(messages.FIELD_AS_NEEDLE, node.needle.span)
    value = single(value, scope)
    if not isinstance(value, ast.Text):
        raise wrong_type(value, _NEEDLE, scope)
    found = look_into(operand, value, node, scope)
    return typed.Negation(found, span=node.span) if node.negated else found


_NEEDLE: Final = Field("needle", Kind.TEXT)


def _in_text(operand: Operand, text: ast.Text, node: ast.TextMatch, scope: Scope) -> Condition:  # noqa: ARG001 - a table
    field = about(operand)
    folded = field.kind is Kind.TEXT and not text.exact
    sought = fold(needle(text, field)) if folded else needle(text, field)
    if sought:
        return Contains(operand, _LOOKS[node.match], sought, folded, span=node.span)
    if node.match is Match.GLOB:  # only the empty text matches it, and that is never kept
        return Always(False, span=node.span)
    return Missing(operand, negated=True, span=node.span)  # every text contains the empty one


def _in_tags(operand: Operand, text: ast.Text, node: ast.TextMatch, scope: Scope) -> Condition:
    if node.match is not Match.CONTAINS:
        raise Refusal(messages.PART_OF_A_TAG, node.span, name=scope.quote(node.operand.span), test=node.match.value)
    tag = cleaned(text, about(operand))
    if not tag:
        raise Refusal(messages.EMPTY_TEXT, text.span)
    return _has(operand, [tag if text.exact else fold(tag)], node, every=False, folded=not text.exact)


# -- tag sets ----------------------------------------------------------------------------------------------------


def tag_match(node: ast.TagMatch, scope: Scope) -> Condition:
    """Check ``operand contains any of (…)`` and ``all of (…)``."""
    scope.count()
    operand = subject(node.operand, scope)
    if (ast.TagMatch, about(operand).kind) not in _TESTED:
        raise Refusal(messages.NOT_TAGS, node.span, name=scope.quote(node.operand.span))
    tags: dict[bool, set[str]] = {}
    for value in listed_values(node.choices, scope):
        with scope.reporting():
            exact, tag = _tag(value, about(operand), scope)
            tags.setdefault(not exact, set()).add(tag)
    parts = tuple(_has(operand, chosen, node, every=node.every, folded=folded) for folded, chosen in tags.items())
    if not parts:  # all of nothing is there as soon as there are tags; any of nothing never
        return Missing(operand, negated=True, span=node.span) if node.every else Always(False, span=node.span)
    if len(parts) == 1:
        return parts[0]
    return All(parts, span=node.span) if node.every else AnyOf(parts, span=node.span)


def _tag(value: Value, field: Field, scope: Scope) -> tuple[bool, str]:
    if not isinstance(value, ast.Text):
        raise wrong_type(value, _NEEDLE, scope)
    tag = cleaned(value, field)
    if not tag:
        raise Refusal(messages.EMPTY_TEXT, value.span)
    return value.exact, tag if value.exact else fold(tag)


def _has(operand: Operand, tags: Iterable[str], node: ast.Node, *, every: bool, folded: bool) -> Condition:
    if not isinstance(operand, FieldOf):
        raise Refusal(messages.NOT_TAGS, node.span, name="")
    return HasTags(operand, tuple(sorted(tags)), every, folded, span=node.span)


# -- stored lists ------------------------------------------------------------------------------------------------


def in_list(node: ast.InStoredList, scope: Scope) -> Condition:
    """Check ``operand [not] in list "vip"``."""
    scope.count()
    operand = subject(node.operand, scope)
    kind = about(operand).kind
    if kind not in {Kind.TEXT, Kind.CODE}:
        raise Refusal(messages.NOT_LISTED, node.span, name=scope.quote(node.operand.span))
    found = scope.references.stored_list(node.name)
    if found is None:
        at = scope.quoted_at(node.span, node.name)
        near = scope.near(node.name, scope.references.stored_list_names())
        raise unknown(node.name, near, at, messages.UNKNOWN_LIST, literal)
    scope.work.lists[node.name] = found.id
    listed = InList(operand, found.id, found.name, folded=kind is Kind.TEXT, span=node.span)
    return evolve(listed, negated=True) if node.negated else listed


_TESTED: Final[Mapping[tuple[type[ast.Node], Kind], Callable[[Operand, ast.Text, ast.TextMatch, Scope], Condition]]] = (
    MappingProxyType(
        {
            (ast.TextMatch, Kind.TEXT): _in_text,
            (ast.TextMatch, Kind.CODE): _in_text,
            (ast.TextMatch, Kind.ENUMERATION): _in_text,
            (ast.TextMatch, Kind.TAGS): _in_tags,
            (ast.TagMatch, Kind.TAGS): _in_tags,
        }
    )
)
