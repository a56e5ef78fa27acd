"""What a rule may ask of us. Sizes and depths are checked before any costly work is done.

``check_text`` guards the parser; ``check_tree`` guards whatever walks a tree, wherever it came from. Both take time in
proportion to what they read and use no recursion.
"""

from collections.abc import Iterator
from typing import Any, Final, get_args

from attrs import fields, frozen

from kohorte.dsl.errors import Message, Refusal, shortened
from kohorte.dsl.syntax import ast, messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.scanner import SCRAP

SOURCE_BYTES: Final = 16 * 1024
WORDS: Final = 4_000
DEPTH: Final = 64
"""Open brackets, and ``not``, ``where`` and arithmetic signs that wait for the end of what they stand in."""
TREE_DEPTH: Final = DEPTH + 40
"""Nodes on the way from a rule to its innermost part; a text of the greatest depth makes no more."""
SMALL: Final = 1024
"""Characters that cannot hold too many words, conditions or list entries."""
TEXT_BYTES: Final = 1024
LIST_ENTRIES: Final = 1_000
CONDITIONS: Final = 500
NESTING: Final = 16
"""Levels of ``and`` within ``or`` (and the reverse) and of filters; SQLite's parser takes little more."""
LARGEST_NUMBER: Final = 10**15
"""No field of any scale holds more, so no literal needs big arithmetic."""

_CHANGES: Final = {
    "(": "open", ")": "close", ",": "join", "and": "join", "or": "join",
    "not": "deepen", "where": "deepen", "+": "deepen", "-": "deepen", "*": "deepen",
}  # fmt: skip
_CONDITIONS: Final = frozenset(get_args(ast.Condition))
_JOINING: Final = frozenset({ast.And, ast.Or, ast.Not})
_LEAVES: Final = _CONDITIONS - _JOINING


class BeyondLimits(Refusal):
    """A tree asks too much, at ``node``."""

    def __init__(self, message: Message, node: ast.Node, **values: Any) -> None:
        super().__init__(message, node.span, **values)
        self.node = node


def is_small(text: str) -> bool:
    """Say whether a text is so short, and has so few words and signs that nest, that it cannot break a limit."""
    if len(text) > SMALL:
        return False
    lower = text.lower()
    nesting = lower.count("(") + lower.count("not") + lower.count("where")
    return nesting < NESTING - 1 and lower.count("-") + lower.count("+") + lower.count("*") < DEPTH // 2


def check_text(text: str) -> None:
    """Raise ``Refusal`` for a text that is too long, has too many words, or nests too deep."""
    if len(text) > SOURCE_BYTES or len(text.encode(errors="surrogatepass")) > SOURCE_BYTES:
        raise Refusal(messages.RULE_TOO_LONG, Span(0, min(len(text), SOURCE_BYTES)), limit=SOURCE_BYTES // 1024)
    waiting = [0]  # for each open bracket: the words and signs that wait in it
    depth = words = 0
    for match in SCRAP.finditer(text):
        kind = match.lastgroup
        if kind in {"blank", "comment"}:
            continue
        words += 1 + (2 * match[0].count(",") if kind == "number" else 0)  # 1,2,3 is one scrap
        if words > WORDS:
            raise Refusal(messages.TOO_MANY_WORDS, Span(match.start(), len(text)), limit=WORDS)
        if kind not in {"word", "sign", "other"}:
            continue
        change = _CHANGES.get(match[0].lower())
        if change == "open":
            waiting.append(0)
            depth += 1
        elif change == "deepen":
            waiting[-1] += 1
            depth += 1
        elif change == "close" and len(waiting) > 1:
            depth -= waiting.pop() + 1
        elif change == "join":
            depth -= waiting[-1]
            waiting[-1] = 0
        if depth > DEPTH:
            raise Refusal(messages.TOO_DEEP, Span(match.start(), match.end()), limit=DEPTH)


def check_tree(rule: ast.Rule) -> None:
    """Raise ``BeyondLimits`` for a tree that is too deep, has too many conditions, or too long lists or texts."""
    conditions = 0
    waiting = [_Place(node, 1, 0, None, negated=False) for node in (*(let.value for let in rule.lets), rule.condition)]
    while waiting:
        place = waiting.pop()
        node = place.node
        if place.depth > TREE_DEPTH:
            raise BeyondLimits(messages.TOO_DEEP, node, limit=DEPTH)
        if place.level > NESTING:
            raise BeyondLimits(messages.NESTED_TOO_DEEP, node, limit=NESTING)
        conditions += node.__class__ in _LEAVES
        if conditions > CONDITIONS:
            raise BeyondLimits(messages.TOO_MANY_CONDITIONS, node, limit=CONDITIONS)
        _check_sizes(node)
        waiting.extend(place.inner())


@frozen
class _Place:
    """A node on its way: how deep it lies, and at which level of ``and`` within ``or`` once ``not`` is pushed down."""

    node: ast.Node
    depth: int
    level: int
    joint: type[ast.Node] | None
    negated: bool

    def inner(self) -> Iterator["_Place"]:
        node, joint, level, negated = self.node, self.joint, self.level, self.negated
        if isinstance(node, ast.Not):
            negated = not negated
        elif isinstance(node, ast.And | ast.Or):
            here = ast.And if isinstance(node, ast.And) != negated else ast.Or
            level += here is not joint
            joint = here
        for part in parts(node):
            if part.__class__ in _CONDITIONS and node.__class__ not in _JOINING:  # a filter begins anew
                yield _Place(part, self.depth + 1, level + 1, ast.And, negated=False)
            else:
                yield _Place(part, self.depth + 1, level, joint, negated)


def parts(node: ast.Node) -> Iterator[ast.Node]:
    """Yield the nodes right below a node, in the order of its fields."""
    for each in fields(node.__class__):
        value: Any = getattr(node, each.name)
        if isinstance(value, ast.Node):
            yield value
        elif value.__class__ is tuple:
            yield from (part for part in value if isinstance(part, ast.Node))


def _check_sizes(node: ast.Node) -> None:
    if isinstance(node, ast.ListOf) and len(node.items) > LIST_ENTRIES:
        raise BeyondLimits(messages.LIST_TOO_LONG, node, count=len(node.items), limit=LIST_ENTRIES)
    if isinstance(node, ast.Text) and len(node.value.encode(errors="surrogatepass")) > TEXT_BYTES:
        raise BeyondLimits(messages.TEXT_TOO_LONG, node, limit=TEXT_BYTES)
    if isinstance(node, ast.Number | ast.Percent | ast.Amount) and abs(node.value) > LARGEST_NUMBER:
        raise BeyondLimits(messages.NUMBER_TOO_LARGE, node, text=shortened(str(node.value)))
