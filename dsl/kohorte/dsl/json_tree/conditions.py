"""How each kind of condition is read from JSON."""

from collections.abc import Collection, Mapping
from typing import Final

from kohorte.dsl.errors import shortened
from kohorte.dsl.json_tree import operators
from kohorte.dsl.json_tree.plain import Json, known, name, refuse, signed, text, unit_of, whole
from kohorte.dsl.json_tree.reader import Reader, ReadNode
from kohorte.dsl.json_tree.values import ROWS, day, rows
from kohorte.dsl.syntax import ast


def _tested(reader: Reader, node: Json, path: str, *, has_value: bool = True) -> ast.Operand:
    """Return what a condition is about."""
    reader.only(node, path, ("field", "operator", "value") if has_value else ("field", "operator"))
    return reader.field(node["field"], f"{path}.field")


def _comparison(reader: Reader, node: Json, path: str) -> ast.Comparison:
    operand = _tested(reader, node, path)
    return ast.Comparison(
        operand, operators.COMPARISONS[node["operator"]], reader.value(node["value"], f"{path}.value")
    )


def _between(reader: Reader, node: Json, path: str) -> ast.Between:
    operand = _tested(reader, node, path)
    return ast.Between(operand, *_pair(reader, node["value"], f"{path}.value"), operators.BETWEEN[node["operator"]])


def _pair(reader: Reader, value: object, path: str) -> tuple[ast.Operand, ast.Operand]:
    ends = reader.values(value, path)
    if len(ends) != 2:
        refuse(path, "{path}: between takes two values.")
    return ends[0], ends[1]


def _choices(reader: Reader, node: Json, path: str) -> ast.ListOf | ast.Parameter:
    choices = reader.choices(node["value"], f"{path}.value")
    if not isinstance(choices, ast.ListOf | ast.Parameter):
        refuse(f"{path}.value", "{path}: a list or a parameter is expected here.")
    return choices


def _membership(reader: Reader, node: Json, path: str) -> ast.OneOf:
    operand = _tested(reader, node, path)
    return ast.OneOf(operand, _choices(reader, node, path), operators.MEMBERSHIP[node["operator"]])


def _tags(reader: Reader, node: Json, path: str) -> ast.TagMatch:
    operand = _tested(reader, node, path)
    return ast.TagMatch(operand, operators.TAGS[node["operator"]], _choices(reader, node, path))


def _reference(reader: Reader, value: object, path: str, known: Mapping[str, str]) -> str:
    """Return the name of a segment or list, which may have changed since the tree was written."""
    if isinstance(value, str):
        return text(value, path)
    node = reader.mapping(value, path)
    identity = text(node.get("id"), f"{path}.id")
    if identity in known:
        return known[identity]
    if "name" not in node:
        refuse(f"{path}.id", "{path}: {id} is not known.", id=shortened(identity))
    return text(node["name"], f"{path}.name")


def _stored_list(reader: Reader, node: Json, path: str) -> ast.InStoredList:
    operand = _tested(reader, node, path)
    listed = _reference(reader, node["value"], f"{path}.value", reader.list_names)
    return ast.InStoredList(operand, listed, operators.STORED_LISTS[node["operator"]])


def _search(reader: Reader, node: Json, path: str) -> ast.TextMatch:
    operand, search = _tested(reader, node, path), operators.SEARCHES[node["operator"]]
    needle = reader.value(node["value"], f"{path}.value")
    return ast.TextMatch(operand, search.match, needle, search.negated, search.regex)


def _presence(reader: Reader, node: Json, path: str) -> ast.Presence:
    operand = _tested(reader, node, path, has_value=False)
    return ast.Presence(operand, operators.PRESENCE[node["operator"]])


def _day_test(reader: Reader, node: Json, path: str) -> ast.DayTest:
    operand = _tested(reader, node, path)
    return ast.DayTest(operand, operators.RELATIONS[node["operator"]], reader.value(node["value"], f"{path}.value"))


def _counted(reader: Reader, node: Json, path: str) -> tuple[int, ast.Unit]:
    value = reader.mapping(node["value"], f"{path}.value", ("amount", "unit"))
    return whole(value["amount"], f"{path}.value.amount"), unit_of(value, f"{path}.value")


def _rolling(reader: Reader, node: Json, path: str) -> ast.InPeriod:
    operand = _tested(reader, node, path)
    forward, negated = operators.ROLLING[node["operator"]]
    return ast.InPeriod(operand, ast.Rolling(forward, *_counted(reader, node, path)), negated)


def _in_period(reader: Reader, node: Json, path: str) -> ast.InPeriod:
    operand, period = _tested(reader, node, path), reader.period(node["value"], f"{path}.value")
    return ast.InPeriod(operand, period, operators.CALENDAR[node["operator"]])


def _ago(reader: Reader, node: Json, path: str) -> ast.Ago:
    operand = _tested(reader, node, path)
    return ast.Ago(operand, operators.AGO[node["operator"]], *_counted(reader, node, path))


def _anniversary(reader: Reader, node: Json, path: str) -> ast.Anniversary:
    operand = _tested(reader, node, path)
    value, at = reader.mapping(node["value"], f"{path}.value"), f"{path}.value"
    if "day" not in value:
        return ast.Anniversary(operand, reader.period(value, at))
    when = day(reader, value, at)
    if when.word is ast.DayWord.NOW:
        refuse(at, "{path}: a day is expected here.", "Write today, yesterday or tomorrow.")
    return ast.Anniversary(operand, when)


def _segment(reader: Reader, node: Json, path: str) -> ast.InSegment:
    reader.only(node, path, ("operator", "value"))
    segment = _reference(reader, node["value"], f"{path}.value", reader.segment_names)
    return ast.InSegment(segment, operators.SEGMENTS[node["operator"]])


def _sample(reader: Reader, node: Json, path: str) -> ast.InSample:
    reader.only(node, path, ("operator", "value"))
    value = reader.mapping(node["value"], f"{path}.value", ("percent", "seed"))
    percent = signed(value["percent"], f"{path}.value.percent", ast.Percent)
    if not isinstance(percent, ast.Percent):
        refuse(f"{path}.value.percent", "{path}: a percentage from 0 on is expected here.")
    seed = text(value["seed"], f"{path}.value.seed")
    return ast.InSample(percent.value, seed, operators.SAMPLES[node["operator"]])


def _consent(reader: Reader, node: Json, path: str) -> ast.HasConsent:
    reader.only(node, path, ("operator", "value"))
    value = reader.mapping(node["value"], f"{path}.value", ("channel", "purpose"))
    channel = name(value["channel"], f"{path}.value.channel")
    return ast.HasConsent(channel, text(value["purpose"], f"{path}.value.purpose"))


def _exists(reader: Reader, node: Json, path: str) -> ast.Exists:
    reader.only(node, path, ("operator", "collection"), ROWS)
    return ast.Exists(*rows(reader, node, path), operators.ROWS[node["operator"]])


def _did(reader: Reader, node: Json, path: str) -> ast.Did:
    reader.only(node, path, ("operator", "verb"), ("object", "object_name", "times", "when", "where"))
    if ("object" in node) != ("object_name" in node):
        refuse(path, "{path}: object and object_name belong together.")
    return ast.Did(
        name(node["verb"], f"{path}.verb"),
        operators.EVENTS[node["operator"]],
        name(node["object"], f"{path}.object") if "object" in node else None,
        text(node["object_name"], f"{path}.object_name") if "object_name" in node else None,
        _times(reader, node["times"], f"{path}.times") if "times" in node else None,
        _when(reader, node["when"], f"{path}.when") if "when" in node else None,
        reader.condition(node["where"], f"{path}.where") if "where" in node else None,
    )


def _times(reader: Reader, value: object, path: str) -> ast.HowOften:
    node = reader.mapping(value, path, ("operator", "count"))
    times = known(node["operator"], operators.TIMES, f"{path}.operator")[1]
    return ast.HowOften(times, whole(node["count"], f"{path}.count"))


def _when(reader: Reader, value: object, path: str) -> ast.When:
    node = reader.mapping(value, path)
    if "operator" not in node:
        return reader.period(node, path)
    reader.only(node, path, ("operator", "value"))
    if node["operator"] == "between":
        return ast.DayRange(*_pair(reader, node["value"], f"{path}.value"))
    relation = known(node["operator"], operators.RELATIONS, f"{path}.operator")[1]
    return ast.OnDay(relation, reader.value(node["value"], f"{path}.value"))


def _is_true(reader: Reader, node: Json, path: str) -> ast.Bare:
    return ast.Bare(_tested(reader, node, path, has_value=False))


_READERS: Final[tuple[tuple[Collection[str], ReadNode], ...]] = (
    (operators.COMPARISONS, _comparison),
    (operators.BETWEEN, _between),
    (operators.MEMBERSHIP, _membership),
    (operators.STORED_LISTS, _stored_list),
    (operators.SEARCHES, _search),
    (operators.TAGS, _tags),
    (operators.PRESENCE, _presence),
    (operators.RELATIONS, _day_test),
    (operators.ROLLING, _rolling),
    (operators.CALENDAR, _in_period),
    (operators.AGO, _ago),
    (("has_anniversary",), _anniversary),
    (operators.SEGMENTS, _segment),
    (operators.SAMPLES, _sample),
    (("has_consent",), _consent),
    (operators.ROWS, _exists),
    (operators.EVENTS, _did),
    (("is_true",), _is_true),
)
CONDITION_READERS: Final[Mapping[str, ReadNode]] = {operator: read for group, read in _READERS for operator in group}

OPERATORS: Final = tuple(CONDITION_READERS)
"""Every operator that a condition may have."""
