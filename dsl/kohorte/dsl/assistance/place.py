"""A place in a rule that is being written: what encloses it, and what of its condition stands there already.

Lark's parser knows all of it: what was read lies on its stack, nodes where something is complete and tokens where it is
not. Nothing is guessed from the letters.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, cast

from attrs import define, field, frozen
from lark import Tree

from kohorte.core.fields import Catalogue, Collection
from kohorte.dsl.assistance.mending import State, state_behind
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.reader import accepted_by
from kohorte.dsl.syntax.scanner import innermost_bracket, scraps
from kohorte.dsl.syntax.terminals import name_of


class Inside(Enum):
    """What kind of brackets enclose a place."""

    NOTHING = "nothing"
    GROUP = "group"  # parentheses around conditions, or arithmetic
    ROWS = "rows"  # the filter and the windows of a collection
    FUNCTION = "function"  # the field that a function is about
    LIST = "list"  # values
    LET = "let"  # the value of a parameter


@define
class _Frame:
    """An open bracket: what stood before it in its condition, and what stands in it of the condition being written."""

    inside: Inside
    row: Collection | None = None
    before: Sequence[Any] = ()
    items: list[Any] = field(factory=list[Any])
    joint: str | None = None
    entry: int = 0
    where: Piece | None = None


@frozen
class Place:
    """Where the cursor is.

    ``items`` are the tokens and nodes of the condition or value that is being written, ``before`` those before the
    bracket that encloses it; ``row`` is the collection whose filter it is in. ``joint`` is the ``AND`` or ``OR`` that
    joins the conditions of this level, ``entry`` counts the commas in the bracket. ``source`` is what was read: a text
    of the same length, without what was wrong in it.
    """

    source: str
    state: State
    accepted: frozenset[str]
    inside: Inside
    row: Collection | None
    items: Sequence[Any]
    before: Sequence[Any]
    joint: str | None
    entry: int
    where: Piece | None
    lets: Mapping[str, ast.Operand]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return what the items are: the terminals of tokens and numbers, ``VALUE`` for all other nodes."""
        return tuple(map(kind_of, self.items))

    @property
    def counts_one(self) -> bool:
        """Say whether the last thing that stands there is the number 1."""
        last = self.items[-1] if self.items else None
        return isinstance(last, ast.Number) and last.value == 1

    def settled(self, terminal: str, text: str) -> Sequence[Any]:
        """Return the items as they are when a token comes next that completes what stands before it.

        Empty where the token does not fit.
        """
        if terminal not in self.accepted:
            return ()
        state = self.state.copy(deepcopy_values=False)
        piece = str.__new__(Piece, text)
        piece.type, piece.start, piece.end = terminal, len(self.source), len(self.source)
        try:
            state.feed_token(piece)
        except Refusal:
            return ()
        return _frames(_stack(state)[:-1], None)[-1].items

    def may_join(self) -> bool:
        """Say whether ``and`` may follow: behind a bare ``where`` it could belong to either."""
        if self.where is None:
            return True
        words = [scrap for scrap in scraps(self.source[self.where.end :]) if scrap.kind != "comment"]
        return bool(words) and words[0].text == "(" and innermost_bracket(words, len(words) - 1) == 0


def place_behind(text: str, catalogue: Catalogue) -> Place | None:
    """Return the place behind the beginning of a rule; None where what is being written makes no sense."""
    found = state_behind(text)
    if found is None:
        return None
    state, source = found
    frame = _frames(_stack(state), catalogue)[-1]
    accepted = accepted_by(state)
    if "NOT" in accepted and _is_header(frame.items, source):
        frame.items.clear()
    return Place(
        source,
        state,
        accepted,
        frame.inside,
        frame.row,
        tuple(frame.items),
        frame.before,
        frame.joint,
        frame.entry,
        frame.where,
        {let.name: let.value for let in _lets(_stack(state))},
    )


def kind_of(item: Any) -> str:
    """Return what an item is: the terminal of a token, ``INTEGER`` of a number, ``VALUE`` of any other node.

    ``SIGN`` is any comparison; a word that is a value, such as ``today``, is one already.
    """
    if isinstance(item, Piece):
        return _OTHERWISE.get(item.type, item.type)
    if isinstance(item, ast.Number):
        return "INTEGER"
    return "SIGN" if isinstance(item, ast.Comparator) else "VALUE"


def _is_header(items: Sequence[Any], source: str) -> bool:
    """Say whether these are a line of the header that has ended: by its mark or bracket, or with the line."""
    kinds = tuple(map(kind_of, items[:2]))
    stripped = source.rstrip()
    has_ended = stripped[-1:] in {")", '"', "'"} or "\n" in source[len(stripped) :]
    return kinds == ("IN", "ZONE") or (kinds[:1] == ("LET",) and has_ended)


_OTHERWISE: Final = {
    **dict.fromkeys(("EQUALS", "OTHER_SIGN"), "SIGN"),
    **dict.fromkeys(("TODAY", "YESTERDAY", "TOMORROW", "NOW", "TRUE", "FALSE"), "VALUE"),
}


# -- reading the stack -------------------------------------------------------------------------------------------


def _stack(state: State) -> Sequence[Any]:
    return cast("Sequence[Any]", state.value_stack)  # pyright: ignore[reportUnknownMemberType]


def _frames(stack: Sequence[Any], catalogue: Catalogue | None) -> list[_Frame]:
    """Return the open brackets, the outermost first; what is behind the last joint or comma stands in each."""
    frames = [_Frame(Inside.NOTHING)]
    for item in stack:
        frame = frames[-1]
        if isinstance(item, Piece):
            _take(item, frames, catalogue)
        elif not _is_done(item):
            frame.items.append(item)
    return frames


def _take(item: Piece, frames: list[_Frame], catalogue: Catalogue | None) -> None:
    frame = frames[-1]
    items = frame.items
    match item.type:
        case "LPAR":
            frames.append(_opened(frame, catalogue))
        case "RPAR":
            if len(frames) > 1:
                frames.pop()
                frames[-1].items.append(item)
        case "COMMA":
            frame.entry += 1
            items.clear()
            frame.where = None
        case "AND" if len(items) < 2 or kind_of(items[-2]) != "BETWEEN":
            frame.joint = "AND"
            items.clear()
        case "OR" if not items or kind_of(items[-1]) != "ON":
            frame.joint = "OR"
            items.clear()
        case "NOT" if not items:
            pass
        case "WHERE":
            frame.where = item
            frame.row = _row_of_event(items, catalogue)
            items.clear()
        case _:
            items.append(item)


def _is_done(item: Any) -> bool:
    """Say whether an item is a part of the header that is complete, or several of them."""
    return isinstance(item, ast.Let) or (isinstance(item, Tree) and str(item.data).startswith("__start"))


def _opened(frame: _Frame, catalogue: Catalogue | None) -> _Frame:
    items = tuple(frame.items)
    last = items[-1] if items else None
    kind = kind_of(last) if items else ""
    if isinstance(last, ast.Path):
        names = last.names
        rows = catalogue.collections.get(names[0]) if catalogue else None
        return _Frame(Inside.ROWS if len(names) == 1 else Inside.FUNCTION, rows, items)
    if kind in {"NAME", "DISTINCT"}:  # purchases(…).sum(
        return _Frame(Inside.FUNCTION, _rows_among(items, catalogue), items)
    if kind in {"IN", "OF"}:
        return _Frame(Inside.LIST, frame.row, items)
    if items and kind_of(items[0]) == "LET":
        return _Frame(Inside.LET, None, items)
    return _Frame(Inside.GROUP, frame.row, items)


def _rows_among(items: Sequence[Any], catalogue: Catalogue | None) -> Collection | None:
    paths = [item.names[0] for item in items if isinstance(item, ast.Path)]
    return catalogue.collections.get(paths[-1]) if catalogue and paths else None


def _row_of_event(items: Sequence[Any], catalogue: Catalogue | None) -> Collection | None:
    names = [name_of(item) for item in items if isinstance(item, Piece) and item.type == "NAME"]
    verb = catalogue.verbs.get(names[0]) if catalogue and names else None
    return catalogue.collections.get(verb.collection) if catalogue and verb else None


def _lets(stack: Sequence[Any]) -> Iterator[ast.Let]:
    return (part for part in parts_of(stack) if isinstance(part, ast.Let))


def parts_of(items: Sequence[Any]) -> Iterator[Any]:
    """Yield items, and in place of what the grammar repeats the parts of it."""
    for item in items:
        if isinstance(item, Tree):
            yield from parts_of(cast("Sequence[Any]", item.children))  # pyright: ignore[reportUnknownMemberType]
        else:
            yield item
