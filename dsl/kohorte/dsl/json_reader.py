"""JSON values to syntax tree. Whatever does not fit is refused with its path, such as ``rule.rules[2].value``."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar, cast
from unicodedata import normalize

from attrs import define, field

from kohorte.core.errors import InvalidInput
from kohorte.core.values import CURRENCIES
from kohorte.dsl import ast, limits
from kohorte.dsl import json_operators as operators
from kohorte.dsl.canonical import CALENDAR_UNITS, aggregate, negation
from kohorte.dsl.comments import Placed
from kohorte.dsl.errors import shortened, suggest

Known = TypeVar("Known")
Made = TypeVar("Made", bound=ast.Node)
Json = Mapping[str, Any]

VALUES: Final = 20_000
"""More JSON values than any rule within the limits is written with."""

_OF_BUILDERS: Final = frozenset({"id", "order", "comments"})
"""Keys that any node may have; ``order`` says nothing that the list does not."""
_NAMES: Final = re.compile(r"`([^`\n]+)`|([^.`\n]+)")
_PATH: Final = re.compile(r"(?:`[^`\n]+`|[^.`\n]+)(?:\.(?:`[^`\n]+`|[^.`\n]+))*")
_PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WHOLE: Final = 10**6


class InvalidTree(InvalidInput):
    """A JSON value is not a rule; ``values["path"]`` says where."""

    code = "invalid_rule_tree"


def refuse(path: str, template: str, hint: str = "", **values: object) -> NoReturn:
    """Raise the error about the value at ``path``, which the template names."""
    raise InvalidTree(template, hint=hint, path=path, **values)


@define
class Reader:
    """Read nodes, and keep where each came from and which comments belong to it."""

    segment_names: Mapping[str, str]
    list_names: Mapping[str, str]
    placed: Placed = field(factory=Placed)
    paths: dict[int, str] = field(factory=dict[int, str])
    _values: int = 0

    # -- nodes --

    def condition(self, value: object, path: str) -> ast.Condition:
        """Return a condition or a group of conditions."""
        node = self.mapping(value, path)
        if "logical_operator" in node:
            return self.made(self._group(node, path), node, path)
        operator = _known(node.get("operator"), _CONDITIONS, f"{path}.operator")[0]
        condition: ast.Condition = _CONDITIONS[operator](self, node, path)
        return self.made(condition, node, path)

    def conditions(self, value: object, path: str) -> tuple[ast.Condition, ...]:
        """Return a list of conditions."""
        return tuple(self.condition(each, f"{path}[{at}]") for at, each in enumerate(self.sequence(value, path)))

    def let(self, value: object, path: str) -> ast.Let:
        """Return a parameter of the header."""
        node = self.mapping(value, path, {"name", "value"})
        let = ast.Let(parameter(node["name"], f"{path}.name"), self.choices(node["value"], f"{path}.value"))
        return self.made(let, node, path)

    def value(self, value: object, path: str) -> ast.Operand:
        """Return a value."""
        self._count(path)
        if isinstance(value, str):
            return self.made(ast.Text(text(value, path)), {}, path)
        if isinstance(value, bool):
            return self.made(ast.Truth(value), {}, path)
        if isinstance(value, int | float):
            return self.made(signed(value, path, ast.Number), {}, path)
        node = self.mapping(value, path)
        kind = next((key for key in _VALUES if key in node), None)
        if kind is None:
            hint = "It is a text, a number, true, false, or an object with one of: {kinds}."
            refuse(path, "{path}: this is not a value.", hint, kinds=", ".join(_VALUES))
        operand: ast.Operand = _VALUES[kind](self, node, path)
        return self.made(operand, node, path)

    def values(self, value: object, path: str) -> tuple[ast.Operand, ...]:
        """Return a list of values."""
        return tuple(self.value(each, f"{path}[{at}]") for at, each in enumerate(self.sequence(value, path)))

    def choices(self, value: object, path: str) -> ast.Operand:
        """Return a value or a list of values."""
        if not isinstance(value, list):
            return self.value(value, path)
        return self.made(ast.ListOf(self.values(value, path)), {}, path)  # pyright: ignore[reportUnknownArgumentType]

    def field(self, value: object, path: str) -> ast.Operand:
        """Return what a condition is about; a plain text is the path of a field."""
        return self.made(ast.Path(names(value, path)), {}, path) if isinstance(value, str) else self.value(value, path)

    def period(self, value: object, path: str) -> ast.Period:
        """Return a rolling or a calendar period."""
        node = self.mapping(value, path)
        if "calendar" in node:
            self.only(node, path, {"calendar", "unit"})
            which = _known(node["calendar"], {each.value: each for each in ast.Which}, f"{path}.calendar")[1]
            unit = _known(
                node["unit"], {each.value: each for each in ast.Unit if each.value in CALENDAR_UNITS}, f"{path}.unit"
            )
            return self.made(ast.Calendar(which, unit[1]), node, path)
        key = "next" if "next" in node else "last"
        self.only(node, path, {key, "unit"})
        return self.made(ast.Rolling(key == "next", whole(node[key], f"{path}.{key}"), unit_of(node, path)), node, path)

    def _group(self, node: Json, path: str) -> ast.Condition:
        self.only(node, path, {"logical_operator", "rules"})
        kinds = {"and": ast.And, "or": ast.Or, "not": ast.Not}
        word = _known(node["logical_operator"], kinds, f"{path}.logical_operator")[0]
        parts = self.conditions(node["rules"], f"{path}.rules")
        if word == "not":
            if len(parts) != 1:
                refuse(f"{path}.rules", "{path}: not has exactly one condition.")
            return negation(parts[0])
        if len(parts) < 2:
            refuse(f"{path}.rules", "{path}: {word} joins at least two conditions.", word=word)
        return ast.And(parts) if word == "and" else ast.Or(parts)

    # -- the shape of JSON --

    def mapping(self, value: object, path: str, keys: Collection[str] | None = None) -> dict[str, Any]:
        """Return an object with exactly the keys, if they are given."""
        self._count(path)
        if not isinstance(value, dict):
            refuse(path, "{path}: an object is expected here.")
        node = cast("dict[str, Any]", value)
        if keys is not None:
            self.only(node, path, keys)
        return node

    def only(self, node: Json, path: str, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuse missing and unknown keys."""
        for key in required:
            if key not in node:
                refuse(path, "{path}: {key} is missing.", key=key)
        for key in node:
            if key not in required and key not in optional and key not in _OF_BUILDERS:
                allowed = ", ".join([*required, *optional])
                refuse(
                    path,
                    "{path}: {key} has no meaning here.",
                    "Known are: {allowed}.",
                    key=shortened(str(key)),
                    allowed=allowed,
                )

    def sequence(self, value: object, path: str) -> list[Any]:
        """Return a list."""
        self._count(path)
        if not isinstance(value, list):
            refuse(path, "{path}: a list is expected here.")
        return value  # pyright: ignore[reportUnknownVariableType]

    def made(self, node: Made, written: Json, path: str) -> Made:
        """Keep where a node came from, and its comments."""
        self.paths[id(node)] = path
        comments = written.get("comments")
        if comments is not None:
            self._comments(node, self.mapping(comments, f"{path}.comments"), f"{path}.comments")
        return node

    def _comments(self, node: ast.Node, comments: Json, path: str) -> None:
        self.only(comments, path, (), ("before", "at_end", "after"))
        for place, lines in (("before", self.placed.before), ("after", self.placed.after)):
            if place in comments:
                given = self.sequence(comments[place], f"{path}.{place}")
                lines[id(node)] = [comment(each, f"{path}.{place}[{at}]") for at, each in enumerate(given)]
        if "at_end" in comments:
            self.placed.at_end[id(node)] = comment(comments["at_end"], f"{path}.at_end")

    def _count(self, path: str) -> None:
        self._values += 1
        if self._values > VALUES or path.count(".") > limits.TREE_DEPTH:
            refuse(path, "{path}: the rule is too large.", "Make parts of it segments of their own.")


# -- plain values ------------------------------------------------------------------------------------------------


def text(value: object, path: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        refuse(path, "{path}: a text is expected here.")
    if _SURROGATE.search(value):
        refuse(path, "{path}: the text contains half a character.", "Send it as UTF-8.")
    return value


def comment(value: object, path: str) -> str:
    """Return the text of a comment, on one line."""
    return " ".join(text(value, path).split())


def names(value: object, path: str) -> tuple[str, ...]:
    """Return the names of a path with dots."""
    written = text(value, path)
    if not _PATH.fullmatch(written):
        refuse(path, "{path}: this is not the name of a field.", "Write it like contact.country.")
    return tuple(normalize("NFC", quoted or plain) for quoted, plain in _NAMES.findall(written))


def name(value: object, path: str) -> str:
    """Return a single name."""
    single = normalize("NFC", text(value, path))
    if not single or "`" in single or "\n" in single:
        refuse(path, "{path}: this is not a name.")
    return single


def parameter(value: object, path: str) -> str:
    """Return the name of a parameter, without its sign."""
    if not _PARAMETER.fullmatch(text(value, path)):
        refuse(path, "{path}: the name of a parameter has letters a to z, digits and _.", "Write it like min_amount.")
    return str(value)


def whole(value: object, path: str) -> int:
    """Return a count."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _WHOLE:
        refuse(path, "{path}: a whole number from 0 to {largest} is expected here.", largest=_WHOLE)
    return value


def signed(value: object, path: str, kind: Callable[[Decimal], ast.Number | ast.Percent | ast.Amount]) -> ast.Operand:
    """Return a number; a tree says minus with a node of its own."""
    written = value if isinstance(value, str) else "" if isinstance(value, bool) else repr(value)
    if not _NUMBER.fullmatch(written):
        refuse(path, "{path}: this is not a plain decimal number.", 'Write it like 5 or "1234.50".')
    number = kind(Decimal(written.removeprefix("-")))
    return ast.Negative(number) if written.startswith("-") and number.value else number


def unit_of(node: Json, path: str) -> ast.Unit:
    """Return the unit of time of a node."""
    return _known(node["unit"], {each.value: each for each in ast.Unit}, f"{path}.unit")[1]


def _known(value: object, table: Mapping[str, Known], path: str) -> tuple[str, Known]:
    """Return a word and what it stands for."""
    if not isinstance(value, str) or value not in table:
        near = ", ".join(suggest(value, table) if isinstance(value, str) else ()) or ", ".join(table)
        refuse(
            path, "{path}: {value} is not known here.", "Write one of: {near}.", value=shortened(str(value)), near=near
        )
    return value, table[value]


def _iso(node: Json, key: str, path: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(text(node[key], f"{path}.{key}"))
    except ValueError:
        hint = "Write it like 2024-02-29 or 2024-02-29T10:30:00Z."
        refuse(f"{path}.{key}", "{path}: this is not in the calendar.", hint)


# -- values ------------------------------------------------------------------------------------------------------


def _text(reader: Reader, node: Json, path: str) -> ast.Text:
    reader.only(node, path, {"text"}, {"exact"})
    return ast.Text(text(node["text"], f"{path}.text"), node.get("exact", False) is True)


def _number(reader: Reader, node: Json, path: str) -> ast.Operand:
    reader.only(node, path, {"number"})
    return signed(node["number"], f"{path}.number", ast.Number)


def _percent(reader: Reader, node: Json, path: str) -> ast.Operand:
    reader.only(node, path, {"percent"})
    return signed(node["percent"], f"{path}.percent", ast.Percent)


def _amount(reader: Reader, node: Json, path: str) -> ast.Operand:
    reader.only(node, path, {"amount", "currency"})
    code, scale = _known(node["currency"], CURRENCIES, f"{path}.currency")
    operand = signed(node["amount"], f"{path}.amount", lambda number: ast.Amount(number, code))
    if len(str(node["amount"]).partition(".")[2]) > scale:
        refuse(f"{path}.amount", "{path}: {currency} has {scale} decimals.", currency=code, scale=scale)
    return operand


def _date(reader: Reader, node: Json, path: str) -> ast.Day:
    reader.only(node, path, {"date"})
    return ast.Day(_iso(node, "date", path, date.fromisoformat))


def _instant(reader: Reader, node: Json, path: str) -> ast.Moment:
    reader.only(node, path, {"instant"})
    return ast.Moment(_iso(node, "instant", path, datetime.fromisoformat))


def _duration(reader: Reader, node: Json, path: str) -> ast.Duration:
    reader.only(node, path, {"duration", "unit"})
    return ast.Duration(whole(node["duration"], f"{path}.duration"), unit_of(node, path))


def _truth(reader: Reader, node: Json, path: str) -> ast.Truth:
    reader.only(node, path, {"truth"})
    if not isinstance(node["truth"], bool):
        refuse(f"{path}.truth", "{path}: true or false is expected here.")
    return ast.Truth(node["truth"])


def _day(reader: Reader, node: Json, path: str) -> ast.NamedDay:
    reader.only(node, path, {"day"})
    return ast.NamedDay(_known(node["day"], {each.value: each for each in ast.DayWord}, f"{path}.day")[1])


def _parameter(reader: Reader, node: Json, path: str) -> ast.Parameter:
    reader.only(node, path, {"parameter"})
    return ast.Parameter(parameter(node["parameter"], f"{path}.parameter"))


def _field(reader: Reader, node: Json, path: str) -> ast.Path:
    reader.only(node, path, {"field"})
    return ast.Path(names(node["field"], f"{path}.field"))


def _calculation(reader: Reader, node: Json, path: str) -> ast.Calculation:
    reader.only(node, path, {"calculation", "left", "right"})
    sign = _known(node["calculation"], {each.value: each for each in ast.Arithmetic}, f"{path}.calculation")[1]
    left, right = reader.value(node["left"], f"{path}.left"), reader.value(node["right"], f"{path}.right")
    return ast.Calculation(sign, left, right)


def _negative(reader: Reader, node: Json, path: str) -> ast.Negative:
    reader.only(node, path, {"negative"})
    return ast.Negative(reader.value(node["negative"], f"{path}.negative"))


def _converted(reader: Reader, node: Json, path: str) -> ast.Converted:
    reader.only(node, path, {"converted", "currency"})
    code = _known(node["currency"], CURRENCIES, f"{path}.currency")[0]
    return ast.Converted(reader.value(node["converted"], f"{path}.converted"), code)


_ROWS: Final = ("filters", "windows")


def _rows(
    reader: Reader, node: Json, path: str
) -> tuple[tuple[str, ...], tuple[ast.Condition, ...], tuple[ast.Period, ...]]:
    """Return collection, filters and windows."""
    filters = reader.conditions(node.get("filters", []), f"{path}.filters")
    windows = reader.sequence(node.get("windows", []), f"{path}.windows")
    periods = tuple(reader.period(each, f"{path}.windows[{at}]") for at, each in enumerate(windows))
    return names(node["collection"], f"{path}.collection"), filters, periods


def _aggregate(reader: Reader, node: Json, path: str) -> ast.Aggregate | ast.Path:
    reader.only(node, path, {"collection", "function"}, {*_ROWS, "arguments", "distinct"})
    collection, filters, windows = _rows(reader, node, path)
    given = reader.sequence(node.get("arguments", []), f"{path}.arguments")
    arguments = tuple(reader.field(each, f"{path}.arguments[{at}]") for at, each in enumerate(given))
    function = name(node["function"], f"{path}.function")
    return aggregate(collection, function, filters, windows, arguments, distinct=node.get("distinct", False) is True)


def _latest(reader: Reader, node: Json, path: str) -> ast.Latest:
    reader.only(node, path, {"collection", "latest"}, _ROWS)
    collection, filters, windows = _rows(reader, node, path)
    return ast.Latest(collection, name(node["latest"], f"{path}.latest"), filters, windows)


_VALUES: Final[dict[str, Callable[[Reader, Json, str], Any]]] = {
    "text": _text,
    "number": _number,
    "percent": _percent,
    "amount": _amount,
    "date": _date,
    "instant": _instant,
    "duration": _duration,
    "truth": _truth,
    "day": _day,
    "parameter": _parameter,
    "field": _field,
    "calculation": _calculation,
    "negative": _negative,
    "converted": _converted,
    "latest": _latest,
    "collection": _aggregate,
}
"""How an object is read by the first of these keys that it has."""


# -- conditions --------------------------------------------------------------------------------------------------


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
    when = _day(reader, value, at)
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
    return ast.InSample(percent.value, text(value["seed"], f"{path}.value.seed"))


def _consent(reader: Reader, node: Json, path: str) -> ast.HasConsent:
    reader.only(node, path, ("operator", "value"))
    value = reader.mapping(node["value"], f"{path}.value", ("channel", "purpose"))
    channel = name(value["channel"], f"{path}.value.channel")
    return ast.HasConsent(channel, text(value["purpose"], f"{path}.value.purpose"))


def _exists(reader: Reader, node: Json, path: str) -> ast.Exists:
    reader.only(node, path, ("operator", "collection"), _ROWS)
    return ast.Exists(*_rows(reader, node, path), operators.ROWS[node["operator"]])


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
    times = _known(node["operator"], operators.TIMES, f"{path}.operator")[1]
    return ast.HowOften(times, whole(node["count"], f"{path}.count"))


def _when(reader: Reader, value: object, path: str) -> ast.When:
    node = reader.mapping(value, path)
    if "operator" not in node:
        return reader.period(node, path)
    reader.only(node, path, ("operator", "value"))
    if node["operator"] == "between":
        return ast.DayRange(*_pair(reader, node["value"], f"{path}.value"))
    relation = _known(node["operator"], operators.RELATIONS, f"{path}.operator")[1]
    return ast.OnDay(relation, reader.value(node["value"], f"{path}.value"))


def _is_true(reader: Reader, node: Json, path: str) -> ast.Bare:
    return ast.Bare(_tested(reader, node, path, has_value=False))


_READERS: Final[tuple[tuple[Collection[str], Callable[[Reader, Json, str], Any]], ...]] = (
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
    (("in_sample",), _sample),
    (("has_consent",), _consent),
    (operators.ROWS, _exists),
    (operators.EVENTS, _did),
    (("is_true",), _is_true),
)
_CONDITIONS: Final = {operator: read for group, read in _READERS for operator in group}

OPERATORS: Final = tuple(_CONDITIONS)
"""Every operator that a condition may have."""
