"""Plain JSON values, each checked; whatever does not fit is refused with its path, such as ``rule.rules[2].value``."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar

from kohorte.core.errors import InvalidInput
from kohorte.dsl.errors import shortened, suggest
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.canonical import composed

Known = TypeVar("Known")
Json = Mapping[str, Any]

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
    return tuple(composed(quoted or plain) for quoted, plain in _NAMES.findall(written))


def name(value: object, path: str) -> str:
    """Return a single name."""
    single = composed(text(value, path))
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
    return known(node["unit"], {each.value: each for each in ast.Unit}, f"{path}.unit")[1]


def known(value: object, table: Mapping[str, Known], path: str) -> tuple[str, Known]:
    """Return a word and what it stands for."""
    if not isinstance(value, str) or value not in table:
        near = ", ".join(suggest(value, table) if isinstance(value, str) else ()) or ", ".join(table)
        refuse(
            path, "{path}: {value} is not known here.", "Write one of: {near}.", value=shortened(str(value)), near=near
        )
    return value, table[value]


def iso(node: Json, key: str, path: str, kind: Callable[[str], Any]) -> Any:
    """Return a day or an instant."""
    try:
        return kind(text(node[key], f"{path}.{key}"))
    except ValueError:
        hint = "Write it like 2024-02-29 or 2024-02-29T10:30:00Z."
        refuse(f"{path}.{key}", "{path}: this is not in the calendar.", hint)
