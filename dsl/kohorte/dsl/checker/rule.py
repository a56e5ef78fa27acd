"""The checker: what a syntax tree means over a catalogue, or everything that is wrong with it.

Each kind of condition has one function; which one, and for operands too, says one table. What a condition means for
the kind of its field is decided in the module of the subject: ``compare``, ``times``, ``text``, ``rows`` and their
like. A condition that is wrong is reported, and the others are looked at all the same.
"""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from attrs import frozen

from kohorte.core.errors import InvalidValue
from kohorte.core.fields import Catalogue, Field
from kohorte.core.ports.rules import Problem, References, RuleRefused, Severity
from kohorte.core.values import parse_zone
from kohorte.dsl.checker import compare, constants, events, messages, presence, rows, times
from kohorte.dsl.checker import lists as checker_lists
from kohorte.dsl.checker import names as checker_names
from kohorte.dsl.checker import text as checker_text
from kohorte.dsl.checker.fixes import unknown
from kohorte.dsl.checker.references import Segments
from kohorte.dsl.checker.samples import in_sample
from kohorte.dsl.checker.scope import Conditions, Enough, Operands, Scope, Work
from kohorte.dsl.errors import Refusal, replacing
from kohorte.dsl.normal import nesting, push_negations
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import CONDITIONS, NESTING
from kohorte.dsl.syntax.messages import SECOND_PARAMETER
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.phrases import literal
from kohorte.dsl.typed import All, AnyOf, Checked, Condition, InSegment, Negation


@frozen
class Outcome:
    """A rule that was understood: its typed tree, what may be meant otherwise, and what it refers to by name.

    ``conditions`` and ``nesting`` are its size with the rules of referenced segments in place of their names.
    ``source`` is the text that all spans point into.
    """

    rule: Checked
    warnings: tuple[Problem, ...]
    segments: Mapping[str, UUID]
    lists: Mapping[str, UUID]
    conditions: int
    nesting: int
    source: str


def check(rule: ast.Rule, source: str, catalogue: Catalogue, references: References) -> Outcome:
    """Return what a rule means; ``source`` is the text that its spans point into.

    Raise ``RuleRefused`` with every problem, or ``ReferenceCycle`` where segments refer to each other in a circle.
    """

    def check_segment(inner: ast.Rule, text: str) -> tuple[Checked, int, int]:
        found = _check(inner, text, catalogue, references, segments)
        return found.rule, found.conditions, found.nesting

    segments = Segments(references.segment, parse, check_segment)
    return _check(rule, source, catalogue, references, segments)


def _check(rule: ast.Rule, source: str, catalogue: Catalogue, references: References, segments: Segments) -> Outcome:
    work = Work(source, catalogue, references, segments, CONDITION_TABLE, OPERAND_TABLE)
    found = None
    with suppress(Enough):
        found = _whole(rule, Scope(work))
    problems = _in_order(work.problems)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors or found is None:
        raise RuleRefused(source, errors)
    checked, depth = found
    return Outcome(checked, tuple(problems), work.segment_ids, work.lists, work.conditions, depth, source)


def _whole(rule: ast.Rule, scope: Scope) -> tuple[Checked, int]:
    """Return the typed tree, and how deep it is nested."""
    zone = _zone(rule, scope)
    _read_parameters(rule, scope)
    condition = scope.condition(rule.condition)
    _note_unused(rule, scope)
    return Checked(condition, zone), _check_size(condition, rule, scope)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Return each finding once, in the order of the text."""
    once = {(problem.start, problem.end, problem.code): problem for problem in reversed(problems)}
    return [once[place] for place in sorted(once)]


# -- the rule as a whole -----------------------------------------------------------------------------------------


def _zone(rule: ast.Rule, scope: Scope) -> ZoneInfo:
    try:
        return parse_zone(scope.references.zone if rule.zone is None else rule.zone)
    except InvalidValue:
        if rule.zone is None:
            raise
    span = scope.quoted_at(rule.zone_span, rule.zone)
    near = scope.near(rule.zone, sorted(available_timezones()))
    scope.report(unknown(rule.zone, near, span, messages.UNKNOWN_ZONE, literal))
    return ZoneInfo("UTC")


def _read_parameters(rule: ast.Rule, scope: Scope) -> None:
    parameters = scope.work.parameters
    for let in rule.lets:
        if let.name in parameters:
            scope.report(Refusal(SECOND_PARAMETER, let.span, name=let.name))
        parameters[let.name] = None
        with scope.reporting():
            parameters[let.name] = constants.constant(let.value, scope)


def _note_unused(rule: ast.Rule, scope: Scope) -> None:
    for let in rule.lets:
        if let.name not in scope.work.used:
            fix = replacing("Take it out", let.span, "")
            scope.note(messages.UNUSED_PARAMETER, let.span, fixes=(fix,), name=let.name)


def _check_size(condition: Condition, rule: ast.Rule, scope: Scope) -> int:
    """Report a rule that is too large with its segments put in place of their names; return how deep it is nested."""
    if scope.work.conditions > CONDITIONS:
        count = scope.work.conditions
        scope.report(Refusal(messages.TOO_MANY_CONDITIONS, rule.condition.span, count=count, limit=CONDITIONS))
    depth = nesting(push_negations(condition), scope.work.depth_of)
    if depth > NESTING:
        scope.report(Refusal(messages.NESTED_TOO_DEEP, rule.condition.span, depth=depth, limit=NESTING))
    return depth


# -- connectives, segments, and what later versions bring --------------------------------------------------------


def _and(node: ast.And, scope: Scope) -> Condition:
    return All(tuple(scope.condition(part) for part in node.parts), span=node.span)


def _or(node: ast.Or, scope: Scope) -> Condition:
    return AnyOf(tuple(scope.condition(part) for part in node.parts), span=node.span)


def _not(node: ast.Not, scope: Scope) -> Condition:
    return Negation(scope.condition(node.part), span=node.span)


def _in_segment(node: ast.InSegment, scope: Scope) -> Condition:
    if scope.row is not None:
        raise Refusal(messages.SEGMENT_INSIDE, node.span, row=scope.row.name)
    found = scope.work.segments.resolve(node.name)
    scope.count(found.conditions)
    span = scope.quoted_at(node.span, node.name)
    if found.problem is not None:
        raise Refusal(messages.BROKEN_SEGMENT, span, name=node.name, reason=found.problem.text())
    if found.use is None:
        near = scope.near(node.name, scope.references.segment_names())
        raise unknown(node.name, near, span, messages.UNKNOWN_SEGMENT, literal)
    scope.work.use_segment(node.name, found)
    return InSegment(found.use, negated=node.negated, span=node.span)


def _has_consent(node: ast.HasConsent, scope: Scope) -> NoReturn:  # noqa: ARG001 - an entry of a table
    raise Refusal(messages.RESERVED_CONSENT, node.span)


def _converted(node: ast.Converted, scope: Scope, beside: Field | None) -> NoReturn:  # noqa: ARG001 - the same
    raise Refusal(messages.RESERVED_CONVERSION, node.span, currency=node.currency)


CONDITION_TABLE: Final[Conditions] = MappingProxyType(
    {
        ast.And: _and,
        ast.Or: _or,
        ast.Not: _not,
        ast.Comparison: compare.comparison,
        ast.Between: compare.between,
        ast.OneOf: checker_lists.one_of,
        ast.Presence: presence.presence,
        ast.Bare: presence.bare,
        ast.DayTest: compare.day_test,
        ast.InPeriod: times.lies_in_period,
        ast.Ago: times.ago,
        ast.Anniversary: times.anniversary,
        ast.TextMatch: checker_text.text_match,
        ast.TagMatch: checker_text.tag_match,
        ast.InStoredList: checker_text.in_list,
        ast.Exists: rows.exists,
        ast.Did: events.did,
        ast.InSegment: _in_segment,
        ast.InSample: in_sample,
        ast.HasConsent: _has_consent,
    }
)
OPERAND_TABLE: Final[Operands] = MappingProxyType(
    {
        ast.Path: checker_names.path,
        ast.Aggregate: rows.aggregate,
        ast.Latest: rows.latest,
        ast.Converted: _converted,
        **dict.fromkeys(constants.CONSTANTS, constants.operand),
    }
)
