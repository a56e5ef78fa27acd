"""How each kind of value is read from JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from kohorte.core.values import CURRENCIES
from kohorte.dsl.json_tree.plain import Json, iso, known, name, names, parameter, refuse, signed, text, unit_of, whole
from kohorte.dsl.json_tree.reader import Reader, ReadNode
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.canonical import aggregate


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
    code, scale = known(node["currency"], CURRENCIES, f"{path}.currency")
    operand = signed(node["amount"], f"{path}.amount", lambda number: ast.Amount(number, code))
    if len(str(node["amount"]).partition(".")[2]) > scale:
        refuse(f"{path}.amount", "{path}: {currency} has {scale} decimals.", currency=code, scale=scale)
    return operand


def _date(reader: Reader, node: Json, path: str) -> ast.Day:
    reader.only(node, path, {"date"})
    return ast.Day(iso(node, "date", path, date.fromisoformat))


def _instant(reader: Reader, node: Json, path: str) -> ast.Moment:
    reader.only(node, path, {"instant"})
    return ast.Moment(iso(node, "instant", path, datetime.fromisoformat))


def _duration(reader: Reader, node: Json, path: str) -> ast.Duration:
    reader.only(node, path, {"duration", "unit"})
    return ast.Duration(whole(node["duration"], f"{path}.duration"), unit_of(node, path))


def _truth(reader: Reader, node: Json, path: str) -> ast.Truth:
    reader.only(node, path, {"truth"})
    if not isinstance(node["truth"], bool):
        refuse(f"{path}.truth", "{path}: true or false is expected here.")
    return ast.Truth(node["truth"])


def day(reader: Reader, node: Json, path: str) -> ast.NamedDay:
    """Return a day by its name."""
    reader.only(node, path, {"day"})
    return ast.NamedDay(known(node["day"], {each.value: each for each in ast.DayWord}, f"{path}.day")[1])


def _parameter(reader: Reader, node: Json, path: str) -> ast.Parameter:
    reader.only(node, path, {"parameter"})
    return ast.Parameter(parameter(node["parameter"], f"{path}.parameter"))


def _field(reader: Reader, node: Json, path: str) -> ast.Path:
    reader.only(node, path, {"field"})
    return ast.Path(names(node["field"], f"{path}.field"))


def _calculation(reader: Reader, node: Json, path: str) -> ast.Calculation:
    reader.only(node, path, {"calculation", "left", "right"})
    sign = known(node["calculation"], {each.value: each for each in ast.Arithmetic}, f"{path}.calculation")[1]
    left, right = reader.value(node["left"], f"{path}.left"), reader.value(node["right"], f"{path}.right")
    return ast.Calculation(sign, left, right)


def _negative(reader: Reader, node: Json, path: str) -> ast.Negative:
    reader.only(node, path, {"negative"})
    return ast.Negative(reader.value(node["negative"], f"{path}.negative"))


def _converted(reader: Reader, node: Json, path: str) -> ast.Converted:
    reader.only(node, path, {"converted", "currency"})
    code = known(node["currency"], CURRENCIES, f"{path}.currency")[0]
    return ast.Converted(reader.value(node["converted"], f"{path}.converted"), code)


ROWS: Final = ("filters", "windows")


def rows(
    reader: Reader, node: Json, path: str
) -> tuple[tuple[str, ...], tuple[ast.Condition, ...], tuple[ast.Period, ...]]:
    """Return collection, filters and windows."""
    filters = reader.conditions(node.get("filters", []), f"{path}.filters")
    windows = reader.sequence(node.get("windows", []), f"{path}.windows")
    periods = tuple(reader.period(each, f"{path}.windows[{at}]") for at, each in enumerate(windows))
    return names(node["collection"], f"{path}.collection"), filters, periods


def _aggregate(reader: Reader, node: Json, path: str) -> ast.Aggregate | ast.Path:
    reader.only(node, path, {"collection", "function"}, {*ROWS, "arguments", "distinct"})
    collection, filters, windows = rows(reader, node, path)
    given = reader.sequence(node.get("arguments", []), f"{path}.arguments")
    arguments = tuple(reader.field(each, f"{path}.arguments[{at}]") for at, each in enumerate(given))
    function = name(node["function"], f"{path}.function")
    return aggregate(collection, function, filters, windows, arguments, distinct=node.get("distinct", False) is True)


def _latest(reader: Reader, node: Json, path: str) -> ast.Latest:
    reader.only(node, path, {"collection", "latest"}, ROWS)
    collection, filters, windows = rows(reader, node, path)
    return ast.Latest(collection, name(node["latest"], f"{path}.latest"), filters, windows)


VALUE_READERS: Final[Mapping[str, ReadNode]] = {
    "text": _text,
    "number": _number,
    "percent": _percent,
    "amount": _amount,
    "date": _date,
    "instant": _instant,
    "duration": _duration,
    "truth": _truth,
    "day": day,
    "parameter": _parameter,
    "field": _field,
    "calculation": _calculation,
    "negative": _negative,
    "converted": _converted,
    "latest": _latest,
    "collection": _aggregate,
}
"""How an object is read by the first of these keys that it has."""
