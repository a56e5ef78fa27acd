"""Syntax tree to JSON values."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from attrs import frozen

from kohorte.dsl.json_tree import operators
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.comments import Placed

Json = dict[str, Any]
Named = TypeVar("Named")


@frozen
class Writer:
    """Write nodes; comments go with the unit they belong to, segments and lists are named by their ids too."""

    placed: Placed
    segment_ids: Mapping[str, str]
    list_ids: Mapping[str, str]

    def condition(self, node: ast.Node) -> Json:
        """Return a condition or a group of conditions."""
        written: Json = self._with_comments(node, _CONDITIONS[node.__class__](self, node))
        return written

    def let(self, node: ast.Let) -> Json:
        """Return a parameter of the header."""
        written: Json = self._with_comments(node, {"name": node.name, "value": self.value(node.value)})
        return written

    def zone(self, node: ast.Text) -> Any:
        """Return the time zone: its name, or an object where it has comments."""
        return self._with_comments(node, {"name": node.value}) if self.placed.concern(node) else node.value

    def value(self, node: ast.Node) -> Any:
        """Return a value; a text, a whole number, true, false and a list are written as they are."""
        if self.placed.concern(node) and isinstance(node, ast.Text | ast.Number | ast.Truth):
            return self._with_comments(node, _TYPED[node.__class__](node))
        return self._with_comments(node, _VALUES[node.__class__](self, node))

    def field(self, node: ast.Node) -> Any:
        """Return what a condition is about; a plain text is the path of a field."""
        if isinstance(node, ast.Path):
            return field_path(node)
        return _TYPED[ast.Text](node) if isinstance(node, ast.Text) else self.value(node)

    def rows(self, node: ast.Aggregate | ast.Exists | ast.Latest) -> Json:
        """Return the collection with its filters and windows; what is empty is left out."""
        written: Json = {"collection": names_path(node.collection)}
        if node.filters:
            written["filters"] = [self.condition(each) for each in node.filters]
        if node.windows:
            written["windows"] = [self.value(each) for each in node.windows]
        return written

    def reference(self, name: str, ids: Mapping[str, str]) -> Any:
        """Return a segment or list by name, and by id where that is known."""
        return {"id": ids[name], "name": name} if name in ids else name

    def _with_comments(self, node: ast.Node, written: Any) -> Any:
        comments = {
            place: texts[id(node)]
            for place, texts in (
                ("before", self.placed.before),
                ("at_end", self.placed.at_end),
                ("after", self.placed.after),
            )
            if id(node) in texts
        }
        return {**written, "comments": comments} if comments else written


def field_path(node: ast.Path) -> str:
    """Return a path with dots."""
    return names_path(node.names)


def names_path(names: tuple[str, ...]) -> str:
    """Return names with dots between; one that has a dot of its own stands in backquotes."""
    return ".".join(f"`{name}`" if "." in name else name for name in names)


def _operator_of(table: Mapping[str, Named], wanted: Named) -> str:
    return next(name for name, meant in table.items() if meant == wanted)


# -- values ------------------------------------------------------------------------------------------------------


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _typed_text(node: ast.Text) -> Json:
    return {"text": node.value, "exact": True} if node.exact else {"text": node.value}


def _number(_: Writer, node: ast.Number) -> Any:
    exponent = node.value.as_tuple().exponent
    return int(node.value) if exponent == 0 else {"number": _decimal(node.value)}


def _negative(writer: Writer, node: ast.Negative) -> Any:
    inner = node.operand
    if isinstance(inner, ast.Number | ast.Percent | ast.Amount) and inner.value > 0 and not writer.placed.concern(node):
        written = writer.value(inner)
        if isinstance(written, int):
            return -written
        return {key: f"-{text}" if key in {"number", "percent", "amount"} else text for key, text in written.items()}
    return {"negative": writer.value(inner)}


def _aggregate(writer: Writer, node: ast.Aggregate) -> Json:
    written = writer.rows(node) | {"function": node.function}
    if node.arguments:
        written["arguments"] = [writer.field(each) for each in node.arguments]
    return written | ({"distinct": True} if node.distinct else {})


def _period(node: ast.Period) -> Json:
    if isinstance(node, ast.Calendar):
        return {"calendar": node.which.value, "unit": node.unit.value}
    return {"next" if node.forward else "last": node.amount, "unit": node.unit.value}


_TYPED: Final[dict[type[ast.Node], Callable[[Any], Json]]] = {
    ast.Text: _typed_text,
    ast.Number: lambda node: {"number": _decimal(node.value)},
    ast.Truth: lambda node: {"truth": node.value},
}
_VALUES: Final[dict[type[ast.Node], Callable[[Writer, Any], Any]]] = {
    ast.Text: lambda _, node: _typed_text(node) if node.exact else node.value,
    ast.Number: _number,
    ast.Percent: lambda _, node: {"percent": _decimal(node.value)},
    ast.Amount: lambda _, node: {"amount": _decimal(node.value), "currency": node.currency},
    ast.Day: lambda _, node: {"date": node.value.isoformat()},
    ast.Moment: lambda _, node: {"instant": node.value.isoformat()},
    ast.Duration: lambda _, node: {"duration": node.amount, "unit": node.unit.value},
    ast.Truth: lambda _, node: node.value,
    ast.NamedDay: lambda _, node: {"day": node.word.value},
    ast.Parameter: lambda _, node: {"parameter": node.name},
    ast.ListOf: lambda writer, node: [writer.value(each) for each in node.items],
    ast.Path: lambda _, node: {"field": field_path(node)},
    ast.Calculation: lambda writer, node: {
        "calculation": node.sign.value,
        "left": writer.value(node.left),
        "right": writer.value(node.right),
    },
    ast.Negative: _negative,
    ast.Rolling: lambda _, node: _period(node),
    ast.Calendar: lambda _, node: _period(node),
    ast.Aggregate: _aggregate,
    ast.Latest: lambda writer, node: writer.rows(node) | {"latest": node.name},
    ast.Converted: lambda writer, node: {"converted": writer.value(node.operand), "currency": node.currency},
}


# -- conditions --------------------------------------------------------------------------------------------------


def _group(writer: Writer, node: ast.And | ast.Or | ast.Not) -> Json:
    word = {ast.And: "and", ast.Or: "or", ast.Not: "not"}[node.__class__]
    rules = (node.part,) if isinstance(node, ast.Not) else node.parts
    return {"logical_operator": word, "rules": [writer.condition(each) for each in rules]}


def _test(writer: Writer, operand: ast.Node, operator: str, *value: Any) -> Json:
    return {"field": writer.field(operand), "operator": operator} | ({"value": value[0]} if value else {})


def _comparison(writer: Writer, node: ast.Comparison) -> Json:
    return _test(writer, node.left, _operator_of(operators.COMPARISONS, node.sign), writer.value(node.right))


def _between(writer: Writer, node: ast.Between) -> Json:
    value = [writer.value(node.low), writer.value(node.high)]
    return _test(writer, node.operand, _operator_of(operators.BETWEEN, node.negated), value)


def _one_of(writer: Writer, node: ast.OneOf) -> Json:
    return _test(writer, node.operand, _operator_of(operators.MEMBERSHIP, node.negated), writer.value(node.choices))


def _in_stored_list(writer: Writer, node: ast.InStoredList) -> Json:
    value = writer.reference(node.name, writer.list_ids)
    return _test(writer, node.operand, _operator_of(operators.STORED_LISTS, node.negated), value)


def _text_match(writer: Writer, node: ast.TextMatch) -> Json:
    search = operators.Search(node.match, node.negated, node.regex)
    return _test(writer, node.operand, _operator_of(operators.SEARCHES, search), writer.value(node.needle))


def _tag_match(writer: Writer, node: ast.TagMatch) -> Json:
    return _test(writer, node.operand, _operator_of(operators.TAGS, node.every), writer.value(node.choices))


def _day_test(writer: Writer, node: ast.DayTest) -> Json:
    return _test(writer, node.operand, _operator_of(operators.RELATIONS, node.relation), writer.value(node.day))


def _in_period(writer: Writer, node: ast.InPeriod) -> Json:
    if isinstance(node.period, ast.Rolling):
        operator = _operator_of(operators.ROLLING, (node.period.forward, node.negated))
        return _test(writer, node.operand, operator, _amount(node.period))
    return _test(writer, node.operand, _operator_of(operators.CALENDAR, node.negated), writer.value(node.period))


def _amount(node: ast.Rolling | ast.Ago) -> Json:
    return {"amount": node.amount, "unit": node.unit.value}


def _in_segment(writer: Writer, node: ast.InSegment) -> Json:
    value = writer.reference(node.name, writer.segment_ids)
    return {"operator": _operator_of(operators.SEGMENTS, node.negated), "value": value}


def _did(writer: Writer, node: ast.Did) -> Json:
    written: Json = {"operator": _operator_of(operators.EVENTS, node.negated), "verb": node.verb}
    if node.object is not None:
        written |= {"object": node.object, "object_name": node.object_name}
    if node.times is not None:
        operator = _operator_of(operators.TIMES, node.times.times)
        written["times"] = {"operator": operator, "count": node.times.count}
    if node.when is not None:
        written["when"] = _when(writer, node.when)
    if node.where is not None:
        written["where"] = writer.condition(node.where)
    return written


def _when(writer: Writer, node: ast.When) -> Any:
    if isinstance(node, ast.OnDay):
        return {"operator": _operator_of(operators.RELATIONS, node.relation), "value": writer.value(node.day)}
    if isinstance(node, ast.DayRange):
        return {"operator": "between", "value": [writer.value(node.low), writer.value(node.high)]}
    return writer.value(node)


_CONDITIONS: Final[dict[type[ast.Node], Callable[[Writer, Any], Json]]] = {
    ast.And: _group,
    ast.Or: _group,
    ast.Not: _group,
    ast.Comparison: _comparison,
    ast.Between: _between,
    ast.OneOf: _one_of,
    ast.InStoredList: _in_stored_list,
    ast.TextMatch: _text_match,
    ast.TagMatch: _tag_match,
    ast.Presence: lambda writer, node: _test(writer, node.operand, _operator_of(operators.PRESENCE, node.present)),
    ast.DayTest: _day_test,
    ast.InPeriod: _in_period,
    ast.Ago: lambda writer, node: _test(writer, node.operand, _operator_of(operators.AGO, node.more), _amount(node)),
    ast.Anniversary: lambda writer, node: _test(writer, node.operand, "has_anniversary", writer.value(node.when)),
    ast.InSegment: _in_segment,
    ast.InSample: lambda _, node: {
        "operator": _operator_of(operators.SAMPLES, node.negated),
        "value": {"percent": _decimal(node.percent), "seed": node.seed},
    },
    ast.HasConsent: lambda _, node: {
        "operator": "has_consent",
        "value": {"channel": node.channel, "purpose": node.purpose},
    },
    ast.Exists: lambda writer, node: {"operator": _operator_of(operators.ROWS, node.negated)} | writer.rows(node),
    ast.Did: _did,
    ast.Bare: lambda writer, node: _test(writer, node.operand, "is_true"),
}
